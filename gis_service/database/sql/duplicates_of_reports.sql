-- Open incidents that may be the same as what some reports tell of, those of the same list among them.
--
-- In    ids, lons, lats (degrees, EPSG:4326), accuracies_m (0: not known), sighted (their categories), instants (when each
--       happened): of the reports, equally long, in their order. earliest: no incident with a smaller id can be one.
--       scope, a grid code, or NULL: everywhere; places: the caller finds owners for what has none, on a root that is
--       their scope; name, who reports. closed, the states in which nothing more will be done. near_m,
--       most_accuracy_m, recent_s, kindred, most_looked_at, most: see database/duplicates.py.
-- Out   one row for each pair: report_id, id, distance_m (geodesic), occurred_at, category, score; for each report at
--       most `most`, the likeliest first, of equals the smaller id first.
-- Rule  Of each report: the stored incidents in its window of degrees and of time, the nearest in degrees first, of
--       which the first most_looked_at are looked at (of several at one place, which come first is as the index has
--       it), and the reports before it. What is closed, of another kind or not for the caller is left out of those.
-- Index incident_point_ix of the months from `earliest` on, by distance.
WITH asked AS MATERIALIZED (
    SELECT
        one.*,
        split_part(one.category, '.', 1) AS kind,
        LEAST(one.accuracy_m, CAST(:most_accuracy_m AS float8)) AS blur_m,
        ST_SetSRID(ST_MakePoint(one.lon, one.lat), 4326) AS point,
        ST_MakeEnvelope(one.lon - reach.lon, one.lat - reach.lat, one.lon + reach.lon, one.lat + reach.lat, 4326) AS box,
        one.occurred_at - recent.before AS since,
        one.occurred_at + recent.before AS until
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]), CAST(:accuracies_m AS float8[]),
        CAST(:sighted AS text[]), CAST(:instants AS timestamptz[])
    ) WITH ORDINALITY AS one (id, lon, lat, accuracy_m, category, occurred_at, position)
    CROSS JOIN LATERAL (
        -- A degree of latitude at its shortest, so that the window is never too small; finite beside a pole.
        SELECT
            (CAST(:near_m AS float8) + LEAST(one.accuracy_m, CAST(:most_accuracy_m AS float8))
            + CAST(:most_accuracy_m AS float8)) / 110500 AS lat
    ) AS north
    CROSS JOIN LATERAL (SELECT north.lat, north.lat / GREATEST(cos(radians(one.lat)), 0.01) AS lon) AS reach
    CROSS JOIN (SELECT make_interval(secs => CAST(:recent_s AS float8)) AS before) AS recent
)
SELECT asked.id AS report_id, found.id, found.distance_m, found.occurred_at, found.category, found.score
FROM asked
CROSS JOIN LATERAL (
    SELECT
        measured.*,
        (CASE WHEN measured.category = asked.category THEN 1 ELSE CAST(:kindred AS float8) END)
        * (CAST(:near_m AS float8) / measured.near_m)
        * (1 - measured.distance_m / measured.near_m)
        * (1 - abs(CAST(extract(epoch FROM measured.occurred_at - asked.occurred_at) AS float8))
            / CAST(:recent_s AS float8)) AS score
    FROM (
        SELECT
            candidate.id,
            candidate.occurred_at,
            candidate.category,
            CAST(:near_m AS float8) + asked.blur_m
            + LEAST(coalesce(candidate.accuracy_m, 0), CAST(:most_accuracy_m AS float8)) AS near_m,
            ST_Distance(CAST(candidate.point AS geography), CAST(asked.point AS geography)) AS distance_m
        FROM (
            SELECT looked_at.id, looked_at.point, looked_at.accuracy_m, looked_at.category, looked_at.occurred_at
            FROM (
                SELECT i.*
                FROM incident AS i
                WHERE i.point && asked.box
                    AND i.id >= CAST(:earliest AS uuid)
                    AND i.occurred_at BETWEEN asked.since AND asked.until
                ORDER BY i.point <-> asked.point
                LIMIT CAST(:most_looked_at AS int)
            ) AS looked_at
            WHERE looked_at.state <> ALL (CAST(:closed AS text[]))
                AND split_part(looked_at.category, '.', 1) = asked.kind
                AND (
                    CAST(:scope AS text) IS NULL
                    OR looked_at.chain @> ARRAY[CAST(:scope AS text)]
                    OR looked_at.reported_by = CAST(:name AS text)
                    OR CAST(:places AS boolean) AND looked_at.owner IS NULL AND EXISTS (
                        SELECT FROM grid
                        WHERE grid.code = CAST(:scope AS text) AND grid.parent IS NULL AND upper_inf(grid.editions)
                    )
                )
            UNION ALL
            SELECT before.id, before.point, before.accuracy_m, before.category, before.occurred_at
            FROM asked AS before
            WHERE before.position < asked.position
                AND before.kind = asked.kind
                AND before.point && asked.box
                AND before.occurred_at BETWEEN asked.since AND asked.until
        ) AS candidate
    ) AS measured
    WHERE measured.distance_m <= measured.near_m
    ORDER BY score DESC, measured.id
    LIMIT CAST(:most AS int)
) AS found
ORDER BY asked.position, found.score DESC, found.id
