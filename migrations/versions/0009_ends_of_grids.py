"""What an edition has changed, found by index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("grid_since_ix", "grid", [sa.text("lower(editions)")])
    op.create_index(
        "grid_until_ix",
        "grid",
        [sa.text("upper(editions)")],
        postgresql_where=sa.text("NOT upper_inf(editions)"),
    )


def downgrade() -> None:
    op.drop_index("grid_until_ix", table_name="grid")
    op.drop_index("grid_since_ix", table_name="grid")
