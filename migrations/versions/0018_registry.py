"""What the registry of buildings knows beside the place: footprint, dates, what became of a building, what a unit is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    footprint = Geometry("MULTIPOLYGON", srid=4326, spatial_index=False, name="geometry")
    op.add_column("building", sa.Column("footprint", footprint, nullable=True))
    op.add_column("building", sa.Column("built_on", sa.Date(), nullable=True))
    op.add_column("building", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column(
        "building",
        sa.Column(
            "retired_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="demolished, merged or split; still found",
        ),
    )
    op.create_table(
        "building_successor",
        sa.Column("building_code", sa.Text(), nullable=False),
        sa.Column("successor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_code"], ["building.code"], name=op.f("building_successor_building_code_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["successor"], ["building.code"], name=op.f("building_successor_successor_fk"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("successor <> building_code", name=op.f("building_successor_other_ck")),
        sa.PrimaryKeyConstraint("building_code", "successor", name=op.f("building_successor_pk")),
    )
    op.create_index("building_successor_successor_ix", "building_successor", ["successor"])
    op.add_column("building_unit", sa.Column("storey", sa.SmallInteger(), nullable=True, comment="0: ground floor"))
    op.add_column("building_unit", sa.Column("use", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("building_unit", "use")
    op.drop_column("building_unit", "storey")
    op.drop_table("building_successor")
    for column in ("retired_at", "version", "built_on", "footprint"):
        op.drop_column("building", column)
