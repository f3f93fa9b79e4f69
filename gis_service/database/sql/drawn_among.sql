-- Which of some grids tiles of an edition draw, and what tells whether they draw the same as those of another edition.
--
-- In    edition; level and coarser, as for tile_grids.sql; codes: of these and of their children is told; band, whose
--       generalised shapes are drawn, or NULL for the shapes as they are.
-- Out   code; id of its row; under, the row of the parent that it is drawn by, for one that stands in below a coarser
--       parent, else 0; since, from which edition its generalised shape holds, 0 without one; shape, as it is.  Two
--       editions draw a grid alike when id, under and since are the same.  In no order.
-- Rule  The cut through the tree of tile_grids.sql.
-- Units degrees.
-- Index grid_one_row_per_code_and_edition, grid_parent_ix, generalised_shape_pk.
WITH chosen AS MATERIALIZED (
    SELECT g.id, g.code, g.level, g.parent, g.shape
    FROM grid AS g
    WHERE g.editions @> CAST(:edition AS int)
        AND (g.code = ANY (CAST(:codes AS text[])) OR g.parent = ANY (CAST(:codes AS text[])))
),
drawn AS (
    SELECT c.id, c.code, CAST(0 AS bigint) AS under, c.shape
    FROM chosen AS c
    WHERE c.level = CAST(:level AS text)
        OR (
            c.level = ANY (CAST(:coarser AS text[]))
            AND NOT EXISTS (
                SELECT FROM grid AS child
                WHERE child.parent = c.code AND child.editions @> CAST(:edition AS int)
            )
        )
    UNION ALL
    SELECT c.id, c.code, parent.id, c.shape
    FROM chosen AS c
    JOIN grid AS parent ON parent.code = c.parent AND parent.editions @> CAST(:edition AS int)
    WHERE parent.level = ANY (CAST(:coarser AS text[]))
        AND c.level <> CAST(:level AS text)
        AND c.level <> ALL (CAST(:coarser AS text[]))
)
SELECT d.code, d.id, d.under, coalesce(s.since, 0) AS since, ST_AsBinary(d.shape) AS shape
FROM drawn AS d
LEFT JOIN generalised_shape AS s ON s.code = d.code
    AND s.band = CAST(:band AS smallint)
    AND s.since <= CAST(:edition AS int)
    AND (s.until IS NULL OR s.until > CAST(:edition AS int))
