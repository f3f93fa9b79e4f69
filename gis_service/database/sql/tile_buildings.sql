-- The buildings of one tile: the layer buildings.
--
-- In    the tile, box and buffer as in tile_grids.sql; edition;
--       among, codes of the only owners whose buildings are drawn, or NULL.
-- Out   one row: the layer as bytes, empty when there is no building; features by id, which is the building's for
--       ever; grid is the owner in that edition, absent when it had none or the building came later.
-- Units degrees in, 4096 tile units out.
-- Index building_point_ix for the box, building_owner_one_per_edition for the owner.
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
        b.feature_id AS id,
        b.code,
        b.name,
        b.use,
        b.storeys,
        b.households,
        o.grid_code AS grid,
        b.point AS shape
    FROM tile, building AS b
    LEFT JOIN building_owner AS o ON o.building_code = b.code AND o.editions @> CAST(:edition AS int)
    WHERE b.point && tile.box
        AND (CAST(:among AS text[]) IS NULL OR o.grid_code = ANY (CAST(:among AS text[])))
)
-- Encoding.
SELECT ST_AsMVT(feature, 'buildings', 4096, 'geom', 'id' ORDER BY feature.id)
FROM (
    SELECT
        id, code, name, use, storeys, households, grid,
        ST_AsMVTGeom(ST_Transform(shape, CAST(:srid AS int)), tile.frame, 4096, CAST(:buffer AS int), TRUE) AS geom
    FROM tile, found
) AS feature
WHERE feature.geom IS NOT NULL
