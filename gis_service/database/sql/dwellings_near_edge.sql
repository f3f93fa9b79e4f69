-- Where the buildings in some cells stand, retired ones left out, and how many households each has; in no order.
--
-- In    :wests, :souths, :easts, :norths float8[], degrees EPSG:4326, equally long, no two with ground in common
-- Out   lon, lat, households
-- Tie   a cell owns its west and south borders, so no building comes twice
-- Index building_point_ix, cell by cell
SELECT near.lon, near.lat, near.households
FROM unnest(
    CAST(:wests AS float8[]), CAST(:souths AS float8[]), CAST(:easts AS float8[]), CAST(:norths AS float8[])
) AS cell (west, south, east, north)
CROSS JOIN LATERAL (
    SELECT ST_X(building.point) AS lon, ST_Y(building.point) AS lat, building.households
    FROM building
    WHERE building.retired_at IS NULL
        AND building.point && ST_MakeEnvelope(cell.west, cell.south, cell.east, cell.north, 4326)
        AND ST_X(building.point) >= cell.west AND ST_X(building.point) < cell.east
        AND ST_Y(building.point) >= cell.south AND ST_Y(building.point) < cell.north
) AS near
