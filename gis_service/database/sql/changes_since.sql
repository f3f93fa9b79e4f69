-- What has been changed in the layers that move, since a reading before.
--
-- In    since, the horizon of that reading; 0 for all.
-- Out   a row for each change, or one row without a change when there is none: horizon, what to give as ``since`` the
--       next time; log, another number when the table is another (after a restoration); edition, the newest; bases,
--       versions by layer; then id, transaction_id, token, layer and box of the change, in no order.
-- Rule  All in one statement, hence of one snapshot.  What that does not see is of transactions from its horizon on, so
--       the next reading misses nothing, whatever the order of commits; what it reads twice has the same id.
-- Index tile_change_pk.
WITH present AS MATERIALIZED (
    SELECT
        CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS horizon,
        CAST(CAST(CAST('tile_change' AS regclass) AS oid) AS bigint) AS log,
        (SELECT coalesce(max(number), 0) FROM edition) AS edition,
        (SELECT coalesce(jsonb_object_agg(layer, version), '{}') FROM data_version) AS bases
)
SELECT
    present.horizon,
    present.log,
    present.edition,
    present.bases,
    c.id,
    c.transaction_id,
    c.token,
    c.layer,
    c.west,
    c.south,
    c.east,
    c.north
FROM present
LEFT JOIN tile_change AS c ON c.transaction_id >= CAST(:since AS bigint)
