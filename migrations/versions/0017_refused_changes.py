"""Refuse changes of events by a condition, which costs a row of the feed a tenth of what the function did.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# All but the position: a place in the feed is given once, all else of an event stays as it was written.
_WRITTEN = (
    "id",
    "incident_id",
    "at",
    "kind",
    "actor",
    "from_state",
    "to_state",
    "from_grid",
    "to_grid",
    "reason",
    "facts",
)


def upgrade() -> None:
    op.execute("DROP TRIGGER incident_event_append_only ON incident_event")
    op.execute("DROP FUNCTION refuse_change_of_event()")
    old, new = (", ".join(f"{row}.{column}" for column in _WRITTEN) for row in ("OLD", "NEW"))
    op.execute(
        f"""
        CREATE TRIGGER incident_event_append_only BEFORE UPDATE ON incident_event FOR EACH ROW
        WHEN (OLD.position IS NOT NULL OR ROW({old}) IS DISTINCT FROM ROW({new}))
        EXECUTE FUNCTION refuse_change()
        """
    )
    op.execute(
        """
        CREATE TRIGGER incident_event_kept BEFORE DELETE ON incident_event
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER incident_event_kept ON incident_event")
    op.execute("DROP TRIGGER incident_event_append_only ON incident_event")
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
