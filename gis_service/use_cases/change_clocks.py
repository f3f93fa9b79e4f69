"""Pause an incident and go on, or move its deadline: asked for by who handles it, decided by a dispatcher."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain import clocks
from gis_service.domain.access import Principal
from gis_service.domain.alarms import AlarmShares, ClockRules
from gis_service.domain.clocks import Clocks, clock_facts, clocks_of, columns_of, is_running
from gis_service.domain.incident import STATES_WITHOUT_CLOCK, IncidentRecord, NewEvent
from gis_service.domain.work_calendar import WorkCalendar
from gis_service.errors import ClashError, ForbiddenError, InputFault, NotFoundError, RuleBrokenError
from gis_service.use_cases.refuse_other_version import refuse_other_version

LONGEST_EXTENSION = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class ClockAct:
    """What somebody does to the clocks of an incident: one of ``ACTS``; ``until`` is the deadline asked for."""

    act: str
    reason: str = ""
    until: datetime | None = None


_Change = Callable[[IncidentRecord, ClockAct, ClockRules, datetime], Clocks]


def change_clocks(
    incident_id: UUID,
    act: ClockAct,
    *,
    principal: Principal,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
    work: UnitOfWork,
    alarms: AlarmShares,
    expected: Collection[int] | None = None,
) -> IncidentRecord:
    """Do something to the clocks of an incident, and return it as it is then.

    Args:
        incident_id: of the incident.
        act: what is done.
        principal: who does it; who may do what is the caller's to check, on which ground is checked here.
        zone: of working days.
        clock: read once the incident is locked, so that the instants of its events rise with their order.
        work: a transaction not yet begun.
        alarms: when to remind and to escalate.
        expected: versions of the incident that the caller has in mind; None when any will do.

    Raises:
        NotFoundError: the incident is not there, or not for this caller.
        ForbiddenError: it lies outside their scope, though they have reported it.
        ClashError: its clocks are not such that this could be done; ``code`` says why.
        PreconditionFailedError: it has another version; ``members["version"]`` is the one it has.
        RuleBrokenError: the deadline asked for is none that could be granted.
    """
    kind, change = _ACTS[act.act]
    with work:
        work.incidents.lock({incident_id})
        record = _seen(incident_id, principal, work)
        now = clock()
        _refuse_outside_scope(record, principal)
        refuse_other_version(record, expected)
        rules = ClockRules(WorkCalendar(zone, work.rules.calendar()), alarms)
        after = change(record, act, rules, now)
        event = NewEvent(
            incident_id=record.id,
            at=now,
            kind=kind,
            actor=principal.name,
            from_state=record.state,
            to_state=record.state,
            reason=act.reason,
            facts=clock_facts(clocks_of(record), after, zone),
        )
        work.incidents.change(columns_of(after), event)
        changed = _seen(incident_id, principal, work)
        work.commit()
        return changed


def _seen(incident_id: UUID, principal: Principal, work: UnitOfWork) -> IncidentRecord:
    record = work.incidents.get(incident_id, principal)
    if record is None:
        raise NotFoundError(f"incident {incident_id} is not there")
    return record


def _pause(record: IncidentRecord, _act: ClockAct, _rules: ClockRules, now: datetime) -> Clocks:
    _refuse_standing(record)
    return clocks.pause(record, now)


def _resume(record: IncidentRecord, _act: ClockAct, rules: ClockRules, now: datetime) -> Clocks:
    if record.paused_at is None:
        raise ClashError(f"incident {record.id} is not paused; there is nothing to resume", code="not-paused")
    return clocks.resume(record, rules, now)


def _ask(record: IncidentRecord, act: ClockAct, _rules: ClockRules, now: datetime) -> Clocks:
    due_at = _refuse_standing(record)
    if now >= due_at:
        raise ClashError(
            f"the deadline of incident {record.id} passed at {due_at.isoformat()}; ask for extensions before that",
            code="deadline-passed",
        )
    if record.asked_until is not None:
        raise ClashError(
            f"an extension of incident {record.id} is asked for already, until {record.asked_until.isoformat()}; a"
            " dispatcher must decide first",
            code="extension-asked",
        )
    if act.until is None or not due_at < act.until <= now + LONGEST_EXTENSION:
        sentence = f"must lie after the deadline, {due_at.isoformat()}, and within {LONGEST_EXTENSION.days} days"
        raise RuleBrokenError(f"/until: {sentence}", faults=[InputFault("/until", sentence)])
    return replace(clocks_of(record), asked_until=act.until)


def _grant(record: IncidentRecord, _act: ClockAct, rules: ClockRules, _now: datetime) -> Clocks:
    _refuse_standing(record)
    _refuse_unasked(record)
    return clocks.grant(record, rules)


def _refuse(record: IncidentRecord, _act: ClockAct, _rules: ClockRules, _now: datetime) -> Clocks:
    _refuse_unasked(record)
    return replace(clocks_of(record), asked_until=None)


_ACTS: Mapping[str, tuple[str, _Change]] = MappingProxyType(
    {
        "pause": ("paused", _pause),
        "resume": ("resumed", _resume),
        "ask-extension": ("extension_asked", _ask),
        "grant-extension": ("extension_granted", _grant),
        "refuse-extension": ("extension_refused", _refuse),
    }
)
ACTS = tuple(_ACTS)


def _refuse_standing(record: IncidentRecord) -> datetime:
    """Return the deadline of an incident whose clock runs."""
    if is_running(record) and record.due_at is not None:
        return record.due_at
    if record.paused_at is not None:
        raise ClashError(f"incident {record.id} is paused; resume it first", code="paused")
    why = f"is {record.state}" if record.state in STATES_WITHOUT_CLOCK else "has no deadline"
    raise ClashError(f"incident {record.id} {why}: no clock runs for it", code="no-clock")


def _refuse_unasked(record: IncidentRecord) -> None:
    if record.asked_until is None:
        raise ClashError(f"no extension of incident {record.id} is asked for", code="no-extension-asked")


def _refuse_outside_scope(record: IncidentRecord, principal: Principal) -> None:
    # Without an owner it is seen by those who find one, and by who reported it.
    may = principal.sees([link.code for link in record.chain]) if record.chain else principal.places_incidents
    if not may:
        raise ForbiddenError(
            f"your scope is {principal.scope}; incident {record.id} lies outside", code="outside-scope"
        )
