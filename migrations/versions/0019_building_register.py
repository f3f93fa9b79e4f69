"""Buildings that are no more are not counted; a registration sent twice is known by its key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
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


_CAME = "SELECT point, households, 1 AS sign FROM come {which}"
_WENT = "SELECT point, households, -1 AS sign FROM gone {which}"


def _count_those(which: str) -> str:
    """Return the trigger function of 0006, which counts the rows of one kind alone."""
    came, went = _CAME.format(which=which), _WENT.format(which=which)
    return f"""
        CREATE OR REPLACE FUNCTION count_building_cells() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {_COUNT.format(source=came)}
            ELSIF TG_OP = 'DELETE' THEN {_COUNT.format(source=went)}
            ELSIF TG_OP = 'UPDATE' THEN {_COUNT.format(source=f"{came} UNION ALL {went}")}
            ELSE TRUNCATE building_cell;
            END IF;
            RETURN NULL;
        END $$
    """


def upgrade() -> None:
    op.execute(_count_those("WHERE retired_at IS NULL"))
    op.create_index("building_retired_ix", "building", ["code"], postgresql_where=sa.text("retired_at IS NOT NULL"))
    op.create_table(
        "building_registration",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("building_registration_pk")),
    )


def downgrade() -> None:
    op.drop_table("building_registration")
    op.drop_index("building_retired_ix", table_name="building")
    op.execute("LOCK TABLE building IN SHARE ROW EXCLUSIVE MODE")
    op.execute(_count_those(""))
    op.execute(_COUNT.format(source="SELECT point, households, 1 AS sign FROM building WHERE retired_at IS NOT NULL"))
