-- The incidents of one tile counted by grid, for the public: the layer incidents without any single incident.
--
-- In    the tile, box and buffer as in tile_grids.sql; edition; level, by whose grids is counted; coarser, the levels above it;
--       among, codes of the only grids that are told, or NULL;
--       category (and all below it), since (included) and until (excluded), each NULL for all; they begin months;
--       as_of as in tile_incidents.sql.
-- Out   one row: the layer as bytes, empty when no grid's label point is in the tile.  One feature for each grid, at
--       its label point, with the grid's id; count is a multiple of 5.
-- Rule  Incidents of one chain, month and category are a cell; its number is rounded by rounded_count, and all counts
--       are sums of cells (docs/data-classes.md).  An incident counts where its chain says, so what has no place counts too, and a redraw moves no incident.
--       The grids are the same cut through the tree as in tile_grids.sql, so no incident counts twice.
-- Units degrees in, 4096 tile units out; since and until are compared with when it happened.
-- Index grid_shape_ix for the box; incident_chain_ix for the counts, all in one scan: a scan for each grid would read
--       the pending list of that index again and again.  Incidents are counted by chain before the chains are taken
--       apart: there are far fewer chains.
WITH tile AS NOT MATERIALIZED (
    SELECT
        ST_MakeEnvelope(
            CAST(:west AS float8), CAST(:south AS float8), CAST(:east AS float8), CAST(:north AS float8),
            CAST(:srid AS int)
        ) AS frame,
        ST_MakeEnvelope(
            CAST(:box_west AS float8), CAST(:box_south AS float8), CAST(:box_east AS float8),
            CAST(:box_north AS float8), 4326
        ) AS box
),
drawn AS (
    SELECT cut.id
    FROM tile, drawn_grids(tile.box, CAST(:edition AS int), CAST(:level AS text), CAST(:coarser AS text[])) AS cut
),
label AS MATERIALIZED (
    SELECT
        c.feature_id AS id,
        g.code AS grid,
        g.level,
        g.label_point AS shape
    FROM tile, drawn
    JOIN grid AS g ON g.id = drawn.id
    JOIN grid_code AS c ON c.code = g.code
    WHERE g.label_point && tile.box
        AND (CAST(:among AS text[]) IS NULL OR g.code = ANY (CAST(:among AS text[])))
),
chained AS (
    SELECT
        i.chain,
        rounded_count(
            count(*),
            (SELECT secret FROM count_secret),
            concat_ws(
                '|',
                array_to_string(i.chain, ' '),
                to_char(date_trunc('month', timezone('Asia/Shanghai', i.occurred_at)), 'YYYY-MM'),
                i.category
            )
        ) AS number
    FROM incident AS i
    CROSS JOIN LATERAL (
        SELECT CASE WHEN CAST(:as_of AS timestamptz) IS NULL THEN i.state ELSE (
            SELECT e.to_state
            FROM incident_event AS e
            WHERE e.incident_id = i.id AND e.at <= CAST(:as_of AS timestamptz)
            ORDER BY e.id DESC
            LIMIT 1
        ) END AS state
    ) AS was
    WHERE i.chain && ARRAY(SELECT label.grid FROM label)
        AND was.state NOT IN ('merged', 'cancelled')
        AND (
            CAST(:category AS text) IS NULL
            OR i.category = CAST(:category AS text)
            OR starts_with(i.category, CAST(:category AS text) || '.')
        )
        AND (CAST(:since AS timestamptz) IS NULL OR i.occurred_at >= CAST(:since AS timestamptz))
        AND (CAST(:until AS timestamptz) IS NULL OR i.occurred_at < CAST(:until AS timestamptz))
    GROUP BY i.chain, date_trunc('month', timezone('Asia/Shanghai', i.occurred_at)), i.category
),
counted AS (
    SELECT label.grid, CAST(sum(chained.number) AS bigint) AS number
    FROM chained
    CROSS JOIN LATERAL unnest(chained.chain) AS link (code)
    JOIN label ON label.grid = link.code
    GROUP BY label.grid
),
found AS (
    SELECT
        label.id,
        label.grid,
        label.level,
        coalesce(counted.number, 0) AS count,
        label.shape
    FROM label
    LEFT JOIN counted ON counted.grid = label.grid
)
-- Encoding.
SELECT ST_AsMVT(feature, 'incidents', 4096, 'geom', 'id' ORDER BY feature.id)
FROM (
    SELECT
        id, grid, level, count,
        ST_AsMVTGeom(ST_Transform(shape, CAST(:srid AS int)), tile.frame, 4096, CAST(:buffer AS int), TRUE) AS geom
    FROM tile, found
) AS feature
WHERE feature.geom IS NOT NULL
