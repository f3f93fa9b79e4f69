"""Who is told of events: a notice when one comes, and addresses to which all are sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False, comment="signs what is sent; shown once"),
        sa.Column(
            "kinds", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False, comment="empty: all"
        ),
        sa.Column("grid", sa.Text(), nullable=True, comment="and all below it"),
        sa.Column("category", sa.Text(), nullable=True, comment="and all below it"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="of who made it: what may be seen is what they may"),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="in the feed: up to here all is done"),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False, comment="failed, of the next event"),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("leased_by", sa.Uuid(), nullable=True, comment="who delivers at present"),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True, comment="then another may"),
        sa.ForeignKeyConstraint(["grid"], ["grid_code.code"], name=op.f("webhook_grid_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_pk")),
    )
    op.create_table(
        "webhook_dead_letter",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column(
            "is_asked", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="to be sent again"
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("webhook_dead_letter_webhook_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name=op.f("webhook_dead_letter_pk")),
    )
    op.create_index("webhook_dead_letter_position_ix", "webhook_dead_letter", ["webhook_id", "position"])
    # Commits that notify wait for each other, so only who finds that nobody waits for a number rings the bell; whoever
    # hears it goes on looking for a while, and finds those who did not ring.
    op.execute(
        """
        CREATE FUNCTION tell_of_events() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM incident_event WHERE position IS NULL) THEN
                NOTIFY incident_feed;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER incident_event_told BEFORE INSERT ON incident_event
        FOR EACH STATEMENT EXECUTE FUNCTION tell_of_events()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER incident_event_told ON incident_event")
    op.execute("DROP FUNCTION tell_of_events()")
    op.drop_table("webhook_dead_letter")
    op.drop_table("webhook")
