-- The open incidents that happened in any of some boxes.
--
-- In    :wests, :souths, :easts, :norths float8[], degrees EPSG:4326, equally long; :closed text[], states that are over
-- Out   id, state, category, lon, lat, owner (NULL: no grid); the oldest first
-- Index incident_point_ix, by box
WITH box AS (
    SELECT ST_MakeEnvelope(asked.west, asked.south, asked.east, asked.north, 4326) AS shape
    FROM unnest(
        CAST(:wests AS float8[]), CAST(:souths AS float8[]), CAST(:easts AS float8[]), CAST(:norths AS float8[])
    ) AS asked (west, south, east, north)
)
SELECT DISTINCT incident.id, incident.state, incident.category,
    ST_X(incident.point) AS lon, ST_Y(incident.point) AS lat, incident.owner
FROM box
JOIN incident ON incident.point && box.shape
WHERE incident.state <> ALL (CAST(:closed AS text[]))
ORDER BY incident.id
