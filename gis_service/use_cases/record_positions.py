"""Take down where workers were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.position import Position
from gis_service.domain.staff import Assignment
from gis_service.errors import ClashError, InputFault, NotFoundError, RuleBrokenError, ServiceError
from gis_service.use_cases.forget_positions import first_kept_day
from gis_service.use_cases.read_ground import choose_edition

CLOCK_SKEW = timedelta(minutes=5)
"""A phone's clock may run ahead by this much."""

Outcome: TypeAlias = Literal["stored", "known"] | ServiceError


def record_positions(
    given: Sequence[Position],
    *,
    principal: Principal,
    now: datetime,
    zone: ZoneInfo,
    kept_days: int,
    work: UnitOfWork,
) -> list[Outcome]:
    """Store positions that are not there yet, one for each person and instant, and answer each in its order.

    Nobody is followed off duty: a position of a day on which the assignment does not hold is refused.

    Args:
        given: on the lattice (degrees, EPSG:4326).
        principal: who sends them; may do so for the people who serve their ground.
        now: positions up to five minutes later are taken: clocks differ.
        zone: of days on duty.
        kept_days: what is older would be deleted at once, and is refused.
        work: a transaction not yet begun.

    Raises:
        NotFoundError: no edition is in force.
    """
    with work:
        edition = choose_edition(None, None, work)
        people = work.staff.find({one.staff_id for one in given}, principal.scope, edition)
        refused = [_refusal(one, people, now, zone, kept_days) for one in given]
        taken = [one for one, refusal in zip(given, refused, strict=True) if refusal is None]
        stored = work.positions.add_new(taken) if taken else set()
        work.commit()
    outcomes: list[Outcome] = []
    for one, refusal in zip(given, refused, strict=True):
        key = one.staff_id, one.at
        outcomes.append(refusal or ("stored" if key in stored else "known"))
        stored.discard(key)
    return outcomes


def _refusal(
    one: Position, people: Mapping[int, Assignment], now: datetime, zone: ZoneInfo, kept_days: int
) -> ServiceError | None:
    person = people.get(one.staff_id)
    if person is None:
        sentence = f"there is no assignment {one.staff_id} on your ground"
        return NotFoundError(sentence, code="unknown-staff", faults=[InputFault("/staff", sentence)])
    if one.at > now + CLOCK_SKEW:
        sentence = "lies in the future; is the phone's clock right?"
        return RuleBrokenError(f"at {sentence}", code="in-the-future", faults=[InputFault("/at", sentence)])
    if one.day < first_kept_day(now, zone, kept_days):
        sentence = f"lies more than {kept_days} days back; positions are kept no longer"
        return RuleBrokenError(f"at {sentence}", code="too-old", faults=[InputFault("/at", sentence)])
    if not person.member.is_on_duty(one.day):
        sentence = f"assignment {one.staff_id} does not hold on {one.day}; nobody is followed off duty"
        return ClashError(sentence, code="off-duty", faults=[InputFault("/at", sentence)])
    return None
