"""Generalised shapes by band of zooms; made for the editions that are there by ``gis-service migrate``, afterwards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "generalised_band",
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("band", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Text(), nullable=False, comment="the finest level that has shapes"),
        sa.Column("tolerance_deg", sa.Double(), nullable=False, comment="degrees of longitude, Mercator"),
        sa.Column(
            "shapes_made",
            sa.Integer(),
            nullable=False,
            comment="shapes that differ from those of the edition before",
        ),
        sa.ForeignKeyConstraint(["edition"], ["edition.number"], name=op.f("generalised_band_edition_fk")),
        sa.ForeignKeyConstraint(["level"], ["level.code"], name=op.f("generalised_band_level_fk")),
        sa.PrimaryKeyConstraint("edition", "band", name=op.f("generalised_band_pk")),
    )
    op.create_geospatial_table(
        "generalised_shape",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("band", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.Integer(), nullable=True, comment="NULL: to this day"),
        sa.Column(
            "shape",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("until > since", name=op.f("generalised_shape_order_ck")),
        sa.ForeignKeyConstraint(["code"], ["grid_code.code"], name=op.f("generalised_shape_code_fk")),
        sa.ForeignKeyConstraint(["since"], ["edition.number"], name=op.f("generalised_shape_since_fk")),
        sa.ForeignKeyConstraint(["until"], ["edition.number"], name=op.f("generalised_shape_until_fk")),
        sa.PrimaryKeyConstraint("code", "band", "since", name=op.f("generalised_shape_pk")),
    )


def downgrade() -> None:
    op.drop_geospatial_table("generalised_shape")
    op.drop_table("generalised_band")
