"""Who did and read what: rows that nothing changes, and the chain of seals over them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = ("audit_event", "audit_seal")


def upgrade() -> None:
    moment, texts = sa.DateTime(timezone=True), ARRAY(sa.Text())
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("objects", texts, nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("classes", texts, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "act IN ('read', 'write', 'export', 'refusal', 'unrecorded')", name=op.f("audit_event_act_ck")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_event_pk")),
    )
    op.create_index("audit_event_at_ix", "audit_event", ["at"])
    op.create_index("audit_event_name_ix", "audit_event", ["name", "id"])
    op.create_index("audit_event_objects_ix", "audit_event", ["objects"], postgresql_using="gin")
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", moment, nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False, comment="40 bytes a row: its id and its SHA-256"),
        sa.PrimaryKeyConstraint("number", name=op.f("audit_seal_pk")),
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    # Whoever inserts holds this lock, shared, until the transaction ends; the sealer asks for it alone for a moment,
    # and then knows that no smaller id is still to come.  1635083369 is "audi" in ASCII.
    op.execute(
        """
        CREATE FUNCTION audit_event_lock() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock_shared(1635083369);
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER audit_event_locked BEFORE INSERT ON audit_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_event_lock()"
    )


def downgrade() -> None:
    op.drop_table("audit_seal")
    op.drop_table("audit_event")
    op.execute("DROP FUNCTION audit_event_lock()")
