"""Where buildings and incidents were changed, noted by the database whoever writes them, so that tiles know."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# A statement that changes more than 100 places tells of them by squares of 1/16 degree.
_NOTE = """
    INSERT INTO tile_change (token, layer, west, south, east, north)
    SELECT hashtextextended(CAST(gen_random_uuid() AS text), 0), TG_ARGV[0], min(lon), min(lat), max(lon), max(lat)
    FROM (
        SELECT lon, lat, count(*) OVER () > 100 AS are_many
        FROM (SELECT DISTINCT ST_X(point) AS lon, ST_Y(point) AS lat FROM ({source}) AS changed) AS place
    ) AS place
    GROUP BY
        CASE WHEN are_many THEN floor(lon * 16) ELSE lon END,
        CASE WHEN are_many THEN floor(lat * 16) ELSE lat END;
"""
_NOTE_ALL = """
    INSERT INTO tile_change (token, layer, west, south, east, north)
    VALUES (hashtextextended(CAST(gen_random_uuid() AS text), 0), TG_ARGV[0], -180, -90, 180, 90);
"""
_PLACES = {
    "note_tile_changes": "SELECT point FROM {rows}",
    "note_owner_changes": "SELECT building.point FROM {rows} JOIN building ON building.code = {rows}.building_code",
}
_TABLES = {
    "building": ("note_tile_changes", "buildings"),
    "building_owner": ("note_owner_changes", "buildings"),
    "incident": ("note_tile_changes", "incidents"),
}
_EVENTS = {
    "INSERT": "REFERENCING NEW TABLE AS come",
    "DELETE": "REFERENCING OLD TABLE AS gone",
    "UPDATE": "REFERENCING OLD TABLE AS gone NEW TABLE AS come",
    "TRUNCATE": "",
}


def upgrade() -> None:
    op.create_table(
        "tile_change",
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("CAST(CAST(pg_current_xact_id() AS text) AS bigint)"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False, comment="random; tiles add them up"),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("west", sa.Double(), nullable=True, comment="degrees; NULL: no place"),
        sa.Column("south", sa.Double(), nullable=True),
        sa.Column("east", sa.Double(), nullable=True),
        sa.Column("north", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("transaction_id", "id", name=op.f("tile_change_pk")),
    )
    for function, places in _PLACES.items():
        came, went = places.format(rows="come"), places.format(rows="gone")
        op.execute(
            f"""
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'INSERT' THEN {_NOTE.format(source=came)}
                ELSIF TG_OP = 'DELETE' THEN {_NOTE.format(source=went)}
                ELSIF TG_OP = 'UPDATE' THEN {_NOTE.format(source=f"{came} UNION ALL {went}")}
                ELSE {_NOTE_ALL}
                END IF;
                RETURN NULL;
            END $$
            """
        )
    for table, (function, layer) in _TABLES.items():
        for event, rows in _EVENTS.items():
            op.execute(
                f"CREATE TRIGGER {table}_tiles_{event} AFTER {event} ON {table} {rows}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {function}('{layer}')"
            )


def downgrade() -> None:
    for table in _TABLES:
        for event in _EVENTS:
            op.execute(f"DROP TRIGGER {table}_tiles_{event} ON {table}")
    for function in _PLACES:
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("tile_change")
