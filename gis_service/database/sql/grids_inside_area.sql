-- The grids of one edition whose label point lies in an inside cell of a raster, without their shapes.
--
-- In    the raster as for buildings_inside_area.sql; :edition
-- Out   code, name, level, parent, area_m2; in no order
-- Tie   as there
-- Index grid_shape_ix by the box of the raster, or the whole table: a grid has its label point inside
SELECT grid.code, grid.name, grid.level, grid.parent, grid.area_m2
FROM grid
WHERE grid.shape && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    AND grid.editions @> CAST(:edition AS int)
    AND (CAST(:states AS smallint[]))[
        width_bucket(ST_Y(grid.label_point), CAST(:lats AS float8[])) * CAST(:width AS int)
        + width_bucket(ST_X(grid.label_point), CAST(:lons AS float8[])) + 1
    ] = 1
