"""Incidents and their events by month of the report: the id is a UUIDv7, whose first bits are its time."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SCHEMA = "incident_months"
_MONTHS_AHEAD = 3

_DEFINITIONS = """
SELECT 'constraint' AS sort, conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE conrelid = to_regclass(:table) AND contype IN ('p', 'f') AND conparentid = 0
UNION ALL
SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = to_regclass(:table) AND NOT indisprimary
UNION ALL
SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger
WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal
ORDER BY sort, name
"""

_INCOMING = """
SELECT conrelid::regclass::text AS source, conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE confrelid = to_regclass(:table) AND contype = 'f' AND conparentid = 0 ORDER BY source, name
"""

_COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped
"""


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION first_incident_id(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        AS $$
            SELECT CAST(
                lpad(to_hex(CAST(extract(epoch FROM at) * 1000 AS bigint)), 12, '0') || repeat('0', 20) AS uuid
            )
        $$
        """
    )
    op.execute(f"CREATE SCHEMA {_SCHEMA}")
    # The key of the parted table serves the same searches.
    op.execute("DROP INDEX incident_event_incident_ix")
    months = _months()
    for table, key in (("incident", "id"), ("incident_event", "incident_id")):
        parts = [
            f"CREATE TABLE {_SCHEMA}.{table}_{first:%Y_%m} PARTITION OF {table} FOR VALUES"
            f" FROM (first_incident_id('{first:%Y-%m-%d}Z')) TO (first_incident_id('{after:%Y-%m-%d}Z'))"
            for first, after in months
        ]
        parts.append(f"CREATE TABLE {_SCHEMA}.{table}_other PARTITION OF {table} DEFAULT")
        primary = "PRIMARY KEY (id)" if table == "incident" else "PRIMARY KEY (incident_id, id)"
        _rebuild(table, f"PARTITION BY RANGE ({key})", parts, primary)


def downgrade() -> None:
    for table in ("incident_event", "incident"):
        _rebuild(table, "", [], "PRIMARY KEY (id)")
    op.create_index("incident_event_incident_ix", "incident_event", ["incident_id", "id"])
    op.execute(f"DROP SCHEMA {_SCHEMA}")
    op.execute("DROP FUNCTION first_incident_id")


def _months() -> list[tuple[datetime, datetime]]:
    """Return each month, in UTC, from the first incident to some months ahead, as its first instant and the next's."""
    milliseconds = op.get_bind().scalar(
        sa.text(
            "SELECT CAST('x' || left(replace(CAST(id AS text), '-', ''), 12) AS bit(48))::bigint"
            " FROM incident ORDER BY id LIMIT 1"
        )
    )
    now = datetime.now(UTC)
    oldest = now if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    start = min(oldest, now)
    count = (now.year - start.year) * 12 + now.month - start.month + _MONTHS_AHEAD + 1
    firsts = [
        datetime(start.year + (start.month - 1 + number) // 12, (start.month - 1 + number) % 12 + 1, 1, tzinfo=UTC)
        for number in range(count + 1)
    ]
    return list(pairwise(firsts))


def _rebuild(table: str, partitioning: str, parts: list[str], primary: str) -> None:
    """Put a table of the same columns, rows, constraints, indexes and triggers in place of one, parted otherwise."""
    bind = op.get_bind()
    own = bind.execute(sa.text(_DEFINITIONS), {"table": table}).all()
    incoming = bind.execute(sa.text(_INCOMING), {"table": table}).all()
    columns = bind.scalar(sa.text(_COLUMNS), {"table": table})
    identity = bind.scalar(
        sa.text("SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attidentity <> ''"),
        {"table": table},
    )
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    op.execute(
        f"CREATE TABLE {table} (LIKE {table}_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS"
        f" INCLUDING IDENTITY INCLUDING STORAGE) {partitioning}"
    )
    for part in parts:
        op.execute(part)
    op.execute(f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {table}_before")  # noqa: S608 - our names
    highest = bind.scalar(sa.text(f"SELECT coalesce(max({identity}), 0) FROM {table}"))  # noqa: S608 - our names
    op.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{identity}'), {highest + 1}, false)")
    op.execute(f"DROP TABLE {table}_before CASCADE")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pk {primary}")
    for sort, name, definition in own:
        if sort == "constraint" and not definition.startswith("PRIMARY KEY"):
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        elif sort != "constraint":
            op.execute(definition.replace(f" ON ONLY public.{table} ", f" ON public.{table} "))
    for source, name, definition in incoming:
        op.execute(f"ALTER TABLE {source} ADD CONSTRAINT {name} {definition}")
