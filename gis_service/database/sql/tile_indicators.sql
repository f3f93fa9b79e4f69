-- The grids of one tile with what is measured and counted in them: the layer indicators.
--
-- In    the tile, box and buffer as in tile_grids.sql; edition; level and coarser, which grids are drawn, and band, with which shapes,
--       as in tile_grids.sql; among, codes of the only grids that are drawn, or NULL;
--       data_classes, the classes of indicators that the caller sees, and scope, the code of the grid on whose subtree
--       he sees those that are not general, NULL everywhere;
--       countable, the levels by whose grids incidents are counted; counts_exactly, whether the caller is told exact
--       counts in the scope.
-- Out   one row: the layer as bytes, empty when nothing is drawn; features by id, which is the grid's for ever.  Each
--       indicator is a field of its own, with the value of the newest period that has any in the edition; absent when
--       the grid has none in it, and when the caller sees general data alone and it is a sum of less than small_count.
--       buildings are those that the subtree owns in the edition.  incidents are counted by their chains, and rounded
--       as in tile_incident_counts.sql where they are not exact; absent at other levels.
-- Units degrees in, 4096 tile units out.
-- Index IS TRUE as in drawn_grids, which tile_grids.sql tells of.  grid_shape_ix for the box, grid_parent_ix for the subtrees, building_owner_grid_ix for their buildings,
--       incident_chain_ix for the incidents, indicator_value_pk for the newest periods and their values.
WITH RECURSIVE tile AS NOT MATERIALIZED (
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
shown AS MATERIALIZED (
    SELECT
        c.feature_id AS id,
        g.code,
        g.name,
        g.level,
        coalesce(s.shape, g.shape) AS shape
    FROM drawn
    JOIN grid AS g ON g.id = drawn.id
    JOIN grid_code AS c ON c.code = g.code
    LEFT JOIN generalised_shape AS s ON s.code = g.code
        AND s.band = CAST(:band AS smallint)
        AND s.since <= CAST(:edition AS int)
        AND (s.until IS NULL OR s.until > CAST(:edition AS int))
    WHERE CAST(:among AS text[]) IS NULL OR g.code = ANY (CAST(:among AS text[]))
),
below (top, code) AS (
    SELECT shown.code, shown.code FROM shown
    UNION
    SELECT below.top, child.code
    FROM below
    JOIN grid AS child ON child.parent = below.code AND (child.editions @> CAST(:edition AS int)) IS TRUE
),
built AS (
    -- Grid by grid, by the index: nobody can guess how large a subtree is, and the planner would read all buildings.
    SELECT below.top AS grid, CAST(sum(own.number) AS bigint) AS number
    FROM below
    CROSS JOIN LATERAL (
        SELECT count(*) AS number
        FROM building_owner AS o
        WHERE o.grid_code = below.code AND (o.editions @> CAST(:edition AS int)) IS TRUE
            AND NOT EXISTS (SELECT 1 FROM building AS b WHERE b.code = o.building_code AND b.retired_at IS NOT NULL)
    ) AS own
    GROUP BY below.top
),
chained AS (
    SELECT
        i.chain,
        count(*) AS number,
        rounded_count(
            count(*),
            (SELECT secret FROM count_secret),
            concat_ws(
                '|',
                array_to_string(i.chain, ' '),
                to_char(date_trunc('month', timezone('Asia/Shanghai', i.occurred_at)), 'YYYY-MM'),
                i.category
            )
        ) AS rounded
    FROM incident AS i
    WHERE i.chain && ARRAY(SELECT shown.code FROM shown) AND i.state NOT IN ('merged', 'cancelled')
    GROUP BY i.chain, date_trunc('month', timezone('Asia/Shanghai', i.occurred_at)), i.category
),
counted AS (
    SELECT
        link.code AS grid,
        CAST(sum(chained.number) AS bigint) AS number,
        CAST(sum(chained.rounded) AS bigint) AS rounded
    FROM chained
    CROSS JOIN LATERAL unnest(chained.chain) AS link (code)
    GROUP BY link.code
),
within_scope (code) AS (
    SELECT CAST(:scope AS text)
    UNION
    SELECT child.code
    FROM within_scope
    JOIN grid AS child ON child.parent = within_scope.code AND (child.editions @> CAST(:edition AS int)) IS TRUE
),
told AS MATERIALIZED (
    SELECT
        i.code,
        i.data_class = 'general' OR CAST(:scope AS text) IS NULL AS is_told_everywhere,
        i.rollup = 'sum' AS is_count,
        (
            SELECT v.since
            FROM indicator_value AS v
            WHERE v.indicator = i.code
                AND v.since_edition <= CAST(:edition AS int)
                AND (v.until_edition IS NULL OR v.until_edition > CAST(:edition AS int))
            ORDER BY v.since DESC
            LIMIT 1
        ) AS since
    FROM indicator AS i
    WHERE i.data_class = ANY (CAST(:data_classes AS text[]))
),
measured AS (
    SELECT v.grid_code AS grid, jsonb_object_agg(v.indicator, v.value) AS fields
    FROM told
    JOIN indicator_value AS v ON v.indicator = told.code AND v.since = told.since
        AND v.since_edition <= CAST(:edition AS int)
        AND (v.until_edition IS NULL OR v.until_edition > CAST(:edition AS int))
    WHERE v.grid_code = ANY (ARRAY(SELECT shown.code FROM shown))
        AND (told.is_told_everywhere OR v.grid_code IN (SELECT code FROM within_scope))
        AND NOT (
            told.is_count AND v.value > 0 AND v.value < CAST(:small_count AS int)
            AND CAST(:data_classes AS text[]) = ARRAY['general']
        )
    GROUP BY v.grid_code
),
found AS (
    SELECT
        shown.id,
        shown.code,
        shown.name,
        shown.level,
        coalesce(built.number, 0) AS buildings,
        CASE
            WHEN shown.level <> ALL (CAST(:countable AS text[])) THEN NULL
            WHEN CAST(:counts_exactly AS boolean)
                AND (CAST(:scope AS text) IS NULL OR shown.code IN (SELECT code FROM within_scope))
                THEN coalesce(counted.number, 0)
            ELSE coalesce(counted.rounded, 0)
        END AS incidents,
        measured.fields,
        shown.shape
    FROM shown
    LEFT JOIN built ON built.grid = shown.code
    LEFT JOIN counted ON counted.grid = shown.code
    LEFT JOIN measured ON measured.grid = shown.code
)
-- Encoding.
SELECT ST_AsMVT(feature, 'indicators', 4096, 'geom', 'id' ORDER BY feature.id)
FROM (
    SELECT
        id, code, name, level, buildings, incidents, fields,
        ST_AsMVTGeom(ST_Transform(shape, CAST(:srid AS int)), tile.frame, 4096, CAST(:buffer AS int), TRUE) AS geom
    FROM tile, found
    -- A fence: flattened, the query would clip every grid twice, once for the test below.
    OFFSET 0
) AS feature
WHERE feature.geom IS NOT NULL
