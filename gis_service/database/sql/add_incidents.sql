-- Stores new incidents, what has happened to them, and the keys of the requests that they are of.
--
-- In    incidents, events, keys: JSON, each a list of objects in the order in which they are to be numbered; their
--       members are named as columns, but lon, lat, reporter_lon and reporter_lat (degrees, EPSG:4326) for points and
--       request_hash in hexadecimal.
-- Out   id, feature_id of each incident, in no order.
WITH stored AS (
    INSERT INTO incident (
        id, version, state, category, severity, channel, description, locus, external_id, point, reporter_point,
        accuracy_m, building_code, unit, occurred_at, reported_at, reported_by, owner, chain, edition, located_by,
        distance_m, tied_with, department, assisting, response_class, due_at, explain, picked_grid, reporter,
        probability, accept_due_at, accepted_at, handled_at, alarm_at
    )
    SELECT
        id, version, state, category, severity, channel, description, locus, external_id,
        ST_SetSRID(ST_MakePoint(lon, lat), 4326), ST_SetSRID(ST_MakePoint(reporter_lon, reporter_lat), 4326),
        accuracy_m, building_code, unit, occurred_at, reported_at, reported_by, owner, chain, edition, located_by,
        distance_m, tied_with, department, assisting, response_class, due_at, explain, picked_grid, reporter,
        probability, accept_due_at, accepted_at, handled_at, alarm_at
    FROM ROWS FROM (
        json_to_recordset(CAST(:incidents AS json)) AS (
            id uuid, version int, state text, category text, severity text, channel text, description text,
            locus text, external_id text, lon float8, lat float8, reporter_lon float8, reporter_lat float8,
            accuracy_m float8, building_code text, unit text, occurred_at timestamptz, reported_at timestamptz,
            reported_by text, owner text, chain text[], edition int, located_by text, distance_m float8,
            tied_with text[], department text, assisting text[], response_class text, due_at timestamptz,
            explain jsonb, picked_grid text, reporter text, probability float8, accept_due_at timestamptz,
            accepted_at timestamptz, handled_at timestamptz, alarm_at timestamptz
        )
    ) WITH ORDINALITY
    ORDER BY ordinality
    RETURNING id, feature_id
),
noted AS (
    INSERT INTO incident_event (
        incident_id, at, kind, actor, from_state, to_state, from_grid, to_grid, reason, facts
    )
    SELECT incident_id, at, kind, actor, from_state, to_state, from_grid, to_grid, reason, facts
    FROM ROWS FROM (
        json_to_recordset(CAST(:events AS json)) AS (
            incident_id uuid, at timestamptz, kind text, actor text, from_state text, to_state text, from_grid text,
            to_grid text, reason text, facts jsonb
        )
    ) WITH ORDINALITY
    ORDER BY ordinality
),
accepted AS (
    INSERT INTO idempotency_key (principal, key, request_hash, incident_id)
    SELECT principal, key, decode(request_hash, 'hex'), incident_id
    FROM json_to_recordset(CAST(:keys AS json)) AS one (principal text, key text, request_hash text, incident_id uuid)
)
SELECT id, feature_id FROM stored
