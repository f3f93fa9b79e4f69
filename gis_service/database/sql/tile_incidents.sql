-- The incidents of one tile one by one, for a caller with a scope: the layer incidents.
--
-- In    the tile, box and buffer as in tile_grids.sql; scope, a grid code, or NULL for everything;
--       places_incidents, whether the caller's role finds owners for incidents that have none;
--       category (and all below it), states, since (included) and until (excluded), each NULL for all;
--       as_of, the instant whose states count (of the last event by then; without one the incident was not there yet),
--       NULL for now; most_features, or NULL for all.
-- Out   one row: the layer as bytes, empty when there is no incident, and how many most_features left out; features by
--       id, which is the incident's for ever.  Merged and cancelled incidents are left out, and those without a place,
--       which are on no map.
-- Ties  Of too many, the gravest stay; of equals the open ones, then those that happened last.
-- Scope An incident is in a scope when its chain holds the code: the chain stamped with its owner, not its place.
--       One without an owner is for those who find one, when their scope is a root that is in force (as in the
--       list: IncidentRepository), and for who has no scope.
-- Units degrees in, 4096 tile units out; since and until are compared with when it happened.
-- Index incident_point_ix; the key of incident_event for as_of.
WITH tile AS NOT MATERIALIZED (
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
caller AS MATERIALIZED (
    SELECT CAST(:places_incidents AS boolean) AND EXISTS (
        SELECT FROM grid
        WHERE code = CAST(:scope AS text) AND parent IS NULL AND upper_inf(editions)
    ) AS sees_unlocated
),
found AS (
    SELECT
        i.feature_id AS id,
        CAST(i.id AS text) AS incident,
        i.category,
        i.severity,
        was.state,
        i.owner,
        row_number() OVER (
            ORDER BY
                array_position(ARRAY['major', 'larger'], i.severity),
                was.state IN ('archived', 'evaluated'),
                i.occurred_at DESC,
                i.feature_id DESC
        ) AS importance,
        i.point AS shape
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
)
-- Encoding.
, shown AS MATERIALIZED (
    SELECT placed.*, count(*) OVER () AS number
    FROM (
        SELECT
            found.*,
            ST_AsMVTGeom(
                ST_Transform(shape, CAST(:srid AS int)), tile.frame, 4096, CAST(:buffer AS int), TRUE
            ) AS geom
        FROM tile, found
        -- A fence: flattened, the query would place every incident twice, once for the test below.
        OFFSET 0
    ) AS placed
    WHERE placed.geom IS NOT NULL
    ORDER BY placed.importance
    LIMIT CAST(:most_features AS int)
)
SELECT
    (
        SELECT ST_AsMVT(feature, 'incidents', 4096, 'geom', 'id' ORDER BY feature.id)
        FROM (SELECT id, incident, category, severity, state, owner, geom FROM shown) AS feature
    ),
    (SELECT coalesce(max(number) - count(*), 0) FROM shown)
