--
-- The months in which incidents lie, the oldest first.
--
-- Out:   month (its first day; NULL for what lies in no month that is there), is_attached, incidents (as the last
--        ANALYZE counted them, -1 never), bytes (of incidents and events, with indexes)
--
SELECT
    CASE WHEN part.relname <> 'incident_other' THEN to_date(right(part.relname, 7), 'YYYY_MM') END AS month,
    part.relispartition AS is_attached,
    CAST(part.reltuples AS bigint) AS incidents,
    pg_total_relation_size(part.oid)
    + pg_total_relation_size(to_regclass('incident_months.incident_event_' || substr(part.relname, 10))) AS bytes
FROM pg_class AS part
WHERE part.relnamespace = to_regnamespace('incident_months')
    AND part.relkind = 'r'
    AND part.relname ~ '^incident_(\d{4}_\d{2}|other)$'
ORDER BY month NULLS LAST
