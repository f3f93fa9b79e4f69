-- Where the buildings in some boxes stand, and how many households each has; in no order.
--
-- In    :wests, :souths, :easts, :norths float8[], degrees EPSG:4326, equally long; the boxes do not overlap
-- Out   lon, lat, households, each building once
-- Tie   a box owns its west and south sides, not the other two
-- Index building_point_ix, box by box; its boxes are rounded outwards, so the coordinates are compared as well
SELECT standing.lon, standing.lat, standing.households
FROM unnest(
    CAST(:wests AS float8[]), CAST(:souths AS float8[]), CAST(:easts AS float8[]), CAST(:norths AS float8[])
) AS cell (west, south, east, north)
CROSS JOIN LATERAL (
    SELECT ST_X(building.point) AS lon, ST_Y(building.point) AS lat, building.households
    FROM building
    WHERE building.point && ST_MakeEnvelope(cell.west, cell.south, cell.east, cell.north, 4326)
        AND ST_X(building.point) >= cell.west AND ST_X(building.point) < cell.east
        AND ST_Y(building.point) >= cell.south AND ST_Y(building.point) < cell.north
) AS standing
