"""Warnings for a piece of ground, and check-ins of workers at buildings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_area_event()
    _create_check_in()


def _shape(name: str, kind: str) -> sa.Column[object]:
    shape = Geometry(
        geometry_type=kind,
        srid=4326,
        dimension=2,
        spatial_index=False,
        from_text="ST_GeomFromEWKT",
        name="geometry",
        nullable=False,
    )
    return sa.Column(name, shape, nullable=False)


def _create_area_event() -> None:
    op.create_geospatial_table(
        "area_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        _shape("area", "MULTIPOLYGON"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Idempotency-Key of who raised it"),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_note", sa.Text(), nullable=True),
        sa.CheckConstraint("kind ~ '^[a-z][a-z_]{0,31}$'", name=op.f("area_event_kind_ck")),
        sa.CheckConstraint("severity IN ('general', 'larger', 'major')", name=op.f("area_event_severity_ck")),
        sa.CheckConstraint("until > since", name=op.f("area_event_period_ck")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("area_event_ended_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("area_event_pk")),
        sa.UniqueConstraint("raised_by", "key", name=op.f("area_event_raised_by_key_uq")),
    )
    op.create_geospatial_index(
        "area_event_area_ix", "area_event", ["area"], unique=False, postgresql_using="gist", postgresql_ops={}
    )


def _create_check_in() -> None:
    op.create_geospatial_table(
        "check_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("building_code", sa.Text(), nullable=False),
        sa.Column(
            "entrance", sa.Text(), nullable=True, comment="label of the door that was named; NULL the building"
        ),
        _shape("point", "POINT"),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("allowed_m", sa.Double(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True, comment="of the building, in that edition"),
        sa.Column("chain", sa.ARRAY(sa.Text()), nullable=False, comment="codes from the root to the owner"),
        sa.CheckConstraint("accuracy_m >= 0", name=op.f("check_in_accuracy_ck")),
        sa.ForeignKeyConstraint(
            ["building_code"], ["building.code"], name=op.f("check_in_building_code_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["edition"], ["edition.number"], name=op.f("check_in_edition_fk")),
        sa.ForeignKeyConstraint(["owner"], ["grid_code.code"], name=op.f("check_in_owner_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("check_in_pk")),
    )
    op.create_index("check_in_chain_ix", "check_in", ["chain"], postgresql_using="gin")
    op.create_index("check_in_worker_ix", "check_in", ["worker", "id"])
    op.create_index("check_in_building_ix", "check_in", ["building_code"])


def downgrade() -> None:
    op.drop_geospatial_table("check_in")
    op.drop_geospatial_table("area_event")
