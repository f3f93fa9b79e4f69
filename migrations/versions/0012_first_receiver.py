"""Who keeps a case until it is handed over: a dispatch rule says it (首接负责制)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column(
        "first_receiver",
        sa.Text(),
        server_default="grid",
        nullable=False,
        comment="who keeps it until handed over",
    )
    op.add_column("dispatch_rule", column)
    op.create_check_constraint(
        op.f("dispatch_rule_first_receiver_ck"), "dispatch_rule", "first_receiver IN ('grid', 'department')"
    )


def downgrade() -> None:
    op.drop_column("dispatch_rule", "first_receiver")
