-- The buildings, retired ones left out, with a point or an entrance in any of some boxes.
--
-- In    :wests, :souths, :easts, :norths float8[], degrees EPSG:4326, equally long; :edition, for the owners
-- Out   code, name, households, lon, lat, owner (NULL: no grid), doors (JSON array of [lon, lat] by label); by code
-- Index building_point_ix and entrance_point_ix, by box
WITH box AS (
    SELECT ST_MakeEnvelope(asked.west, asked.south, asked.east, asked.north, 4326) AS shape
    FROM unnest(
        CAST(:wests AS float8[]), CAST(:souths AS float8[]), CAST(:easts AS float8[]), CAST(:norths AS float8[])
    ) AS asked (west, south, east, north)
),
found AS (
    SELECT building.code FROM box JOIN building ON building.point && box.shape
    UNION
    SELECT entrance.building_code FROM box JOIN entrance ON entrance.point && box.shape
)
SELECT building.code, building.name, building.households,
    ST_X(building.point) AS lon, ST_Y(building.point) AS lat, owned.grid_code AS owner,
    (
        SELECT coalesce(json_agg(json_build_array(ST_X(door.point), ST_Y(door.point)) ORDER BY door.label), '[]')
        FROM entrance AS door
        WHERE door.building_code = building.code
    ) AS doors
FROM found
JOIN building ON building.code = found.code AND building.retired_at IS NULL
LEFT JOIN building_owner AS owned
    ON owned.building_code = building.code AND owned.editions @> CAST(:edition AS int)
ORDER BY building.code
