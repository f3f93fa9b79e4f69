-- What stands in some grids and all below them, and what happened there.
--
-- In    :codes text[]; :edition, the number of an edition; :since, the instant from which incidents count
-- Out   code, buildings, households, incidents; one row for each of the codes that the edition has
-- Index grid_parent_ix down the tree, building_owner_grid_ix, incident_chain_ix
WITH RECURSIVE below (root, code) AS (
    SELECT grid.code, grid.code
    FROM grid
    WHERE grid.code = ANY (CAST(:codes AS text[])) AND grid.editions @> CAST(:edition AS int)
    UNION ALL
    SELECT below.root, child.code
    FROM below
    JOIN grid AS child ON child.parent = below.code AND child.editions @> CAST(:edition AS int)
)
SELECT below.root AS code, count(building.code) AS buildings, coalesce(sum(building.households), 0) AS households,
    (
        SELECT count(*)
        FROM incident
        WHERE incident.chain @> ARRAY[below.root] AND incident.occurred_at >= CAST(:since AS timestamptz)
    ) AS incidents
FROM below
LEFT JOIN building_owner AS owned
    ON owned.grid_code = below.code AND owned.editions @> CAST(:edition AS int)
LEFT JOIN building ON building.code = owned.building_code AND building.retired_at IS NULL
GROUP BY below.root
