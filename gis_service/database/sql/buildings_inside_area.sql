-- How many buildings stand in the inside cells of a raster, and how many households they have.
--
-- In    :lons, :lats float8[], borders of the columns and rows, degrees EPSG:4326, rising; :states smallint[], 1 for an
--       inside cell, row by row from the south-west, with a row or column of others all around; :width, its columns
--       with those; :west, :south, :east, :north, the box of the raster
-- Out   one row: buildings, households
-- Tie   a cell owns its west and south borders; width_bucket() compares and does not reckon, so each border is exact
-- Index building_point_ix by the box, or the whole table where most of it lies in there: one pass in the order of its
--       pages, since going to millions of buildings one by one takes far longer
SELECT count(*) AS buildings, coalesce(sum(building.households), 0) AS households
FROM building
WHERE building.point && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    AND (CAST(:states AS smallint[]))[
        width_bucket(ST_Y(building.point), CAST(:lats AS float8[])) * CAST(:width AS int)
        + width_bucket(ST_X(building.point), CAST(:lons AS float8[])) + 1
    ] = 1
