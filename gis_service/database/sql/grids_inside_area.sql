-- The grids of one edition whose label point lies in an inside cell of a raster, without their shapes.
--
-- In    the raster as for buildings_inside_area.sql; :west, :south, :east, :north, its box in degrees EPSG:4326; :edition
-- Out   code, name, level, parent, area_m2; in no order
-- Tie   as there; a side is a power of two, so the product is exact
-- Index grid_shape_ix by the box of the raster, or the whole table: a grid has its label point inside
SELECT grid.code, grid.name, grid.level, grid.parent, grid.area_m2
FROM grid
CROSS JOIN LATERAL (
    SELECT
        CAST(floor(ST_Y(grid.label_point) * power(CAST(2 AS float8), CAST(:halvings AS int))) AS int) - CAST(:first_row AS int) AS up,
        CAST(floor(ST_X(grid.label_point) * power(CAST(2 AS float8), CAST(:halvings AS int))) AS int) - CAST(:first_column AS int) AS along
) AS place
WHERE grid.shape && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    AND grid.editions @> CAST(:edition AS int)
    AND place.up BETWEEN 0 AND CAST(:height AS int) - 3
    AND place.along BETWEEN 0 AND CAST(:width AS int) - 3
    AND (CAST(:states AS smallint[]))[(place.up + 1) * CAST(:width AS int) + place.along + 2] = 1
