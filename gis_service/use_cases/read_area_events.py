"""Read and end warnings, each caller those of their own ground."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.area_event import Affected, AreaEvent
from gis_service.errors import ClashError, NotFoundError
from gis_service.use_cases.find_affected import find_affected
from gis_service.use_cases.read_ground import choose_edition


def find_area_events(
    principal: Principal, work: UnitOfWork, *, is_active: bool | None, before: UUID | None, limit: int
) -> tuple[int, list[AreaEvent]]:
    """Return the edition in force and the warnings that share ground with the caller's scope in it, newest first.

    Raises:
        NotFoundError: no edition is in force.
    """
    with work:
        edition = choose_edition(None, None, work)
        now = datetime.now(UTC)
        found = work.area_events.search(principal, edition, now=now, is_active=is_active, before=before, limit=limit)
        return edition, found


def read_area_event(
    event_id: UUID, principal: Principal, zone: ZoneInfo, work: UnitOfWork, *, limit: int
) -> tuple[AreaEvent, Affected]:
    """Return a warning, and what lies in it now.

    Raises:
        NotFoundError: it is not there, or not for this caller; or no edition is in force.
        TooLargeError: as ``locate_area``.
    """
    with work:
        event = _seen(event_id, principal, work)
    return event, find_affected(event.warned.area, principal, zone, work, limit=limit)


def end_area_event(event_id: UUID, principal: Principal, note: str, work: UnitOfWork) -> AreaEvent:
    """End a warning, whether it has begun or not.

    Raises:
        NotFoundError: it is not there, or not for this caller.
        ClashError: it is ended already, code ``already-ended``.
    """
    with work:
        _seen(event_id, principal, work)
        if not work.area_events.end(event_id, datetime.now(UTC), principal.name, note):
            raise ClashError(f"area event {event_id} is ended already", code="already-ended")
        ended = _seen(event_id, principal, work)
        work.commit()
        return ended


def _seen(event_id: UUID, principal: Principal, work: UnitOfWork) -> AreaEvent:
    event = work.area_events.get(event_id, principal, choose_edition(None, None, work))
    if event is None:
        raise NotFoundError(f"area event {event_id} is not there")
    return event
