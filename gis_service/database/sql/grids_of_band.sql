-- The grids of an edition that a band of zooms has shapes of: a level, all coarser ones, and finer ones whose parent
-- is coarser.
--
-- In    edition; level, the finest that the band draws; coarser, the levels above it; codes, to ask for these alone,
--       or NULL; wests, souths, easts, norths: boxes, to ask for what meets one of them alone, or NULL.
-- Out   id, code, level, parent, shape as WKB, and has_children in the edition; by code.
-- Units degrees.
-- Index grid_shape_ix with boxes, grid_one_row_per_code_and_edition with codes, else all rows are read.
WITH above AS MATERIALIZED (
    SELECT g.code
    FROM grid AS g
    WHERE g.level = ANY (CAST(:coarser AS text[])) AND g.editions @> CAST(:edition AS int)
),
asked AS (
    SELECT g.id
    FROM grid AS g
    WHERE CAST(:codes AS text[]) IS NULL
        AND CAST(:wests AS float8[]) IS NULL
        AND g.editions @> CAST(:edition AS int)
    UNION
    SELECT g.id
    FROM grid AS g
    WHERE g.code = ANY (CAST(:codes AS text[])) AND g.editions @> CAST(:edition AS int)
    UNION
    SELECT g.id
    FROM unnest(
        CAST(:wests AS float8[]), CAST(:souths AS float8[]), CAST(:easts AS float8[]), CAST(:norths AS float8[])
    ) AS box (west, south, east, north)
    JOIN grid AS g
        ON g.shape && ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
        AND g.editions @> CAST(:edition AS int)
)
SELECT
    g.code,
    g.level,
    g.parent,
    ST_AsBinary(g.shape) AS shape,
    EXISTS (
        SELECT FROM grid AS child WHERE child.parent = g.code AND child.editions @> CAST(:edition AS int)
    ) AS has_children
FROM asked
JOIN grid AS g ON g.id = asked.id
WHERE g.level = CAST(:level AS text)
    OR g.level = ANY (CAST(:coarser AS text[]))
    OR g.parent IN (SELECT above.code FROM above)
ORDER BY g.code
