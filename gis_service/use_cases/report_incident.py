"""Take in a report: store it once, and answer whose it is, who must act, by when, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias
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
from gis_service.domain.place import Locate, Place
from gis_service.domain.spot import Located, Pick, Spot
from gis_service.domain.work_calendar import WorkCalendar
from gis_service.errors import ClashError, InputFault, RuleBrokenError, ServiceError
from gis_service.use_cases.find_whereabouts import find_whereabouts, settle_owner
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


Outcome: TypeAlias = Receipt | ServiceError
"""What becomes of a report: stored, or refused."""


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
        ClashError: another request with the same key is under way; or several buildings have the alias.
        RuleBrokenError: the key was used for another body; or the category, the building, the grid or a coordinate
            system is not known; or it has not happened yet.
    """
    outcomes = take_in([request], principal=principal, locate=locate, zone=zone, now=now, work=work, alarms=alarms)
    outcome = outcomes[0]
    if isinstance(outcome, ServiceError):
        raise outcome
    return outcome


def take_in(
    requests: Sequence[IncidentRequest],
    *,
    principal: Principal,
    locate: Locate,
    zone: ZoneInfo,
    now: datetime,
    work: UnitOfWork,
    alarms: AlarmShares = USUAL,
) -> list[Outcome]:
    """Store reports in one transaction, and return what became of each, in their order.

    One that is refused leaves the others be; what the database refuses is raised, and then none is stored.

    Args:
        requests: each with a key that no other of them has.
        principal: as ``report_incident``, and so are all others.
        locate: see there.
        zone: see there.
        now: see there.
        work: see there.
        alarms: see there.
    """
    outcomes: dict[str, Outcome] = {}
    found: list[_Found] = []
    with work:
        fresh = _replay(requests, outcomes, principal, work)
        categories = work.rules.known_categories({request.report.category for request in fresh})
        for request in fresh:
            try:
                report = _convert_points(request)
                _refuse_impossible(report, now, categories)
                found.append(_Found(request, *find_whereabouts(report, work)))
            except ServiceError as error:
                outcomes[request.key] = error
    if found:
        # The lookup may need the database itself: asked for between the two transactions, no request holds one
        # connection while it waits for another.
        places = {one.request.key: _locate(one, locate) for one in found}
        with work:
            rules = _Rulebooks(zone, alarms, work)
            _store(found, places, outcomes, principal=principal, rules=rules, now=now, work=work)
            work.commit()
    return [outcomes[request.key] for request in requests]


@dataclass(frozen=True, slots=True)
class _Found:
    """A report that can be, and how it says where it was."""

    request: IncidentRequest
    report: Report
    located: Located


def _store(
    found: Sequence[_Found],
    places: Mapping[str, Place],
    outcomes: dict[str, Outcome],
    *,
    principal: Principal,
    rules: _Rulebooks,
    now: datetime,
    work: UnitOfWork,
) -> None:
    taken = work.idempotency_keys.try_lock(principal.name, [one.request.key for one in found])
    for one in found:
        if one.request.key not in taken:
            outcomes[one.request.key] = ClashError(
                "a request with this Idempotency-Key is under way; ask again in a moment",
                code="idempotency-in-flight",
                members={"retry": True},
            )
    new = {
        one.key
        for one in _replay([one.request for one in found if one.request.key in taken], outcomes, principal, work)
    }
    accepted: dict[str, AcceptedKey] = {}
    events: list[NewEvent] = []
    for one in found:
        key, report = one.request.key, one.report
        if key not in new:
            continue
        incident = open_incident(
            id=uuid7(),
            report=report,
            spot=one.located,
            place=settle_owner(places[key], report, one.located, work),
            rulebook=rules[report.category],
            duplicates=_duplicates(report, one.located.event_point, principal, work),
            reported_at=now,
            reported_by=principal.name,
        )
        # At once, and not all at the end: the next of them may be a duplicate of it.
        work.incidents.add([incident], [])
        events.append(first_event(incident))
        accepted[key] = AcceptedKey(one.request.body_hash, incident.id)
    work.incidents.add([], events)
    work.idempotency_keys.add(principal.name, accepted)
    records = work.incidents.get_many([one.incident_id for one in accepted.values()], principal)
    for key, one_accepted in accepted.items():
        outcomes[key] = Receipt(records[one_accepted.incident_id], replayed=False)


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


def _replay(
    requests: Sequence[IncidentRequest], outcomes: dict[str, Outcome], principal: Principal, work: UnitOfWork
) -> list[IncidentRequest]:
    """Note the answers to earlier tries with the same keys; return the requests whose keys are new."""
    accepted = work.idempotency_keys.find(principal.name, [request.key for request in requests])
    if not accepted:
        return list(requests)
    records = work.incidents.get_many([one.incident_id for one in accepted.values()], principal)
    for request in requests:
        earlier = accepted.get(request.key)
        if earlier is None:
            continue
        if earlier.request_hash != request.body_hash:
            outcomes[request.key] = RuleBrokenError(
                "this Idempotency-Key was used for another body; take a new key for a new report",
                code="idempotency-key-reused",
            )
        else:
            outcomes[request.key] = Receipt(records[earlier.incident_id], replayed=True)
    return [request for request in requests if request.key not in accepted]


class _Rulebooks(dict[str, Rulebook]):
    """The rules that may matter to a category, read once."""

    def __init__(self, zone: ZoneInfo, alarms: AlarmShares, work: UnitOfWork) -> None:
        self._calendar = WorkCalendar(zone, work.rules.calendar())
        self._alarms = alarms
        self._work = work

    def __missing__(self, category: str) -> Rulebook:
        rules = self._work.rules
        self[category] = Rulebook(rules.dispatch(category), rules.deadlines(category), self._calendar, self._alarms)
        return self[category]


def _locate(found: _Found, locate: Locate) -> Place:
    located, report = found.located, found.report
    if isinstance(located, Pick):
        return located.place
    assert isinstance(located, Spot)  # noqa: S101 - the other of the two
    # How well the phone knew its place is nothing to a building that is named.
    if report.accuracy_m is None or located.located_by == "building":
        return locate(located.lon, located.lat, report.occurred_at)
    return locate(located.lon, located.lat, report.occurred_at, report.accuracy_m)


def _duplicates(report: Report, point: Point | None, principal: Principal, work: UnitOfWork) -> Sequence[Duplicate]:
    if point is None:
        return ()
    return work.incidents.find_duplicates(point, report.category, report.occurred_at, principal)


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


def _refuse_impossible(report: Report, now: datetime, categories: Collection[str]) -> None:
    if report.occurred_at.year < EARLIEST_YEAR:
        raise _at_fault("/occurred_at", f"must not lie before {EARLIEST_YEAR}", "invalid-input")
    if report.occurred_at > now + CLOCK_SKEW:
        raise _at_fault("/occurred_at", "lies in the future", "invalid-input")
    if report.category not in categories:
        raise _at_fault("/category", f"category {report.category} is not known", "unknown-category")


def _at_fault(pointer: str, detail: str, code: str) -> RuleBrokenError:
    return RuleBrokenError(f"{pointer}: {detail}", code=code, faults=[InputFault(pointer, detail)])
