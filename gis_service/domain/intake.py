"""How a report becomes an incident: owner, department and deadline in one decision, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from gis_service.domain.alarms import AlarmShares, ClockRules
from gis_service.domain.clocks import first_alarm
from gis_service.domain.deadlines import DeadlineRule, set_deadline
from gis_service.domain.dispatch import DispatchRule, choose_dispatch
from gis_service.domain.incident import Duplicate, Incident, Report
from gis_service.domain.place import Place
from gis_service.domain.reason import Reason
from gis_service.domain.spot import Located, explain_owner
from gis_service.domain.work_calendar import WorkCalendar


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
    incident = Incident(
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
    )
    if rulebook.alarms is None:
        return incident
    return replace(incident, alarm_at=first_alarm(incident, ClockRules(rulebook.calendar, rulebook.alarms)))


def _explain_duplicates(duplicates: Sequence[Duplicate]) -> Reason:
    return Reason(
        "duplicates",
        f"{len(duplicates)} open incidents of the same category lie near in space and time",
        f"附近有 {len(duplicates)} 起同类未结事件",
        {"duplicates": [duplicate.as_json() for duplicate in duplicates]},
    )
