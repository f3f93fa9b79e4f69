"""Load incidents of the past, by the same rules and with the same reasons as a single report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.incident import Incident, NewEvent, Point, Report
from gis_service.domain.intake import Rulebook, open_incident
from gis_service.domain.past_incident import REPORTED_AFTER, PastIncident, way_to, write_history
from gis_service.domain.place import LocateMany, Place
from gis_service.domain.spot import Spot, find_spot
from gis_service.domain.work_calendar import WorkCalendar
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.keep_incident_months import make_months

ROWS_AT_ONCE = 1_000
MOST_FAULTS = 100

_STATES_WITHOUT_OWNER = ("cancelled", "merged")


def import_incidents(
    incidents: Sequence[PastIncident],
    *,
    locate_many: LocateMany,
    zone: ZoneInfo,
    until: datetime,
    work: UnitOfWork,
    reported_by: str = "import",
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Store incidents with the events that led to their final state, all of them or none.

    The months in which they were reported are made first, and stay though a row is refused.

    Not looked for are duplicates: in a record of the past they are what it says.  Nor does the past ring alarms.

    Args:
        incidents: in any order; ids follow the instants of the reports, so the newest is listed first.
        locate_many: finds owners in the editions in force when things happened.
        zone: of working days.
        until: the end of the record; nothing happens after it.
        work: a transaction not yet begun.
        reported_by: stands for who reported and acted.
        progress: told after each batch how many are done.

    Returns:
        How many were stored.

    Raises:
        RuleBrokenError: naming rows whose category or final state is not known, or that happen after ``until``.
    """
    if incidents:
        make_months(min(one.occurred_at for one in incidents), until, work)
    with work:
        _refuse_faulty(incidents, {one.code for one in work.rules.categories()}, until)
        rulebook = Rulebook(work.rules.dispatch(), work.rules.deadlines(), WorkCalendar(zone, work.rules.calendar()))
        for start in range(0, len(incidents), ROWS_AT_ONCE):
            rows = incidents[start : start + ROWS_AT_ONCE]
            spots = _find_spots(rows, work)
            places = locate_many(
                [spot.lon for spot in spots], [spot.lat for spot in spots], [row.occurred_at for row in rows]
            )
            stored: list[Incident] = []
            events: list[NewEvent] = []
            for row, spot, place in zip(rows, spots, places, strict=True):
                incident = _conclude(row, spot, place, rulebook, reported_by, until)
                history = write_history(incident, row.handled_at, until)
                reached = {event.to_state: event.at for event in history}
                stored.append(
                    replace(incident, accepted_at=reached.get("accepted"), handled_at=reached.get("handled"))
                )
                events.extend(history)
            work.incidents.add(stored, events)
            progress(start + len(rows))
        work.commit()
    return len(incidents)


def _refuse_faulty(incidents: Sequence[PastIncident], categories: set[str], until: datetime) -> None:
    faults = []
    for number, row in enumerate(incidents):
        if row.category not in categories:
            faults.append(InputFault(f"/{number}/category", f"category {row.category} is not known"))
        try:
            way_to(row.final_state)
        except KeyError:
            faults.append(InputFault(f"/{number}/final_state", f"state {row.final_state} is not known"))
        if row.occurred_at > until:
            faults.append(InputFault(f"/{number}/occurred_at", "lies after the end of the record"))
    if faults:
        raise RuleBrokenError(
            f"{len(faults)} faults; nothing was stored. First: row {faults[0].pointer}: {faults[0].detail}",
            code="broken-rows",
            faults=faults[:MOST_FAULTS],
        )


def _find_spots(rows: Sequence[PastIncident], work: UnitOfWork) -> list[Spot]:
    buildings = work.buildings.get_many({row.building_code for row in rows if row.building_code is not None})
    return [find_spot(_report(row), buildings.get(row.building_code or "")) for row in rows]


def _report(row: PastIncident) -> Report:
    return Report(
        category=row.category,
        severity=row.severity,
        channel=row.channel,
        description=row.description,
        occurred_at=row.occurred_at,
        point=Point(row.lon, row.lat),
        building_code=row.building_code,
        locus=row.locus,
        accuracy_m=row.accuracy_m,
        external_id=row.external_id,
    )


def _conclude(
    row: PastIncident, spot: Spot, place: Place, rulebook: Rulebook, reported_by: str, until: datetime
) -> Incident:
    reported_at = min(row.occurred_at + REPORTED_AFTER[row.channel], until)
    state = row.final_state
    if place.owner is None and state not in _STATES_WITHOUT_OWNER:
        state = "unlocated"
    elif place.owner is not None and state == "unlocated":
        state = "reported"
    return open_incident(
        id=uuid7(nanoseconds=int(reported_at.timestamp() * 1_000) * 1_000_000),
        report=_report(row),
        spot=spot,
        place=place,
        rulebook=rulebook,
        reported_at=reported_at,
        reported_by=reported_by,
        state=state,
        version=len(way_to(state)),
    )
