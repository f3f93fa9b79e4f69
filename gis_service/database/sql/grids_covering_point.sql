-- The grids of one edition whose closed polygon covers a point, the owner first.
--
-- In:    :lon, :lat    degrees EPSG:4326, on the lattice of 1e-9 degree
--        :edition      the number of an edition
-- Out:   code, rank, is_on_edge (the point lies on its boundary), has_children (in this edition)
-- Tie:   the deepest level first, then the smallest code compared byte by byte (decision 3)
-- Index: grid_shape_ix for the points, grid_parent_ix for the children
--
-- Why ST_Relate has the last word on the boundary: see owner_of_points.sql.
SELECT grid.code,
       level.rank,
       NOT ST_Relate(grid.shape, point.place, 'T********') AS is_on_edge,
       EXISTS (
           SELECT 1
           FROM grid AS child
           WHERE child.parent = grid.code AND child.editions @> CAST(:edition AS integer)
       ) AS has_children
FROM (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS place) AS point
JOIN grid ON grid.shape && point.place AND grid.editions @> CAST(:edition AS integer)
JOIN level ON level.code = grid.level
WHERE ST_Contains(grid.shape, point.place)
   OR (ST_Covers(grid.shape, point.place) AND NOT ST_Relate(grid.shape, point.place, 'FF*FF****'))
ORDER BY level.rank DESC, grid.code COLLATE "C"
