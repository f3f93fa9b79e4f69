"""Photos of incidents: what is known of the files in the photo store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incident_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("source_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the file that was sent"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the file that is kept"),
        sa.Column("width", sa.Integer(), nullable=False, comment="pixels"),
        sa.Column("height", sa.Integer(), nullable=False, comment="pixels"),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column(
            "removed_at", sa.DateTime(timezone=True), nullable=True, comment="its files are still to be deleted"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("incident_photo_pk")),
    )
    op.create_index(
        "incident_photo_source_uq",
        "incident_photo",
        ["incident_id", "source_hash"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("incident_photo")
