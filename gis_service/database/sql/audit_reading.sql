-- Who read how much important and core data in each hour, and how much is usual for them.
-- In:    :since, :until (whole hours), :history (from where usual hours are counted, up to :since);
--        :scopes: of callers with one of these scopes alone; NULL: of all.
-- Out:   name, role, hour (UTC), things, core (acts that read core data), usual (things an hour, of the hours with any;
--        NULL: none).
-- Order: the newest hour first, then by name and role.
-- Index: audit_event_at_ix.
WITH hourly AS (
    SELECT name, role, date_trunc('hour', at, 'UTC') AS hour,
           CAST(sum(count) AS bigint) AS things,
           count(*) FILTER (WHERE 'core' = ANY (classes)) AS core
    FROM audit_event
    WHERE at >= :history AND at < :until
      AND act IN ('read', 'export') AND classes && ARRAY['important', 'core']
      AND (CAST(:scopes AS text[]) IS NULL OR scope = ANY (CAST(:scopes AS text[])))
    GROUP BY name, role, hour
), usual AS (
    SELECT name, role, CAST(avg(things) AS float8) AS usual
    FROM hourly WHERE hour < :since GROUP BY name, role
)
SELECT name, role, hour, things, core, usual
FROM hourly LEFT JOIN usual USING (name, role)
WHERE hour >= :since
ORDER BY hour DESC, name, role
