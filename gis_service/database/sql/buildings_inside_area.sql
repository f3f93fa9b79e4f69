-- How many buildings stand in the inside cells of a raster, and how many households they have: by the kept counts.
--
-- In    :states smallint[], 1 for an inside cell, row by row from the south-west, with a row or column of others all
--       around; :width, :height, its columns and rows with those; :first_column, :first_row, the numbers of its first
--       cell but those; :halvings, its cells being 2^-:halvings degrees wide and high, at most 7
-- Out   one row: buildings, households
-- Tie   a cell owns its west and south borders
-- Index building_cell_pk, by row
SELECT coalesce(sum(cell.buildings), 0) AS buildings, coalesce(sum(cell.households), 0) AS households
FROM building_cell AS cell
CROSS JOIN LATERAL (
    SELECT
        (cell.row_number >> (7 - CAST(:halvings AS int))) - CAST(:first_row AS int) AS up,
        (cell.column_number >> (7 - CAST(:halvings AS int))) - CAST(:first_column AS int) AS along
) AS place
WHERE cell.row_number >= CAST(:first_row AS int) << (7 - CAST(:halvings AS int))
    AND cell.row_number < (CAST(:first_row AS int) + CAST(:height AS int) - 2) << (7 - CAST(:halvings AS int))
    AND place.along BETWEEN 0 AND CAST(:width AS int) - 3
    AND (CAST(:states AS smallint[]))[(place.up + 1) * CAST(:width AS int) + place.along + 2] = 1
