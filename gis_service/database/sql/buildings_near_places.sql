-- In: lons, lats (degrees, EPSG:4326; arrays of one length), reach_m (metres).
-- Out: the number of each place, counted from 1, that has a standing building within reach; its code; metres.
-- Of several the nearest, then the smallest code.
-- Index: building_point_ix, by a box of degrees around each place that is a little wider than the reach.
SELECT place.number, found.code, found.distance_m
FROM
    unnest(CAST(:lons AS float8 []), CAST(:lats AS float8 [])) WITH ORDINALITY AS place (lon, lat, number),
    LATERAL (
        SELECT
            building.code,
            ST_DistanceSphere(building.point, ST_SetSRID(ST_MakePoint(place.lon, place.lat), 4326)) AS distance_m
        FROM building
        WHERE
            building.point && ST_MakeEnvelope(
                place.lon - :reach_m / 110000.0 / greatest(cos(radians(place.lat)), 0.01),
                place.lat - :reach_m / 110000.0,
                place.lon + :reach_m / 110000.0 / greatest(cos(radians(place.lat)), 0.01),
                place.lat + :reach_m / 110000.0,
                4326
            )
            AND building.retired_at IS NULL
        ORDER BY distance_m, building.code
        LIMIT 1
    ) AS found
WHERE found.distance_m <= :reach_m
