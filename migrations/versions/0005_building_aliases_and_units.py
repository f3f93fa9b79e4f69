"""Aliases of buildings, their units, and the grids that own a unit apart from its building."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "building_alias",
        sa.Column("scheme", sa.Text(), nullable=False, comment="the register that gave it"),
        sa.Column("alias", sa.Text(), nullable=False, comment="capitals, without blanks and hyphens"),
        sa.Column("building_code", sa.Text(), nullable=False),
        sa.CheckConstraint("scheme ~ '^[a-z0-9_]{1,32}$'", name=op.f("building_alias_scheme_ck")),
        sa.CheckConstraint("alias <> ''", name=op.f("building_alias_alias_ck")),
        sa.ForeignKeyConstraint(
            ["building_code"], ["building.code"], name=op.f("building_alias_building_code_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("scheme", "alias", name=op.f("building_alias_pk")),
    )
    op.create_index("building_alias_alias_ix", "building_alias", ["alias"])
    op.create_index("building_alias_building_ix", "building_alias", ["building_code"])
    op.create_table(
        "building_unit",
        sa.Column("building_code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False, comment="capitals, without blanks"),
        sa.CheckConstraint("label <> ''", name=op.f("building_unit_label_ck")),
        sa.ForeignKeyConstraint(
            ["building_code"], ["building.code"], name=op.f("building_unit_building_code_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("building_code", "label", name=op.f("building_unit_pk")),
    )
    op.create_table(
        "building_unit_owner",
        sa.Column("building_code", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("editions", postgresql.INT4RANGE(), nullable=False),
        sa.Column("grid_code", sa.Text(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("building_code"), "="),
            (sa.column("unit"), "="),
            (sa.column("editions"), "&&"),
            using="gist",
            name="building_unit_owner_one_per_edition",
        ),
        sa.ForeignKeyConstraint(
            ["building_code", "unit"],
            ["building_unit.building_code", "building_unit.label"],
            name=op.f("building_unit_owner_building_code_unit_fk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["grid_code"], ["grid_code.code"], name=op.f("building_unit_owner_grid_code_fk")),
    )
    op.create_index("building_unit_owner_grid_ix", "building_unit_owner", ["grid_code"])


def downgrade() -> None:
    op.drop_table("building_unit_owner")
    op.drop_table("building_unit")
    op.drop_table("building_alias")
