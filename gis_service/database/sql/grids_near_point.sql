-- The grids of one edition that may be the nearest to a point, with their shapes.
--
-- In:    :west, :south, :east, :north  degrees EPSG:4326, the box in which the nearest grid touches the ground
--        :edition                      the number of an edition
-- Out:   code, rank, shape; every grid whose box meets the given one, by code
-- Index: grid_shape_ix
SELECT grid.code, level.rank, grid.shape
FROM grid
JOIN level ON level.code = grid.level
WHERE grid.shape && ST_MakeEnvelope(:west, :south, :east, :north, 4326) AND grid.editions @> CAST(:edition AS integer)
ORDER BY grid.code COLLATE "C"
