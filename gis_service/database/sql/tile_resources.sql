-- The resources of one tile: the layer resources.
--
-- In    the tile, box and buffer as in tile_grids.sql; edition; kind, or NULL for all, and for a kind that no resource has;
--       data_classes, the classes that the caller sees, and scope, the code of the grid on whose ground he sees what
--       is not general, NULL everywhere; among, codes of the only grids on whose ground any is drawn, or NULL.
-- Out   one row: the layer as bytes, empty when there is none; features by id, which is the resource's for
--       ever; expires_on is a date as ISO 8601 writes it, absent when it keeps.
-- Scope The ground of the grid in the edition, its edge included; none when the edition has no such grid.
-- Ties  Of too many, those of which there is most stay; of equals those stored first.
-- Units degrees in, 4096 tile units out.
-- Index resource_point_ix for the box; grid_shape_ix for the ground of among: IS TRUE as tile_indicators.sql has it.
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
found AS (
    SELECT
        t.feature_id AS id,
        t.code,
        t.name,
        t.kind,
        t.quantity,
        t.unit,
        to_char(t.expires_on, 'YYYY-MM-DD') AS expires_on,
        row_number() OVER (ORDER BY t.quantity DESC, t.feature_id) AS importance,
        t.point AS shape
    FROM tile, resource AS t
    WHERE t.point && tile.box
        AND t.data_class = ANY (CAST(:data_classes AS text[]))
        AND (
            t.data_class = 'general'
            OR CAST(:scope AS text) IS NULL
            OR EXISTS (
                SELECT FROM grid AS g
                WHERE g.code = CAST(:scope AS text)
                    AND g.editions @> CAST(:edition AS int)
                    AND ST_Covers(g.shape, t.point)
            )
        )
        AND (
            CAST(:kind AS text) IS NULL
            OR t.kind = CAST(:kind AS text)
            OR NOT EXISTS (SELECT FROM resource_kind WHERE code = CAST(:kind AS text))
        )
        AND (
            CAST(:among AS text[]) IS NULL
            OR EXISTS (
                SELECT FROM grid AS g
                WHERE g.code = ANY (CAST(:among AS text[]))
                    AND (g.editions @> CAST(:edition AS int)) IS TRUE
                    AND ST_Covers(g.shape, t.point)
            )
        )
)
-- Encoding.
, shown AS MATERIALIZED (
    SELECT placed.*, count(*) OVER () AS number
    FROM (
        SELECT
            found.*,
            ST_AsMVTGeom(
                ST_Transform(shape, CAST(:srid AS int)), tile.frame, 4096, CAST(:buffer AS int), TRUE
            ) AS geom
        FROM tile, found
        -- A fence: flattened, the query would place every resource twice, once for the test below.
        OFFSET 0
    ) AS placed
    WHERE placed.geom IS NOT NULL
    ORDER BY placed.importance
    LIMIT CAST(:most_features AS int)
)
SELECT
    (
        SELECT ST_AsMVT(feature, 'resources', 4096, 'geom', 'id' ORDER BY feature.id)
        FROM (SELECT id, code, name, kind, quantity, unit, expires_on, geom FROM shown) AS feature
    ),
    (SELECT coalesce(max(number) - count(*), 0) FROM shown)
