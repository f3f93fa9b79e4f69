-- The devices of one tile: the layer devices.
--
-- In    z, x, y; buffer in tile units; edition; kind, or NULL for all, and for a kind that no device has;
--       data_classes, the classes that the caller sees, and scope, the code of the grid on whose ground he sees what
--       is not general, NULL everywhere; among, codes of the only grids on whose ground any is drawn, or NULL.
-- Out   one row: the layer as bytes, empty when there is none; features by id, which is the device's for
--       ever.  Whether one is silent is a matter of now, so a map has to say it: last_seen (seconds since 1970, UTC)
--       and silent_after_s are told, absent when it was never seen and when its kind never reports.
-- Scope The ground of the grid in the edition, its edge included; none when the edition has no such grid.
-- Units degrees in, 4096 tile units out.
-- Index device_point_ix for the box.  Why it is widened in degrees is told in tile_grids.sql.
WITH tile AS NOT MATERIALIZED (
    SELECT
        ST_TileEnvelope(CAST(:z AS int), CAST(:x AS int), CAST(:y AS int)) AS frame,
        ST_Expand(
            ST_Transform(ST_TileEnvelope(CAST(:z AS int), CAST(:x AS int), CAST(:y AS int)), 4326),
            360 / power(2, CAST(:z AS int)) * CAST(:buffer AS int) / 4096
        ) AS box
)
SELECT ST_AsMVT(feature, 'devices', 4096, 'geom', 'id' ORDER BY feature.id)
FROM (
    SELECT
        t.feature_id AS id,
        t.code,
        t.name,
        t.kind,
        CAST(floor(extract(epoch FROM t.last_seen_at)) AS bigint) AS last_seen,
        k.silent_after_s,
        ST_AsMVTGeom(ST_Transform(t.point, 3857), tile.frame, 4096, CAST(:buffer AS int), TRUE) AS geom
    FROM tile, device AS t
    JOIN device_kind AS k ON k.code = t.kind
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
            OR NOT EXISTS (SELECT FROM device_kind WHERE code = CAST(:kind AS text))
        )
        AND (
            CAST(:among AS text[]) IS NULL
            OR EXISTS (
                SELECT FROM grid AS g
                WHERE g.code = ANY (CAST(:among AS text[]))
                    AND g.editions @> CAST(:edition AS int)
                    AND ST_Covers(g.shape, t.point)
            )
        )
) AS feature
WHERE feature.geom IS NOT NULL
