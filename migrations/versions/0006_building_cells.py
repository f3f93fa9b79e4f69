"""How many buildings stand in each cell of 1/128 degree, kept by the database whoever writes buildings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COUNT = """
    INSERT INTO building_cell AS cell (row_number, column_number, buildings, households)
    SELECT floor(ST_Y(point) * 128), floor(ST_X(point) * 128), sum(sign), sum(sign * households)
    FROM ({source}) AS changed
    GROUP BY 1, 2
    ORDER BY 1, 2
    ON CONFLICT (row_number, column_number) DO UPDATE
    SET buildings = cell.buildings + excluded.buildings, households = cell.households + excluded.households;
"""
_CAME = "SELECT point, households, 1 AS sign FROM {table}"
_WENT = "SELECT point, households, -1 AS sign FROM gone"
_TRIGGER = """
    CREATE TRIGGER building_cell_{event} AFTER {event} ON building {tables}
    FOR EACH STATEMENT EXECUTE FUNCTION count_building_cells()
"""


def upgrade() -> None:
    op.create_table(
        "building_cell",
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("column_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("buildings", sa.BigInteger(), nullable=False),
        sa.Column("households", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_number", "column_number", name=op.f("building_cell_pk")),
    )
    came = _CAME.format(table="come")
    # In the order of their keys: two transactions that lock cells otherwise could wait for each other.
    op.execute(
        f"""
        CREATE FUNCTION count_building_cells() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {_COUNT.format(source=came)}
            ELSIF TG_OP = 'DELETE' THEN {_COUNT.format(source=_WENT)}
            ELSIF TG_OP = 'UPDATE' THEN {_COUNT.format(source=f"{came} UNION ALL {_WENT}")}
            ELSE TRUNCATE building_cell;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    # Without this lock a building committed meanwhile would be counted by neither.
    op.execute("LOCK TABLE building IN SHARE ROW EXCLUSIVE MODE")
    for event, tables in {
        "INSERT": "REFERENCING NEW TABLE AS come",
        "DELETE": "REFERENCING OLD TABLE AS gone",
        "UPDATE": "REFERENCING OLD TABLE AS gone NEW TABLE AS come",
        "TRUNCATE": "",
    }.items():
        op.execute(_TRIGGER.format(event=event, tables=tables))
    op.execute(_COUNT.format(source=_CAME.format(table="building")))


def downgrade() -> None:
    for event in ("INSERT", "DELETE", "UPDATE", "TRUNCATE"):
        op.execute(f"DROP TRIGGER building_cell_{event} ON building")
    op.execute("DROP FUNCTION count_building_cells()")
    op.drop_table("building_cell")
