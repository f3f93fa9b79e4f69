-- Ids of the open incidents that have an owner and that a redraw may have moved.
--
-- In    wests, souths, easts, norths: boxes in degrees outside which no point has another owner; scope, a grid code by
--       whose subtree the chains are narrowed, or NULL; closed, the states in which nothing more will be done.
-- Out   id, in no order: what happened in any of the boxes, and all that has no place of its own.
-- Index incident_point_ix for each box; incident_open_due_ix for those without a place, which are few.
SELECT i.id
FROM unnest(
    CAST(:wests AS float8[]), CAST(:souths AS float8[]), CAST(:easts AS float8[]), CAST(:norths AS float8[])
) AS box (west, south, east, north)
JOIN incident AS i ON i.point && ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
WHERE i.owner IS NOT NULL
    AND i.state <> ALL (CAST(:closed AS text[]))
    AND (CAST(:scope AS text) IS NULL OR i.chain @> ARRAY[CAST(:scope AS text)])
UNION
SELECT i.id
FROM incident AS i
WHERE i.point IS NULL
    AND i.owner IS NOT NULL
    AND i.state NOT IN ('archived', 'evaluated', 'merged', 'cancelled')
    AND (CAST(:scope AS text) IS NULL OR i.chain @> ARRAY[CAST(:scope AS text)])
