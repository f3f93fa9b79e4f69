-- The incidents of one tile counted by fixed cells, for a caller with a scope: the layer hotspots.
--
-- In    the tile, box and buffer as in tile_grids.sql; cell_zoom, the zoom of Web Mercator whose tiles are the cells;
--       scope, places_incidents, category, states, since, until, as_of as in tile_incidents.sql.
-- Out   one row: the layer as bytes, empty when there is no incident; a square for each cell that has any.
-- Rule  A cell is a tile of the zoom cell_zoom, in every matrix set: it holds its western and northern edge and not the
--       others, so each incident is in one cell.  The box is widened by a cell, so each cell is counted whole in every
--       tile that shows any of it.  What lies beyond the pyramid, past 85.05 degrees, is in no cell.
-- Id    4^cell_zoom + the number of the cell, row by row: below 2^41, and different for cells of every size.
-- Units degrees in, 4096 tile units out.
-- Index incident_point_ix.
WITH tile AS NOT MATERIALIZED (
    SELECT
        ST_MakeEnvelope(
            CAST(:west AS float8), CAST(:south AS float8), CAST(:east AS float8), CAST(:north AS float8),
            CAST(:srid AS int)
        ) AS frame,
        ST_Expand(
            ST_MakeEnvelope(
                CAST(:box_west AS float8), CAST(:box_south AS float8), CAST(:box_east AS float8),
                CAST(:box_north AS float8), 4326
            ),
            360 / power(2, CAST(:cell_zoom AS int)) * 1.01
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
        i.severity,
        was.state,
        CAST(
            least(
                power(2, CAST(:cell_zoom AS int)) - 1,
                floor((ST_X(i.point) + 180) / 360 * power(2, CAST(:cell_zoom AS int)))
            ) AS bigint
        ) AS across,
        CAST(
            floor(
                (1 - asinh(tan(radians(greatest(-89.9, least(89.9, ST_Y(i.point)))))) / pi()) / 2
                * power(2, CAST(:cell_zoom AS int))
            ) AS bigint
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
    -- A fence: flattened, the query would compute each position several times.
    OFFSET 0
),
cell AS MATERIALIZED (
    SELECT
        across,
        down,
        count(*) AS number,
        count(*) FILTER (WHERE state NOT IN ('archived', 'evaluated')) AS open,
        count(*) FILTER (WHERE severity = 'larger') AS larger,
        count(*) FILTER (WHERE severity = 'major') AS major
    FROM placed
    WHERE down >= 0 AND down < power(2, CAST(:cell_zoom AS int))
    GROUP BY across, down
),
found AS (
    SELECT
        (CAST(1 AS bigint) << (2 * CAST(:cell_zoom AS int))) + (down << CAST(:cell_zoom AS int)) + across AS id,
        concat_ws('/', CAST(:cell_zoom AS int), across, down) AS cell,
        number AS count,
        open,
        larger,
        major,
        ST_MakeEnvelope(
            across / power(2, CAST(:cell_zoom AS int)) * 360 - 180,
            degrees(atan(sinh(pi() * (1 - (down + 1) / power(2, CAST(:cell_zoom AS int)) * 2)))),
            (across + 1) / power(2, CAST(:cell_zoom AS int)) * 360 - 180,
            degrees(atan(sinh(pi() * (1 - down / power(2, CAST(:cell_zoom AS int)) * 2)))),
            4326
        ) AS shape
    FROM cell
)
-- Encoding.
SELECT ST_AsMVT(feature, 'hotspots', 4096, 'geom', 'id' ORDER BY feature.id)
FROM (
    SELECT
        id, cell, count, open, larger, major,
        ST_AsMVTGeom(ST_Transform(shape, CAST(:srid AS int)), tile.frame, 4096, CAST(:buffer AS int), TRUE) AS geom
    FROM tile, found
) AS feature
WHERE feature.geom IS NOT NULL
