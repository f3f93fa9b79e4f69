-- The buildings of one tile: the layer buildings.
--
-- In    the tile, box and buffer as in tile_grids.sql; edition;
--       among, codes of the only owners whose buildings are drawn, or NULL; most_features, or NULL for all.
-- Out   one row: the layer as bytes, empty when there is no building, and how many buildings most_features left out;
--       features by id, which is the building's for ever; grid is the owner in that edition, absent when it had none
--       or the building came later; retired buildings are left out.
-- Ties  Of too many, those with the most households stay; of equals those registered first.
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
        row_number() OVER (ORDER BY b.households DESC, b.feature_id) AS importance,
        b.point AS shape
    FROM tile, building AS b
    LEFT JOIN building_owner AS o ON o.building_code = b.code AND o.editions @> CAST(:edition AS int)
    WHERE b.point && tile.box AND b.retired_at IS NULL
        AND (CAST(:among AS text[]) IS NULL OR o.grid_code = ANY (CAST(:among AS text[])))
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
        -- A fence: flattened, the query would place every building twice, once for the test below.
        OFFSET 0
    ) AS placed
    WHERE placed.geom IS NOT NULL
    ORDER BY placed.importance
    LIMIT CAST(:most_features AS int)
)
SELECT
    (
        SELECT ST_AsMVT(feature, 'buildings', 4096, 'geom', 'id' ORDER BY feature.id)
        FROM (SELECT id, code, name, use, storeys, households, grid, geom FROM shown) AS feature
    ),
    (SELECT coalesce(max(number) - count(*), 0) FROM shown)
