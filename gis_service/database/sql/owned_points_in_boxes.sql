-- Where the buildings in any of some boxes stand, and who owns them now; retired ones have their last owner for good.
--
-- In:    :wests, :souths, :easts, :norths  float8[], degrees EPSG:4326, equally long
-- Out:   code, lon, lat, owner (NULL where no grid covers it); by code
-- Index: building_point_ix, by box
SELECT building.code, ST_X(building.point) AS lon, ST_Y(building.point) AS lat, owned.grid_code AS owner
FROM building
JOIN building_owner AS owned ON owned.building_code = building.code AND upper_inf(owned.editions)
WHERE building.code IN (
    SELECT near.code
    FROM unnest(
        CAST(:wests AS float8[]), CAST(:souths AS float8[]), CAST(:easts AS float8[]), CAST(:norths AS float8[])
    ) AS box (west, south, east, north)
    JOIN building AS near ON near.point && ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
)
ORDER BY building.code
