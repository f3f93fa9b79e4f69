"""Take in a report: store it once, and answer whose it is, who must act, by when, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from uuid_utils.compat import uuid7

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.alarms import USUAL, AlarmShares
from gis_service.domain.coordinates import OUT_OF_RANGE
from gis_service.domain.dispatch import with_ancestors
from gis_service.domain.incident import (
    DeclaredPoint,
    Duplicate,
    Incident,
    IncidentRecord,
    NewEvent,
    Point,
    Report,
    Sighting,
)
from gis_service.domain.intake import Rulebook, open_incident, record_of
from gis_service.domain.intake_basis import AcceptedKey, IntakeBasis
from gis_service.domain.place import Locate, Place
from gis_service.domain.spot import Located, Pick, Spot, find_spot
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
    readable, refused = _read(requests, now)
    # What a building or a picked grid is, and whose ground a point is, is asked before: the lookup may need the
    # database itself, and no request holds one connection while it waits for another.
    found = _find(readable, refused, principal, work)
    places = {key: _locate(one, locate) for key, one in found.items()}
    with work:
        outcomes = _store(requests, found, places, refused, _Desk(principal, zone, alarms, now), work)
        work.commit()
    return [outcomes[request.key] for request in requests]


@dataclass(frozen=True, slots=True)
class _Found:
    """A report that can be, and how it says where it was."""

    body_hash: bytes
    report: Report
    located: Located


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who reports, and by what clock."""

    principal: Principal
    zone: ZoneInfo
    alarms: AlarmShares
    now: datetime


def _read(
    requests: Sequence[IncidentRequest], now: datetime
) -> tuple[list[tuple[IncidentRequest, Report]], dict[str, Outcome]]:
    """Return the reports that can be, with their points, and by key the refusals of the others."""
    readable: list[tuple[IncidentRequest, Report]] = []
    refused: dict[str, Outcome] = {}
    for request in requests:
        try:
            report = _convert_points(request)
            _refuse_impossible(report, now)
            readable.append((request, report))
        except ServiceError as error:
            refused[request.key] = error
    return readable, refused


def _find(
    readable: Sequence[tuple[IncidentRequest, Report]],
    refused: dict[str, Outcome],
    principal: Principal,
    work: UnitOfWork,
) -> dict[str, _Found]:
    """Return by key how reports say where they were; the database is asked only about buildings and grids."""
    found: dict[str, _Found] = {}
    asking: list[tuple[IncidentRequest, Report]] = []
    for request, report in readable:
        if report.building_code is None and report.picked_grid is None:
            found[request.key] = _Found(request.body_hash, report, find_spot(report, None))
        else:
            asking.append((request, report))
    if not asking:
        return found
    with work:
        keys, categories = _keys(request for request, _ in asking), {report.category for _, report in asking}
        basis = work.intake.basis(principal, keys, categories)
        for request, report in asking:
            if request.key in basis.accepted:
                continue
            try:
                _refuse_unknown(report, basis.categories)
                found[request.key] = _Found(request.body_hash, *find_whereabouts(report, work))
            except ServiceError as error:
                refused[request.key] = error
    return found


def _store(
    requests: Sequence[IncidentRequest],
    found: Mapping[str, _Found],
    places: Mapping[str, Place],
    refused: Mapping[str, Outcome],
    desk: _Desk,
    work: UnitOfWork,
) -> dict[str, Outcome]:
    principal = desk.principal
    ids = {request.key: uuid7() for request in requests if request.key in found}
    sightings = _sightings(ids, found)
    categories = {one.report.category for one in found.values()}
    entry = work.intake.enter(principal, _keys(requests), categories, found, sightings)
    basis = entry.basis
    outcomes = _replay(requests, basis.accepted, principal, work)
    new: dict[str, UUID] = {}
    for request in requests:
        if request.key in outcomes:
            continue
        if request.key in refused:
            outcomes[request.key] = refused[request.key]
        elif request.key not in entry.taken:
            outcomes[request.key] = ClashError(
                "a request with this Idempotency-Key is under way; ask again in a moment",
                code="idempotency-in-flight",
                members={"retry": True},
            )
        else:
            try:
                _refuse_unknown(found[request.key].report, basis.categories)
                new[request.key] = ids[request.key]
            except ServiceError as error:
                outcomes[request.key] = error
    duplicates = entry.duplicates
    if len(new) < len(ids):  # some are not stored, and are no duplicates of the others
        duplicates = work.duplicates.find(_sightings(new, found), principal)
    outcomes.update(_open(new, found, places, basis, duplicates, desk, work))
    return outcomes


def _open(
    ids: Mapping[str, UUID],
    found: Mapping[str, _Found],
    places: Mapping[str, Place],
    basis: IntakeBasis,
    duplicates: Mapping[UUID, Sequence[Duplicate]],
    desk: _Desk,
    work: UnitOfWork,
) -> dict[str, Outcome]:
    """Store the incidents that new requests open, under ids given by key, and return the receipts by key."""
    if not ids:
        return {}
    rulebooks = _Rulebooks(basis, WorkCalendar(desk.zone, basis.calendar), desk.alarms)
    settled: dict[str, Place] = {}
    incidents: dict[str, Incident] = {}
    for key, incident_id in ids.items():
        one = found[key]
        settled[key] = settle_owner(places[key], one.report, one.located, work)
        incidents[key] = open_incident(
            id=incident_id,
            report=one.report,
            spot=one.located,
            place=settled[key],
            rulebook=rulebooks[one.report.category],
            duplicates=duplicates.get(incident_id, ()),
            reported_at=desk.now,
            reported_by=desk.principal.name,
        )
    accepted = {key: AcceptedKey(found[key].body_hash, incident_id) for key, incident_id in ids.items()}
    opened = list(incidents.values())
    feature_ids = work.incidents.add(opened, [first_event(one) for one in opened], accepted)
    outcomes: dict[str, Outcome] = {}
    for key, incident in incidents.items():
        name = basis.department_names.get(incident.department or "")
        in_charge = _is_in_charge(incident, desk.principal, basis)
        record = record_of(incident, feature_ids[incident.id], settled[key], name, in_charge=in_charge)
        outcomes[key] = Receipt(record, replayed=False)
    return outcomes


def _sightings(ids: Mapping[str, UUID], found: Mapping[str, _Found]) -> list[Sighting]:
    sightings = []
    for key, incident_id in ids.items():
        report, point = found[key].report, found[key].located.event_point
        if point is not None:
            sightings.append(Sighting(incident_id, point, report.category, report.occurred_at, report.accuracy_m))
    return sightings


def _is_in_charge(incident: Incident, principal: Principal, basis: IntakeBasis) -> bool:
    """Say whether an incident is the caller's to work on, as ``IncidentRepository`` says it of stored ones."""
    if principal.scope is None or principal.scope in incident.chain:
        return True
    return incident.owner is None and principal.places_incidents and basis.is_root


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
    requests: Sequence[IncidentRequest], accepted: Mapping[str, AcceptedKey], principal: Principal, work: UnitOfWork
) -> dict[str, Outcome]:
    """Return the answers to requests whose keys were accepted earlier, by key."""
    if not accepted:
        return {}
    outcomes: dict[str, Outcome] = {}
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
    return outcomes


class _Rulebooks(dict[str, Rulebook]):
    """The rules that may matter to a category, gathered once."""

    def __init__(self, basis: IntakeBasis, calendar: WorkCalendar, alarms: AlarmShares) -> None:
        self._basis, self._calendar, self._alarms = basis, calendar, alarms

    def __missing__(self, category: str) -> Rulebook:
        above = set(with_ancestors(category))
        dispatch = [rule for rule in self._basis.dispatch if rule.category in above]
        deadlines = [rule for rule in self._basis.deadlines if rule.category is None or rule.category in above]
        self[category] = Rulebook(dispatch, deadlines, self._calendar, self._alarms)
        return self[category]


def _keys(requests: Iterable[IncidentRequest]) -> list[str]:
    return [request.key for request in requests]


def _locate(found: _Found, locate: Locate) -> Place:
    located, report = found.located, found.report
    if isinstance(located, Pick):
        return located.place
    assert isinstance(located, Spot)  # noqa: S101 - the other of the two
    # How well the phone knew its place is nothing to a building that is named.
    if report.accuracy_m is None or located.located_by == "building":
        return locate(located.lon, located.lat, report.occurred_at)
    return locate(located.lon, located.lat, report.occurred_at, report.accuracy_m)


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
        if declared.crs == "EPSG:4326":
            return Point(*quantise_one(declared.lon, declared.lat))
        lons, lats = to_wgs84(np.array([declared.lon]), np.array([declared.lat]), declared.crs)
        return Point(*quantise_one(float(lons[0]), float(lats[0])))
    except UnknownCrsError as error:
        raise _at_fault(f"{pointer}/crs", str(error), "unknown-crs") from error
    except CoordinateError as error:
        raise _at_fault(f"{pointer}/{error.axis}", error.reason, OUT_OF_RANGE) from error


def _refuse_impossible(report: Report, now: datetime) -> None:
    if report.occurred_at.year < EARLIEST_YEAR:
        raise _at_fault("/occurred_at", f"must not lie before {EARLIEST_YEAR}", "invalid-input")
    if report.occurred_at > now + CLOCK_SKEW:
        raise _at_fault("/occurred_at", "lies in the future", "invalid-input")


def _refuse_unknown(report: Report, categories: Collection[str]) -> None:
    if report.category not in categories:
        raise _at_fault("/category", f"category {report.category} is not known", "unknown-category")


def _at_fault(pointer: str, detail: str, code: str) -> RuleBrokenError:
    return RuleBrokenError(f"{pointer}: {detail}", code=code, faults=[InputFault(pointer, detail)])
