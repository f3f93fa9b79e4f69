"""Raise a warning for a piece of ground, and answer at once what lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.area_event import Affected, AreaEvent, Warned
from gis_service.errors import ForbiddenError, InputFault, RuleBrokenError
from gis_service.use_cases.find_affected import find_affected
from gis_service.use_cases.read_ground import choose_edition


@dataclass(frozen=True, slots=True)
class Raised:
    """The event as it is stored, and what lies in it; ``replayed`` when an earlier try with the key stored it."""

    event: AreaEvent
    affected: Affected
    replayed: bool


def raise_area_event(
    warned: Warned,
    *,
    key: str,
    body_hash: bytes,
    principal: Principal,
    zone: ZoneInfo,
    limit: int,
    work: UnitOfWork,
) -> Raised:
    """Store a warning as one event, however often it is sent, and return what lies in it now.

    What lies in it is found first: an area that cannot be followed is refused, and nothing is stored.

    Args:
        warned: what is warned of.
        key: of the request; keys of different callers never meet.
        body_hash: by which a second try of the same request is known.
        principal: who raises it.
        zone: of the day on which staff is on duty.
        limit: most entries of each list.
        work: a transaction not yet begun.

    Raises:
        RuleBrokenError: it is over before it begins; or the key was used for another body.
        ForbiddenError: the area shares no ground with the caller's scope.
        NotFoundError: no edition is in force.
        TooLargeError: as ``locate_area``.
    """
    if warned.until is not None and warned.until <= warned.since:
        sentence = "must lie after since, which is now when it is left out"
        raise RuleBrokenError(f"until {sentence}", faults=[InputFault("/until", sentence)])
    with work:
        edition = choose_edition(None, None, work)
        if principal.scope is not None and not work.area_events.is_on_ground(warned.area, principal.scope, edition):
            raise ForbiddenError(
                f"your scope is {principal.scope}; the area shares no ground with it", code="outside-scope"
            )
    affected = find_affected(warned.area, principal, zone, work, limit=limit)
    with work:
        event = AreaEvent(uuid7(), warned, raised_at=datetime.now(UTC), raised_by=principal.name)
        if work.area_events.add(event, key, body_hash):
            work.commit()
            return Raised(event, affected, replayed=False)
        known = work.area_events.find_key(principal.name, key)
    if known is None or known[1] != body_hash:
        raise RuleBrokenError(
            "this Idempotency-Key was used for another body; take a new key for a new warning",
            code="idempotency-key-reused",
        )
    return Raised(known[0], affected, replayed=True)
