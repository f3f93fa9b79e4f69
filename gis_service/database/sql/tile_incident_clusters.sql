-- The incidents of one tile in cells, for a caller with a scope, from afar: the layer incidents below single_zoom.
--
-- In    the tile, box and buffer (at most a cell) as in tile_grids.sql; detail, x, y: the tile of Web Mercator, or of the
--       same detail in another matrix set; single_zoom, the detail from which on incidents are drawn one by one; scope, places_incidents, category, states, since, until, as_of as in tile_incidents.sql.
-- Out   one row: the layer as bytes, empty when there is no incident.  A cell with one incident is that incident, with
--       its id and fields; a cell with several is a cluster: count, expands_at (the zoom at which they are in several
--       cells, or single_zoom), open, larger, major.
-- Rule  Cells are squares of a 64th of a tile (8 by 8), the same for all tiles of a zoom; four of one zoom are one of
--       the zoom before.  A cell belongs to one tile, and so does its point, rounded down to a tile unit: the points of
--       all tiles, buffers aside, stand for every incident once.  The point of a cluster is the mean of its incidents,
--       a mean of whole numbers: the same in all tiles, in whichever order rows are read.
-- Id    2^52 + 4^(z + 3) + the number of the cell, row by row: at most 2^52 + 2^35, and different at every zoom.  Ids of
--       incidents are counted up from 1 and stay below 2^52.
-- Units degrees in, 4096 tile units out.  Between them whole 2^-30 of the world's width (4 cm), across from 180 W and
--       down from the north; 180 E is in the last column, and what lies beyond the pyramid in a row that no tile has.
-- Index incident_point_ix.  The box is widened by a cell and a bit, so a cell whose point is in the buffer is whole.
--       Cells are those of Web Mercator in every matrix set; where a tile is cut otherwise, their points are put into it
--       by gis_service/database/held_tiles.py.
WITH tile AS NOT MATERIALIZED (
    SELECT
        ST_Expand(
            ST_MakeEnvelope(
                CAST(:box_west AS float8), CAST(:box_south AS float8), CAST(:box_east AS float8),
                CAST(:box_north AS float8), 4326
            ),
            360 / power(2, CAST(:detail AS int) + 3) * 1.01
        ) AS box
),
caller AS MATERIALIZED (
    SELECT CAST(:places_incidents AS boolean) AND EXISTS (
        SELECT FROM grid
        WHERE code = CAST(:scope AS text) AND parent IS NULL AND upper_inf(editions)
    ) AS sees_unlocated
),
placed AS (
    SELECT
        i.tableoid AS part,
        i.ctid AS place,
        i.severity,
        was.state,
        CAST(least(1073741823, floor((ST_X(i.point) + 180) / 360 * 1073741824)) AS int) AS across,
        CAST(
            greatest(
                -1, least(1073741824, floor((1 - asinh(tan(radians(ST_Y(i.point)))) / pi()) / 2 * 1073741824))
            ) AS int
        ) AS down
    FROM tile, incident AS i
    CROSS JOIN LATERAL (
        SELECT CASE WHEN CAST(:as_of AS timestamptz) IS NULL THEN i.state ELSE (
            SELECT e.to_state
            FROM incident_event AS e
            WHERE e.incident_id = i.id AND e.at <= CAST(:as_of AS timestamptz)
            ORDER BY e.id DESC
            LIMIT 1
        ) END AS state
    ) AS was
    WHERE i.point && tile.box
        AND was.state NOT IN ('merged', 'cancelled')
        AND (
            CAST(:scope AS text) IS NULL
            OR i.chain @> ARRAY[CAST(:scope AS text)]
            OR (i.owner IS NULL AND (SELECT sees_unlocated FROM caller))
        )
        AND (
            CAST(:category AS text) IS NULL
            OR i.category = CAST(:category AS text)
            OR starts_with(i.category, CAST(:category AS text) || '.')
        )
        AND (CAST(:states AS text[]) IS NULL OR was.state = ANY (CAST(:states AS text[])))
        AND (CAST(:since AS timestamptz) IS NULL OR i.occurred_at >= CAST(:since AS timestamptz))
        AND (CAST(:until AS timestamptz) IS NULL OR i.occurred_at < CAST(:until AS timestamptz))
    -- A fence: flattened, the query would compute each position five times.
    OFFSET 0
),
cell AS MATERIALIZED (
    SELECT
        across >> (27 - CAST(:detail AS int)) AS cell_across,
        down >> (27 - CAST(:detail AS int)) AS cell_down,
        count(*) AS number,
        count(*) FILTER (WHERE state NOT IN ('archived', 'evaluated')) AS open,
        count(*) FILTER (WHERE severity = 'larger') AS larger,
        count(*) FILTER (WHERE severity = 'major') AS major,
        -- Of the only row, when the cell has one; a row does not move while the statement runs.
        min(part) AS part,
        min(place) AS place,
        min(state) AS state,
        CAST(sum(across) / count(*) AS bigint) AS across,
        CAST(sum(down) / count(*) AS bigint) AS down,
        -- The bits in which cells of the last zoom before single_zoom differ.
        ((min(across) # max(across)) | (min(down) # max(down))) >> (28 - CAST(:single_zoom AS int)) AS apart
    FROM placed
    GROUP BY cell_across, cell_down
),
found AS (
    SELECT
        coalesce(
            i.feature_id,
            CAST(4503599627370496 AS bigint)
            + (CAST(1 AS bigint) << (2 * (CAST(:detail AS int) + 3)))
            + (CAST(cell.cell_down AS bigint) << (CAST(:detail AS int) + 3))
            + cell.cell_across
        ) AS id,
        CAST(i.id AS text) AS incident,
        i.category,
        i.severity,
        CASE WHEN i.id IS NOT NULL THEN cell.state END AS state,
        i.owner,
        CASE WHEN cell.number > 1 THEN cell.number END AS count,
        CASE
            WHEN cell.number > 1
            THEN CAST(:single_zoom AS int) - length(ltrim(CAST(CAST(cell.apart AS bit(32)) AS text), '0'))
        END AS expands_at,
        CASE WHEN cell.number > 1 THEN cell.open END AS open,
        CASE WHEN cell.number > 1 THEN cell.larger END AS larger,
        CASE WHEN cell.number > 1 THEN cell.major END AS major,
        cell.across,
        cell.down,
        ST_SetSRID(
            ST_MakePoint(
                (cell.across + 0.5) / 1073741824 * 360 - 180,
                degrees(atan(sinh(pi() * (1 - (cell.down + 0.5) / 536870912))))
            ),
            4326
        ) AS shape
    FROM cell
    LEFT JOIN incident AS i ON i.tableoid = cell.part AND i.ctid = cell.place AND cell.number = 1
)
-- Encoding.
SELECT ST_AsMVT(feature, 'incidents', 4096, 'geom', 'id' ORDER BY feature.id)
FROM (
    SELECT
        id, incident, category, severity, state, owner, count, expands_at, open, larger, major,
        ST_MakePoint(px, py) AS geom
    FROM found
    CROSS JOIN LATERAL (
        SELECT
            (found.across >> (18 - CAST(:detail AS int))) - CAST(:x AS bigint) * 4096 AS px,
            (found.down >> (18 - CAST(:detail AS int))) - CAST(:y AS bigint) * 4096 AS py
    ) AS unit
    WHERE px BETWEEN -CAST(:buffer AS int) AND 4096 + CAST(:buffer AS int)
        AND py BETWEEN -CAST(:buffer AS int) AND 4096 + CAST(:buffer AS int)
) AS feature
