"""What an incident remembers of its way: who handles it, its clocks, who declined it, and its place in the feed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COLUMNS = (
    sa.Column("picked_grid", sa.Text(), nullable=True, comment="pointed at by hand on a map"),
    sa.Column("reporter", sa.Text(), nullable=True, comment="on whose behalf it was typed in; restricted"),
    sa.Column("probability", sa.Double(), nullable=True, comment="that the owner is right, of an uncertain position"),
    sa.Column("handler", sa.Text(), nullable=True, comment="the grid of the chain that handles it; NULL the owner"),
    sa.Column(
        "declined",
        sa.ARRAY(sa.Text()),
        server_default=sa.text("'{}'::text[]"),
        nullable=False,
        comment="departments that said: not mine",
    ),
    sa.Column("merged_into", sa.Uuid(), nullable=True),
    sa.Column("satisfaction", sa.SmallInteger(), nullable=True, comment="1 worst to 5 best"),
    sa.Column("accept_due_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True, comment="since when its clocks stand still"),
    sa.Column(
        "asked_until", sa.DateTime(timezone=True), nullable=True, comment="an extension asked for, not decided"
    ),
    sa.Column("alarm_at", sa.DateTime(timezone=True), nullable=True, comment="when to remind or escalate next"),
    sa.Column("alarm_step", sa.SmallInteger(), server_default="0", nullable=False, comment="alarms that have rung"),
)


def upgrade() -> None:
    for column in _COLUMNS:
        op.add_column("incident", column)
    op.create_foreign_key(op.f("incident_picked_grid_fk"), "incident", "grid_code", ["picked_grid"], ["code"])
    op.create_foreign_key(op.f("incident_handler_fk"), "incident", "grid_code", ["handler"], ["code"])
    op.create_check_constraint(op.f("incident_satisfaction_ck"), "incident", "satisfaction BETWEEN 1 AND 5")
    op.create_check_constraint(op.f("incident_probability_ck"), "incident", "probability BETWEEN 0 AND 1")
    op.create_index("incident_alarm_ix", "incident", ["alarm_at"], postgresql_where=sa.text("alarm_at IS NOT NULL"))
    op.add_column("incident_event", sa.Column("facts", JSONB(), server_default="{}", nullable=False))
    op.add_column(
        "incident_event",
        sa.Column("position", sa.BigInteger(), nullable=True, comment="in the feed, given once committed"),
    )
    op.create_index("incident_event_position_ix", "incident_event", ["position"])
    op.create_index(
        "incident_event_waiting_ix", "incident_event", ["id"], postgresql_where=sa.text("position IS NULL")
    )
    op.execute("CREATE SEQUENCE incident_feed")
    op.execute("DROP TRIGGER incident_event_append_only ON incident_event")
    op.execute(
        "UPDATE incident_event SET position = numbered.position FROM (SELECT id, nextval('incident_feed') AS"
        " position FROM (SELECT id FROM incident_event ORDER BY id) AS ordered) AS numbered"
        " WHERE numbered.id = incident_event.id"
    )
    # A place in the feed is given once; all else of an event stays as it was written.
    op.execute(
        """
        CREATE FUNCTION refuse_change_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.position IS NULL
               AND to_jsonb(NEW) - 'position' = to_jsonb(OLD) - 'position' THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION '% is append-only: % is not allowed', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER incident_event_append_only BEFORE UPDATE OR DELETE ON incident_event
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_event()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER incident_event_append_only ON incident_event")
    op.execute("DROP FUNCTION refuse_change_of_event()")
    op.drop_index("incident_event_waiting_ix", table_name="incident_event")
    op.drop_index("incident_event_position_ix", table_name="incident_event")
    op.drop_column("incident_event", "position")
    op.drop_column("incident_event", "facts")
    op.execute("DROP SEQUENCE incident_feed")
    op.execute(
        """
        CREATE TRIGGER incident_event_append_only BEFORE UPDATE OR DELETE ON incident_event
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
        """
    )
    for column in reversed(_COLUMNS):
        op.drop_column("incident", column.name)
