"""How a report becomes an incident: owner, department and deadline in one decision, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from gis_service.domain.alarms import AlarmShares, ClockRules
from gis_service.domain.clocks import first_alarm
from gis_service.domain.deadlines import DeadlineRule, set_deadline
from gis_service.domain.dispatch import DispatchRule, choose_dispatch
from gis_service.domain.incident import Duplicate, Incident, IncidentRecord, Report
from gis_service.domain.place import Place
from gis_service.domain.reason import Reason
from gis_service.domain.spot import Located, explain_owner
from gis_service.domain.work_calendar import WorkCalendar

_KEPT = 1000
"""Sets of names whose order is kept: there are as many as there are kinds of reasons."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules that may matter to an incident, in any order, and the calendar; without ``alarms`` nothing rings."""

    dispatch: Sequence[DispatchRule]
    deadlines: Sequence[DeadlineRule]
    calendar: WorkCalendar
    alarms: AlarmShares | None = None


def open_incident(
    *,
    id: UUID,  # noqa: A002 - the word of the glossary, and by keyword only
    report: Report,
    spot: Located,
    place: Place,
    rulebook: Rulebook,
    duplicates: Sequence[Duplicate] = (),
    reported_at: datetime,
    reported_by: str,
    state: str | None = None,
    version: int = 1,
) -> Incident:
    """Return the incident that a report opens; nothing here refuses it.

    Rules are those in force when it is reported, since they name who can act now.  The clock to handle starts when it
    happened, so that the order in which late reports arrive changes nothing; the clock to accept starts with the
    report, before which nobody could.  An incident outside the
    coverage is ``unlocated``: it has a deadline, and a department where a rule without a grid names one.  ``state``
    and ``version`` are given for an incident of the past, which has come further by now.
    """
    dispatch = choose_dispatch(
        rulebook.dispatch, report.category, report.severity, place.codes, place.kind, reported_at
    )
    deadline = set_deadline(
        rulebook.deadlines, report.category, report.severity, report.occurred_at, reported_at, rulebook.calendar
    )
    acceptance = set_deadline(
        rulebook.deadlines, report.category, report.severity, reported_at, reported_at, rulebook.calendar, "accept"
    )
    reasons = [spot.reason, explain_owner(place), dispatch.reason, acceptance.reason, deadline.reason]
    if duplicates:
        reasons.append(_explain_duplicates(duplicates))
    alarm_at = None
    if rulebook.alarms is not None:
        alarm_at = first_alarm(acceptance, deadline, reported_at, ClockRules(rulebook.calendar, rulebook.alarms))
    return Incident(
        id=id,
        version=version,
        state=state or ("reported" if place.owner is not None else "unlocated"),
        report=report,
        reported_at=reported_at,
        reported_by=reported_by,
        located_by=spot.located_by if place.owner is not None else "nowhere",
        event_point=spot.event_point,
        building_code=spot.building_code,
        owner=place.owner,
        chain=place.codes if place.owner is not None else (),
        edition=place.edition,
        distance_m=place.nearest[1] if place.owner is None and place.nearest is not None else None,
        tied_with=place.tied_with,
        department=dispatch.department,
        assisting=dispatch.assisting,
        response_class=deadline.response_class,
        due_at=deadline.due_at,
        accept_due_at=acceptance.due_at,
        explain=tuple(reason.as_json() for reason in reasons),
        probability=place.probability,
        alarm_at=alarm_at,
    )


def record_of(
    incident: Incident, feature_id: int, place: Place, department_name: tuple[str, str] | None, *, in_charge: bool
) -> IncidentRecord:
    """Return an incident as it reads right after it is stored, without reading it.

    Args:
        incident: as it is stored.
        feature_id: what the database numbers it.
        place: where it is, as ``open_incident`` got it.
        department_name: of its department, and in English; None without one.
        in_charge: whether it lies in the scope of who reads it.
    """
    report = incident.report
    name, name_en = department_name or (None, None)
    return IncidentRecord(
        id=incident.id,
        feature_id=feature_id,
        version=incident.version,
        state=incident.state,
        category=report.category,
        severity=report.severity,
        channel=report.channel,
        description=report.description,
        locus=report.locus,
        external_id=report.external_id,
        point=incident.event_point,
        accuracy_m=report.accuracy_m,
        building_code=incident.building_code,
        unit=report.unit,
        occurred_at=report.occurred_at.astimezone(UTC),
        reported_at=incident.reported_at.astimezone(UTC),
        owner=incident.owner,
        chain=place.chain if incident.owner is not None else (),
        edition=incident.edition,
        located_by=incident.located_by,
        tied_with=incident.tied_with,
        department=incident.department,
        department_name=name,
        department_name_en=name_en,
        assisting=incident.assisting,
        response_class=incident.response_class,
        due_at=_in_utc(incident.due_at),
        explain=tuple(_as_stored(entry) for entry in incident.explain),
        picked_grid=report.picked_grid,
        reporter=report.reporter,
        probability=incident.probability,
        handler=None,
        declined=(),
        merged_into=None,
        satisfaction=None,
        accept_due_at=_in_utc(incident.accept_due_at),
        accepted_at=_in_utc(incident.accepted_at),
        handled_at=_in_utc(incident.handled_at),
        paused_at=None,
        asked_until=None,
        alarm_at=_in_utc(incident.alarm_at),
        alarm_step=0,
        in_charge=in_charge,
    )


def _in_utc(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.astimezone(UTC)


def _as_stored(value: Any) -> Any:  # noqa: ANN401 - JSON of any form
    """Return JSON with the members of objects in the order of jsonb: by the length of their names, then by bytes."""
    if isinstance(value, dict):
        return {key: _as_stored(value[key]) for key in _ordered(tuple(value))}
    if isinstance(value, list | tuple):
        return [_as_stored(one) for one in value]
    return value


@lru_cache(_KEPT)
def _ordered(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(keys, key=lambda key: (len(key.encode()), key.encode())))


def _explain_duplicates(duplicates: Sequence[Duplicate]) -> Reason:
    return Reason(
        "duplicates",
        f"{len(duplicates)} open incidents of the same or a kindred category lie near in space and time",
        f"附近有 {len(duplicates)} 起同类或相近类别的未结事件",
        {"duplicates": [duplicate.as_json() for duplicate in duplicates]},
    )
