-- The tracks of one tile, one for each member of the staff and day: the layer tracks.
--
-- In    the tile, box and buffer as in tile_grids.sql; edition; scope, the code of the grid in whose subtree of the edition staff must
--       serve, NULL for all staff; since (included) and until (excluded), instants, each NULL for any; without since
--       the last day that has positions, before until if that is given; gap_s, gap_m, the seconds and metres between
--       two positions from which on no line joins them.
-- Out   one row: the layer as bytes, empty when there is no track.  The id is of person and day: staff * 100000 + days
--       since 1970.  day as ISO 8601 writes it; began and ended, the first and last position in the stretch of time,
--       in seconds since 1970 (UTC).  A position without a neighbour near enough is no line.
-- Units degrees in, 4096 tile units out.
-- Index position_point_ix finds who came near: no segment is longer than gap_m, so one that crosses the tile has an
--       end in the box that is that much wider.  position_day_ix gives the whole day of each.
WITH RECURSIVE tile AS NOT MATERIALIZED (
    SELECT
        ST_MakeEnvelope(
            CAST(:west AS float8), CAST(:south AS float8), CAST(:east AS float8), CAST(:north AS float8),
            CAST(:srid AS int)
        ) AS frame,
        ST_MakeEnvelope(
            CAST(:box_west AS float8), CAST(:box_south AS float8), CAST(:box_east AS float8),
            CAST(:box_north AS float8), 4326
        ) AS box
),
within_scope (code) AS (
    SELECT CAST(:scope AS text)
    UNION
    SELECT child.code
    FROM within_scope
    JOIN grid AS child ON child.parent = within_scope.code AND (child.editions @> CAST(:edition AS int)) IS TRUE
),
last AS MATERIALIZED (
    SELECT max(day) AS day
    FROM position
    WHERE CAST(:until AS timestamptz) IS NULL OR at < CAST(:until AS timestamptz)
),
near AS MATERIALIZED (
    SELECT DISTINCT p.staff_id, p.day, s.grid_code
    FROM tile, position AS p
    JOIN staff AS s ON s.id = p.staff_id
    -- A degree of latitude is 110.5 km and more, one of longitude shrinks towards the poles.
    WHERE p.point && ST_Expand(
            tile.box,
            CAST(:gap_m AS float8) / 110500
            / cos(radians(least(greatest(abs(ST_YMin(tile.box)), abs(ST_YMax(tile.box))) + 0.1, 89))),
            CAST(:gap_m AS float8) / 110500
        )
        AND (CAST(:since AS timestamptz) IS NOT NULL OR p.day = (SELECT last.day FROM last))
        AND (CAST(:since AS timestamptz) IS NULL OR p.at >= CAST(:since AS timestamptz))
        AND (CAST(:until AS timestamptz) IS NULL OR p.at < CAST(:until AS timestamptz))
        AND (CAST(:scope AS text) IS NULL OR s.grid_code IN (SELECT code FROM within_scope))
),
step AS (
    SELECT
        p.staff_id,
        p.day,
        p.at,
        p.point,
        p.at - lag(p.at) OVER walk > CAST(:gap_s AS int) * interval '1 second'
            OR ST_DistanceSphere(p.point, lag(p.point) OVER walk) > CAST(:gap_m AS float8) AS is_apart
    FROM near
    JOIN position AS p ON p.day = near.day AND p.staff_id = near.staff_id
    WHERE (CAST(:since AS timestamptz) IS NULL OR p.at >= CAST(:since AS timestamptz))
        AND (CAST(:until AS timestamptz) IS NULL OR p.at < CAST(:until AS timestamptz))
    WINDOW walk AS (PARTITION BY p.staff_id, p.day ORDER BY p.at)
),
numbered AS (
    SELECT
        step.*,
        count(*) FILTER (WHERE step.is_apart) OVER (PARTITION BY step.staff_id, step.day ORDER BY step.at) AS part
    FROM step
),
line AS (
    SELECT
        staff_id, day, part, min(at) AS began, max(at) AS ended,
        CASE WHEN count(*) > 1 THEN ST_MakeLine(point ORDER BY at) END AS shape
    FROM numbered
    GROUP BY staff_id, day, part
),
track AS (
    SELECT staff_id, day, min(began) AS began, max(ended) AS ended, ST_Collect(shape ORDER BY part) AS shape
    FROM line
    GROUP BY staff_id, day
),
found AS (
    SELECT
        track.staff_id * 100000 + (track.day - DATE '1970-01-01') AS id,
        track.staff_id AS staff,
        near.grid_code AS grid,
        to_char(track.day, 'YYYY-MM-DD') AS day,
        CAST(floor(extract(epoch FROM track.began)) AS bigint) AS began,
        CAST(floor(extract(epoch FROM track.ended)) AS bigint) AS ended,
        track.shape
    FROM track
    JOIN near ON near.staff_id = track.staff_id AND near.day = track.day
)
-- Encoding.
SELECT ST_AsMVT(feature, 'tracks', 4096, 'geom', 'id' ORDER BY feature.id)
FROM (
    SELECT
        id, staff, grid, day, began, ended,
        ST_AsMVTGeom(ST_Transform(shape, CAST(:srid AS int)), tile.frame, 4096, CAST(:buffer AS int), TRUE) AS geom
    FROM tile, found
    WHERE shape IS NOT NULL
    -- A fence: flattened, the query would clip every line twice, once for the test below.
    OFFSET 0
) AS feature
WHERE feature.geom IS NOT NULL
