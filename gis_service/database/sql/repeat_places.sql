-- Places where the same thing has happened again and again.
--
-- In    ids of the incidents that may count (all with a point); depth, words of a category that must be equal, NULL for
--       all; within_m, how near two must be to be neighbours, in metres; least, how many make a place; least_months, in
--       how many different months of the time zone; zone, its name; most, how many places; most_ids of each.
-- Out   one row for each place, those with most incidents first, of equals the one where it happened last: category,
--       number, months, first and last instant, ids (the newest first), lon and lat of its middle (degrees, the mean),
--       radius_m from there to the furthest, owners (codes, sorted).
-- Rule  DBSCAN: an incident with at least `least` within reach, itself counted, draws all of them into its place, and so
--       on from each of them that has as many; what has fewer belongs to a place at its edge or to none.
-- Ties  An incident at the edge of two places is of the one with the smaller id in it: rows go in by id.
-- Units Metres of a transverse Mercator projection about the mean longitude of what is found: 0.1 % too long 300 km
--       east or west of it, 0.3 % at 500 km, never too short.
-- Index incident_pkey.
WITH found AS MATERIALIZED (
    SELECT
        i.id,
        row_number() OVER (ORDER BY i.id) AS position,
        i.point,
        i.occurred_at,
        i.owner,
        CASE
            WHEN CAST(:depth AS int) IS NULL THEN i.category
            ELSE array_to_string((string_to_array(i.category, '.'))[1:CAST(:depth AS int)], '.')
        END AS category
    FROM incident AS i
    WHERE i.id = ANY (CAST(:ids AS uuid[]))
),
plane AS MATERIALIZED (
    SELECT '+proj=tmerc +datum=WGS84 +units=m +lon_0=' || round(CAST(avg(ST_X(point)) AS numeric), 6) AS written
    FROM found
),
-- All at once: each call for a system given by its text makes the projection anew, in a millisecond.
moved AS MATERIALIZED (
    SELECT dumped.path[1] AS position, dumped.geom AS shape
    FROM (SELECT ST_Collect(point ORDER BY position) AS points FROM found) AS collected, plane
    CROSS JOIN LATERAL ST_Dump(ST_Transform(collected.points, plane.written)) AS dumped
),
gathered AS (
    SELECT
        found.*,
        ST_ClusterDBSCAN(
            moved.shape, eps => CAST(:within_m AS float8), minpoints => CAST(:least AS int)
        ) OVER (PARTITION BY found.category ORDER BY found.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        AS place
    FROM found
    JOIN moved USING (position)
),
place AS MATERIALIZED (
    SELECT
        category,
        count(*) AS number,
        count(DISTINCT date_trunc('month', occurred_at AT TIME ZONE CAST(:zone AS text))) AS months,
        min(occurred_at) AS first,
        max(occurred_at) AS last,
        array_agg(CAST(id AS text) ORDER BY occurred_at DESC, id DESC) AS ids,
        array_agg(DISTINCT owner ORDER BY owner) FILTER (WHERE owner IS NOT NULL) AS owners,
        ST_SetSRID(ST_MakePoint(avg(ST_X(point)), avg(ST_Y(point))), 4326) AS middle,
        ST_Collect(point) AS points
    FROM gathered
    WHERE place IS NOT NULL
    GROUP BY category, place
    HAVING count(*) >= CAST(:least AS int)
)
SELECT
    category,
    number,
    months,
    first,
    last,
    ids[1:CAST(:most_ids AS int)] AS ids,
    coalesce(owners, '{}') AS owners,
    ST_X(middle) AS lon,
    ST_Y(middle) AS lat,
    (
        SELECT max(ST_Distance(CAST(one.geom AS geography), CAST(middle AS geography)))
        FROM ST_Dump(points) AS one
    ) AS radius_m
FROM place
WHERE months >= CAST(:least_months AS int)
ORDER BY number DESC, last DESC, ids[1]
LIMIT CAST(:most AS int)
