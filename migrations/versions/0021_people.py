"""Assignments of staff have a version, a grid has one head at a time, and devices leave room to be heard of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.execute(
        "ALTER TABLE staff ADD CONSTRAINT staff_one_head"
        " EXCLUDE USING gist (grid_code WITH =, daterange(since, until) WITH &&) WHERE (role = 'head')"
    )
    # Heartbeats change no index where the new row fits beside the old one: half as much work.
    op.execute("ALTER TABLE device SET (fillfactor = 50)")


def downgrade() -> None:
    op.execute("ALTER TABLE device RESET (fillfactor)")
    op.drop_constraint("staff_one_head", "staff")
    op.drop_column("staff", "version")
