"""Imports of buildings: how far each has come, so that one that was broken off goes on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "building_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the file and of how it is read"),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_row", sa.Integer(), server_default="0", nullable=False, comment="all up to it are done"),
        sa.Column("stored", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected", sa.LargeBinary(), nullable=False, comment="numbers of rows, int32, little endian"),
        sa.Column("report", JSONB(), nullable=False),
        sa.CheckConstraint("last_row >= 0 AND stored >= 0", name=op.f("building_import_counts_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("building_import_pk")),
    )
    op.create_index(
        "building_import_unfinished",
        "building_import",
        ["digest"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("building_import")
