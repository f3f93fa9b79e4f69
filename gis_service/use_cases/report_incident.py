"""Take in a report: store it once, and answer whose it is, who must act, by when, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from uuid_utils.compat import uuid7

from gis_service.database.idempotency_keys import AcceptedKey
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.alarms import USUAL, AlarmShares
from gis_service.domain.coordinates import OUT_OF_RANGE
from gis_service.domain.incident import DeclaredPoint, Duplicate, Incident, IncidentRecord, NewEvent, Point, Report
from gis_service.domain.intake import Rulebook, open_incident
from gis_service.domain.place import Locate
from gis_service.domain.spot import find_spot
from gis_service.domain.work_calendar import WorkCalendar
from gis_service.errors import ClashError, InputFault, RuleBrokenError
from grid_boundaries.locate.coordinates import CoordinateError, UnknownCrsError, quantise_one, to_wgs84

CLOCK_SKEW = timedelta(minutes=5)
"""A phone's clock may run ahead by this much; what happened later than that has not happened."""

EARLIEST_YEAR = 1970


@dataclass(frozen=True, slots=True)
class IncidentRequest:
    """A report as it comes in, and the key and hash by which a second try of it is known.

    The points of ``report`` are None: they come declared, beside it.
    """

    report: Report
    key: str
    body_hash: bytes
    point: DeclaredPoint | None = None
    reporter_point: DeclaredPoint | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The incident as it is stored; ``replayed`` when an earlier try with the same key had stored it."""

    incident: IncidentRecord
    replayed: bool


def report_incident(
    request: IncidentRequest,
    *,
    principal: Principal,
    locate: Locate,
    zone: ZoneInfo,
    now: datetime,
    work: UnitOfWork,
    alarms: AlarmShares = USUAL,
) -> Receipt:
    """Store a report as one incident, however often it is sent.

    The incident, its first event and the key are one transaction; the answer is read back from what is stored, so
    a retry after a lost answer gets the same one.

    Args:
        request: what came in.
        principal: who reports; keys of different principals never meet.
        locate: finds the owner in the edition in force when it happened.
        zone: of working days.
        now: the instant of the report.
        work: a transaction not yet begun.
        alarms: when to remind and to escalate.

    Raises:
        ClashError: another request with the same key is under way.
        RuleBrokenError: the key was used for another body; or the category, the building or a coordinate system is
            not known; or it has not happened yet.
    """
    report = _convert_points(request)
    with work:
        if (receipt := _replay(request, principal, work)) is not None:
            return receipt
        _refuse_impossible(report, now, work)
        spot = find_spot(report, None if report.building_code is None else work.buildings.get(report.building_code))
    # The lookup may need the database itself: asked for between the two transactions, no request holds one
    # connection while it waits for another.
    place = locate(spot.lon, spot.lat, report.occurred_at)
    with work:
        if not work.idempotency_keys.try_lock(principal.name, request.key):
            raise ClashError(
                "a request with this Idempotency-Key is under way; ask again in a moment",
                code="idempotency-in-flight",
                members={"retry": True},
            )
        if (receipt := _replay(request, principal, work)) is not None:
            return receipt
        incident = open_incident(
            id=uuid7(),
            report=report,
            spot=spot,
            place=place,
            rulebook=_rules_for(report.category, zone, alarms, work),
            duplicates=_duplicates(report, spot.event_point, principal, work),
            reported_at=now,
            reported_by=principal.name,
        )
        work.incidents.add([incident], [first_event(incident)])
        work.idempotency_keys.add(principal.name, request.key, AcceptedKey(request.body_hash, incident.id))
        record = _stored(incident.id, principal, work)
        work.commit()
        return Receipt(record, replayed=False)


def first_event(incident: Incident) -> NewEvent:
    """Return the event with which every incident begins."""
    return NewEvent(
        incident_id=incident.id,
        at=incident.reported_at,
        kind="reported",
        actor=incident.reported_by,
        from_state=None,
        to_state=incident.state,
        to_grid=incident.owner,
    )


def _replay(request: IncidentRequest, principal: Principal, work: UnitOfWork) -> Receipt | None:
    """Return the answer to an earlier try with the key, or None when there was none."""
    accepted = work.idempotency_keys.find(principal.name, request.key)
    if accepted is None:
        return None
    if accepted.request_hash != request.body_hash:
        raise RuleBrokenError(
            "this Idempotency-Key was used for another body; take a new key for a new report",
            code="idempotency-key-reused",
        )
    return Receipt(_stored(accepted.incident_id, principal, work), replayed=True)


def _rules_for(category: str, zone: ZoneInfo, alarms: AlarmShares, work: UnitOfWork) -> Rulebook:
    calendar = WorkCalendar(zone, work.rules.calendar())
    return Rulebook(work.rules.dispatch(category), work.rules.deadlines(category), calendar, alarms)


def _duplicates(report: Report, point: Point | None, principal: Principal, work: UnitOfWork) -> Sequence[Duplicate]:
    if point is None:
        return ()
    return work.incidents.find_duplicates(point, report.category, report.occurred_at, principal)


def _stored(incident_id: UUID, principal: Principal, work: UnitOfWork) -> IncidentRecord:
    record = work.incidents.get(incident_id, principal)
    if record is None:
        msg = f"incident {incident_id} has a key and is not there"
        raise RuntimeError(msg)
    return record


def _convert_points(request: IncidentRequest) -> Report:
    return replace(
        request.report,
        point=_convert(request.point, "/point"),
        reporter_point=_convert(request.reporter_point, "/reporter_point"),
    )


def _convert(declared: DeclaredPoint | None, pointer: str) -> Point | None:
    if declared is None:
        return None
    try:
        lons, lats = to_wgs84(np.array([declared.lon]), np.array([declared.lat]), declared.crs)
        return Point(*quantise_one(float(lons[0]), float(lats[0])))
    except UnknownCrsError as error:
        raise _at_fault(f"{pointer}/crs", str(error), "unknown-crs") from error
    except CoordinateError as error:
        raise _at_fault(f"{pointer}/{error.axis}", error.reason, OUT_OF_RANGE) from error


def _refuse_impossible(report: Report, now: datetime, work: UnitOfWork) -> None:
    if report.occurred_at.year < EARLIEST_YEAR:
        raise _at_fault("/occurred_at", f"must not lie before {EARLIEST_YEAR}", "invalid-input")
    if report.occurred_at > now + CLOCK_SKEW:
        raise _at_fault("/occurred_at", "lies in the future", "invalid-input")
    if not work.rules.has_category(report.category):
        raise _at_fault("/category", f"category {report.category} is not known", "unknown-category")


def _at_fault(pointer: str, detail: str, code: str) -> RuleBrokenError:
    return RuleBrokenError(f"{pointer}: {detail}", code=code, faults=[InputFault(pointer, detail)])
