-- A grid and its ancestors in one edition, root first.
--
-- In:    :code, :edition
-- Out:   code, name, level, kind; no row when the edition has no such grid
-- Index: the exclusion constraint on (code, editions)
WITH RECURSIVE chain AS (
    SELECT grid.code, grid.name, grid.level, grid.kind, grid.parent, 0 AS steps_up
    FROM grid
    WHERE grid.code = :code AND grid.editions @> CAST(:edition AS integer)
    UNION ALL
    SELECT grid.code, grid.name, grid.level, grid.kind, grid.parent, chain.steps_up + 1
    FROM chain
    JOIN grid ON grid.code = chain.parent AND grid.editions @> CAST(:edition AS integer)
)
CYCLE code SET is_cycle USING path
SELECT code, name, level, kind
FROM chain
WHERE NOT is_cycle
ORDER BY steps_up DESC
