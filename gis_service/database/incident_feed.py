"""The places of events in the feed, and reading by them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, select, text
from sqlalchemy.orm import Session

from gis_service.database.incidents import is_of_category, lies_under, seen_by
from gis_service.database.prepared import execute_told
from gis_service.database.tables import incident, incident_event
from gis_service.domain.access import Principal
from gis_service.domain.incident import IncidentEvent
from gis_service.domain.incident_feed import FeedEvent, FeedFilter

SEQUENCER = 0x6769735F66656564
"""The advisory lock of who numbers; "gis_feed" in ASCII."""

# Materialized, so that each event takes one number, in the order of the ids.
_NUMBER = text(
    """
    WITH waiting AS MATERIALIZED (
        SELECT incident_id, id FROM incident_event WHERE position IS NULL ORDER BY id LIMIT CAST(:at_most AS int)
    ), numbered AS MATERIALIZED (
        SELECT incident_id, id, nextval('incident_feed') AS position FROM waiting
    )
    UPDATE incident_event SET position = numbered.position FROM numbered
    WHERE (incident_event.incident_id, incident_event.id) = (numbered.incident_id, numbered.id)
    """
)

# Whatever the tables were at the planning: those that wait are few, those that have their numbers are all others.
_ROW_BY_ROW = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"


class IncidentFeedRepository:
    """Reads ``incident_event`` by ``position``, and gives positions.

    Ids are taken before the commit, so that a later one may be seen first; a reader by id would miss the earlier.
    Positions are given to committed events alone, by one at a time, who is seen to have done so before the next one
    begins: whoever sees a position sees all that are lower, for ever.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def number_waiting(self, at_most: int) -> bool:
        """Give positions to committed events that have none, in the order of their ids; to be committed soon.

        Events of one incident stay in their order, since each is written under the lock of the incident's row.

        Returns:
            False when another transaction is at it.
        """
        # A statement of its own: what is numbered must be looked for after the lock was taken, not before.
        if not self._session.scalar(select(func.pg_try_advisory_xact_lock(SEQUENCER))):
            return False
        execute_told(self._session, "number_events", _NUMBER, {"at_most": at_most}, first=_ROW_BY_ROW)
        return True

    def head(self) -> int:
        """Return the last position; 0 before the first."""
        return self._session.scalar(select(func.max(incident_event.c.position))) or 0

    def last_given(self) -> int:
        """Return the highest position that anybody may have seen, though its event may have been moved away."""
        return (
            self._session.scalar(text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM incident_feed"))
            or 0
        )

    def read(self, after: int, until: int, wanted: FeedFilter, principal: Principal, limit: int) -> list[FeedEvent]:
        """Return up to ``limit`` events that match and whose incidents the caller may see now, in order.

        Of positions after ``after``, up to and with ``until``.
        """
        between = (incident_event.c.position > after, incident_event.c.position <= until)
        query = _events(principal).where(*between, *_conditions(wanted))
        rows = self._session.execute(query.order_by(incident_event.c.position).limit(limit))
        return [_to_event(row) for row in rows.mappings()]

    def find(self, event_id: int, principal: Principal) -> FeedEvent | None:
        """Return one event; None when the caller may not see its incident now."""
        rows = self._session.execute(_events(principal).where(incident_event.c.id == event_id))
        row = rows.mappings().one_or_none()
        return None if row is None else _to_event(row)

    def lag(
        self, after: int, until: int, wanted: FeedFilter, principal: Principal, limit: int
    ) -> tuple[int, datetime | None]:
        """Return how many events ``read`` would give, and when the first of them happened."""
        between = (incident_event.c.position > after, incident_event.c.position <= until)
        behind = (
            select(incident_event.c.at)
            .join(incident, incident.c.id == incident_event.c.incident_id)
            .where(*between, *_conditions(wanted), seen_by(principal))
            .order_by(incident_event.c.position)
            .limit(limit)
            .subquery()
        )
        count, first = self._session.execute(select(func.count(), func.min(behind.c.at))).one()
        return count, first


def _events(principal: Principal) -> Select[Any]:
    columns = select(incident_event, incident.c.category)
    return columns.join(incident, incident.c.id == incident_event.c.incident_id).where(
        incident_event.c.position.is_not(None), seen_by(principal)
    )


def _conditions(wanted: FeedFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kinds:
        conditions.append(incident_event.c.kind.in_(wanted.kinds))
    if wanted.grid is not None:
        conditions.append(lies_under(wanted.grid))
    if wanted.category is not None:
        conditions.append(is_of_category(wanted.category))
    return conditions


def _to_event(row: RowMapping) -> FeedEvent:
    values = dict(row)
    category = values.pop("category")
    return FeedEvent(values["position"], IncidentEvent(**values), category)
