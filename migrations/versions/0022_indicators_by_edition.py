"""Values of indicators by edition: a redraw apportions them, and tells what was measured of how much."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "indicator",
        sa.Column("weight", sa.Text(), nullable=True, comment="of a weighted mean; NULL: households"),
    )
    op.create_foreign_key(op.f("indicator_weight_fk"), "indicator", "indicator", ["weight"], ["code"])
    op.create_check_constraint(
        op.f("indicator_weight_ck"), "indicator", "weight IS NULL OR (rollup = 'weighted_mean' AND weight <> code)"
    )
    for column in (
        sa.Column("coverage", sa.Double(), server_default="1", nullable=False, comment="share that was measured"),
        sa.Column("origin", sa.Text(), server_default="given", nullable=False),
        sa.Column("since_edition", sa.Integer(), server_default="1", nullable=False),
        sa.Column("until_edition", sa.Integer(), nullable=True, comment="the first edition that has it no more"),
    ):
        op.add_column("indicator_value", column)
    op.drop_constraint(op.f("indicator_value_pk"), "indicator_value", type_="primary")
    op.create_primary_key(
        op.f("indicator_value_pk"), "indicator_value", ["indicator", "since", "grid_code", "since_edition"]
    )
    op.create_check_constraint(op.f("indicator_value_coverage_ck"), "indicator_value", "coverage BETWEEN 0 AND 1")
    op.create_check_constraint(
        op.f("indicator_value_origin_ck"), "indicator_value", "origin IN ('given', 'apportioned', 'rolled_up')"
    )
    op.create_check_constraint(
        op.f("indicator_value_editions_ck"), "indicator_value", "since_edition > 0 AND until_edition > since_edition"
    )
    # So far whoever stored a value of a grid and of its children had rolled it up.
    op.execute(
        """
        UPDATE indicator_value AS above SET origin = 'rolled_up'
        WHERE EXISTS (
            SELECT FROM grid AS child
            JOIN indicator_value AS below ON below.grid_code = child.code
            WHERE child.parent = above.grid_code AND below.indicator = above.indicator AND below.since = above.since
        )
        """
    )


def downgrade() -> None:
    op.execute("DELETE FROM indicator_value WHERE until_edition IS NOT NULL")
    for name in ("editions", "origin", "coverage"):
        op.drop_constraint(op.f(f"indicator_value_{name}_ck"), "indicator_value", type_="check")
    op.drop_constraint(op.f("indicator_value_pk"), "indicator_value", type_="primary")
    op.create_primary_key(op.f("indicator_value_pk"), "indicator_value", ["indicator", "since", "grid_code"])
    for column in ("until_edition", "since_edition", "origin", "coverage"):
        op.drop_column("indicator_value", column)
    op.drop_constraint(op.f("indicator_weight_ck"), "indicator", type_="check")
    op.drop_constraint(op.f("indicator_weight_fk"), "indicator", type_="foreignkey")
    op.drop_column("indicator", "weight")
