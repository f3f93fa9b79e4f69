-- The grids of one edition whose own box meets any of some boxes, with their shapes; by code.
--
-- In    :wests, :souths, :easts, :norths float8[], degrees EPSG:4326, equally long; :edition
-- Out   code, name, level, parent, area_m2, shape, each grid once
-- Index grid_shape_ix, box by box
WITH met AS (
    SELECT DISTINCT near.id
    FROM unnest(
        CAST(:wests AS float8[]), CAST(:souths AS float8[]), CAST(:easts AS float8[]), CAST(:norths AS float8[])
    ) AS cell (west, south, east, north)
    CROSS JOIN LATERAL (
        SELECT grid.id
        FROM grid
        WHERE grid.shape && ST_MakeEnvelope(cell.west, cell.south, cell.east, cell.north, 4326)
            AND grid.editions @> CAST(:edition AS int)
    ) AS near
)
SELECT grid.code, grid.name, grid.level, grid.parent, grid.area_m2, grid.shape
FROM met
JOIN grid ON grid.id = met.id
ORDER BY grid.code COLLATE "C"
