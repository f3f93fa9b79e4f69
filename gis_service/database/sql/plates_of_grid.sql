-- The doors on the ground of a grid and all below it, and the buildings that have none.
--
-- In    :code, a grid; :edition, the number of an edition; :most, rows at most
-- Out   code, name, address, entrance (NULL where the building has no doors); by address, building and door
-- Index grid_parent_ix down the tree, building_owner_grid_ix, entrance's key of building and label
WITH RECURSIVE below (code) AS (
    SELECT CAST(:code AS text)
    UNION ALL
    SELECT child.code
    FROM below
    JOIN grid AS child ON child.parent = below.code AND child.editions @> CAST(:edition AS int)
)
SELECT building.code, building.name, building.address, entrance.label AS entrance
FROM below
JOIN building_owner AS owned ON owned.grid_code = below.code AND owned.editions @> CAST(:edition AS int)
JOIN building ON building.code = owned.building_code AND building.retired_at IS NULL
LEFT JOIN entrance ON entrance.building_code = building.code
ORDER BY building.address, building.code, entrance.label
LIMIT :most
