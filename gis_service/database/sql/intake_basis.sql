-- What must be known before reports are taken in, in one row.
--
-- In    principal; keys text[], of their requests; categories text[], of the reports; above text[], these categories
--       and all above them; scope, the grid code of the caller's, or NULL.
-- Out   accepted, what keys were used for: [[key, hash in hexadecimal, id of the incident], …]; categories, those of
--       the list that are known; dispatch and deadlines, the rules that may concern them, by id; calendar, the days
--       that the city decides itself; is_root, whether the scope is a root that is in force.
--       All but the last are JSON, as text: equal texts are read once.
-- Index idempotency_key_pk; the others are small.
SELECT
    (
        SELECT CAST(json_agg(json_build_array(used.key, encode(used.request_hash, 'hex'), used.incident_id)) AS text)
        FROM unnest(CAST(:keys AS text[])) AS asked (key)
        -- One by one, so that the index is asked for the whole key however small the table was at the planning.
        CROSS JOIN LATERAL (
            SELECT stored.key, stored.request_hash, stored.incident_id FROM idempotency_key AS stored
            WHERE stored.principal = CAST(:principal AS text) AND stored.key = asked.key
            LIMIT 1
        ) AS used
    ) AS accepted,
    (
        SELECT CAST(json_agg(known.code) AS text) FROM category AS known
        WHERE known.code = ANY (CAST(:categories AS text[]))
    ) AS categories,
    (
        SELECT CAST(
            json_agg(
                json_build_array(
                    rule.id, rule.category, rule.department, rule.assisting, rule.grid_code, rule.kind, rule.severity,
                    CASE WHEN isfinite(lower(rule.in_force)) THEN lower(rule.in_force) END,
                    CASE WHEN isfinite(upper(rule.in_force)) THEN upper(rule.in_force) END,
                    rule.reason, rule.first_receiver, department.name, department.name_en
                )
                ORDER BY rule.id
            ) AS text
        )
        FROM dispatch_rule AS rule
        JOIN department ON department.code = rule.department
        WHERE rule.category = ANY (CAST(:above AS text[]))
    ) AS dispatch,
    (
        SELECT CAST(
            json_agg(
                json_build_array(
                    rule.id, rule.stage, rule.clock, rule.amount, rule.response_class, rule.category, rule.severity,
                    CASE WHEN isfinite(lower(rule.in_force)) THEN lower(rule.in_force) END,
                    CASE WHEN isfinite(upper(rule.in_force)) THEN upper(rule.in_force) END,
                    rule.reason
                )
                ORDER BY rule.id
            ) AS text
        )
        FROM deadline_rule AS rule
        WHERE rule.category IS NULL OR rule.category = ANY (CAST(:above AS text[]))
    ) AS deadlines,
    (
        SELECT CAST(json_agg(json_build_array(day.day, day.is_workday) ORDER BY day.day) AS text)
        FROM calendar_day AS day
    ) AS calendar,
    EXISTS (
        SELECT FROM grid
        WHERE grid.code = CAST(:scope AS text) AND grid.parent IS NULL AND upper_inf(grid.editions)
    ) AS is_root
