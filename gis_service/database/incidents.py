"""Incidents and the events of which they are the fold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from gis_service.database.prepared import execute_told
from gis_service.database.tables import SRID, department, grid, incident, incident_event
from gis_service.domain.access import Principal
from gis_service.domain.clocks import Clocks
from gis_service.domain.incident import (
    STATES_WITHOUT_CLOCK,
    Incident,
    IncidentEvent,
    IncidentFilter,
    IncidentRecord,
    NewEvent,
    Point,
)
from gis_service.domain.intake_basis import AcceptedKey
from gis_service.domain.place import ChainLink

_ADD = text(files("gis_service.database").joinpath("sql", "add_incidents.sql").read_text("utf-8"))

_WITHOUT_SCOPE = Principal("clock", "admin")

_LINK = func.unnest(incident.c.chain).table_valued("code", with_ordinality="position").render_derived(name="link")

# The names are those of the incident's own edition; one index lookup for each link.
_CHAIN = (
    select(
        func.jsonb_agg(
            aggregate_order_by(func.jsonb_build_array(grid.c.code, grid.c.name, grid.c.level), _LINK.c.position)
        )
    )
    .select_from(_LINK.join(grid, and_(grid.c.code == _LINK.c.code, grid.c.editions.op("@>")(incident.c.edition))))
    .correlate(incident)
    .scalar_subquery()
)

_PLAIN = (
    "id", "feature_id", "version", "state", "category", "severity", "channel", "description", "locus", "external_id",
    "accuracy_m", "building_code", "unit", "occurred_at", "reported_at", "owner", "edition", "located_by",
    "tied_with", "department", "assisting", "response_class", "due_at", "explain",
    "picked_grid", "reporter", "probability", "handler", "declined", "merged_into", "satisfaction", "accept_due_at",
    "accepted_at", "handled_at", "paused_at", "asked_until", "alarm_at", "alarm_step",
)  # fmt: skip

_RECORD = (
    *(incident.c[name] for name in _PLAIN),
    func.ST_X(incident.c.point).label("lon"),
    func.ST_Y(incident.c.point).label("lat"),
    department.c.name.label("department_name"),
    department.c.name_en.label("department_name_en"),
    _CHAIN.label("links"),
)


def _to_record(row: Row[Any]) -> IncidentRecord:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    lon, lat, links = values.pop("lon"), values.pop("lat"), values.pop("links")
    for name in ("tied_with", "assisting", "explain", "declined"):
        values[name] = tuple(values[name])
    return IncidentRecord(
        **values,
        point=None if lon is None else Point(lon, lat),
        chain=tuple(ChainLink(*link) for link in links or ()),
    )


def lies_under(code: str) -> ColumnElement[bool]:
    """Return the condition under which an incident's owner is a grid or lies below it."""
    # Written so that the GIN index on the chain serves it; `code = ANY(chain)` would not be.
    return incident.c.chain.op("@>", is_comparison=True)(cast([code], ARRAY(Text)))


def is_of_category(category: str) -> ColumnElement[bool]:
    """Return the condition under which an incident is of a category or one below it."""
    below = incident.c.category.startswith(category + ".", autoescape=True)
    return or_(incident.c.category == category, below)


def seen_by(principal: Principal) -> ColumnElement[bool]:
    """Return the condition under which a caller may see an incident.

    Their own ground, and what they reported themselves.  Incidents without an owner are for those who can find
    one: everyone without a scope, and admins and dispatchers whose scope is a root that is in force.
    """
    return or_(in_charge(principal), incident.c.reported_by == principal.name)


def in_charge(principal: Principal) -> ColumnElement[bool]:
    """Return the condition under which an incident is the caller's to work on: ``seen_by``, but for reports."""
    if principal.scope is None:
        return true()
    ways = [lies_under(principal.scope)]
    if principal.places_incidents:
        alive_root = and_(grid.c.code == principal.scope, grid.c.parent.is_(None), func.upper_inf(grid.c.editions))
        ways.append(and_(incident.c.owner.is_(None), exists().where(alive_root)))
    return or_(*ways)


def _row(one: Incident) -> dict[str, Any]:
    report, stood_at = one.report, one.report.reporter_point
    return {
        "id": one.id,
        "version": one.version,
        "state": one.state,
        "category": report.category,
        "severity": report.severity,
        "channel": report.channel,
        "description": report.description,
        "locus": report.locus,
        "external_id": report.external_id,
        "lon": None if one.event_point is None else one.event_point.lon,
        "lat": None if one.event_point is None else one.event_point.lat,
        "reporter_lon": None if stood_at is None else stood_at.lon,
        "reporter_lat": None if stood_at is None else stood_at.lat,
        "accuracy_m": report.accuracy_m,
        "building_code": one.building_code,
        "unit": report.unit,
        "occurred_at": report.occurred_at,
        "reported_at": one.reported_at,
        "reported_by": one.reported_by,
        "owner": one.owner,
        "chain": one.chain,
        "edition": one.edition,
        "located_by": one.located_by,
        "distance_m": one.distance_m,
        "tied_with": one.tied_with,
        "department": one.department,
        "assisting": one.assisting,
        "response_class": one.response_class,
        "due_at": one.due_at,
        "explain": one.explain,
        "picked_grid": report.picked_grid,
        "reporter": report.reporter,
        "probability": one.probability,
        "accept_due_at": one.accept_due_at,
        "accepted_at": one.accepted_at,
        "handled_at": one.handled_at,
        "alarm_at": one.alarm_at,
    }


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    # What is not told is NULL: half the members are, and to read each takes the database its time.
    told = [{name: value for name, value in row.items() if value is not None} for row in rows]
    return orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _event_row(event: NewEvent) -> dict[str, Any]:
    # Written out: dataclasses.asdict() copies every value deeply, which took half the time of an import.
    return {name: getattr(event, name) for name in NewEvent.__slots__}


class IncidentRepository:
    """Rows of ``incident`` and ``incident_event``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        incidents: Sequence[Incident],
        events: Sequence[NewEvent],
        accepted: Mapping[str, AcceptedKey] = MappingProxyType({}),
    ) -> dict[UUID, int]:
        """Store new incidents and what has happened to them, in the order given, in one statement.

        Args:
            incidents: all of one reporter where there are keys.
            events: of these incidents or of others.
            accepted: the keys of the requests that they are of.

        Returns:
            The number of each incident as a feature, by its id.
        """
        if not incidents:
            self.add_events(events)
            return {}
        keys = (
            {
                "principal": incidents[0].reported_by,
                "key": key,
                "request_hash": one.request_hash.hex(),
                "incident_id": one.incident_id,
            }
            for key, one in accepted.items()
        )
        values = {
            "incidents": _json(map(_row, incidents)),
            "events": _json(map(_event_row, events)),
            "keys": _json(keys),
        }
        return {row.id: row.feature_id for row in execute_told(self._session, "add_incidents", _ADD, values)}

    def get(self, incident_id: UUID, principal: Principal) -> IncidentRecord | None:
        """Return one incident; None when it is not there or not for this caller."""
        query = self._records(principal).where(incident.c.id == incident_id, seen_by(principal))
        row = self._session.execute(query).one_or_none()
        return None if row is None else _to_record(row)

    def known_numbers(self, external_ids: Collection[str], reported_by: str) -> set[str]:
        """Return those numbers of another system that incidents of one reporter have."""
        query = select(incident.c.external_id).where(
            incident.c.external_id.in_(external_ids), incident.c.reported_by == reported_by
        )
        return {str(number) for number in self._session.scalars(query)}

    def lock(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Let nobody else change some incidents while this transaction goes on; return the states of those there are.

        Always in the order of their ids: two callers that want the same ones wait for each other and never in a ring.
        What is read after this is as the others left it.
        """
        query = select(incident.c.id, incident.c.state).where(incident.c.id.in_(ids))
        rows = self._session.execute(query.order_by(incident.c.id).with_for_update())
        return {row.id: row.state for row in rows}

    def change(self, values: Mapping[str, Any], event: NewEvent) -> None:
        """Set columns of the incident that an event is of, count its version up, and record the event.

        The incident is to be locked before its values are decided upon.
        """
        changed = update(incident).where(incident.c.id == event.incident_id)
        self._session.execute(changed.values(**values, version=incident.c.version + 1))
        self._session.execute(insert(incident_event).values(_event_row(event)))

    def lock_ringing(self, now: datetime, most: int) -> list[IncidentRecord]:
        """Return incidents whose alarm is due, the longest due first, locked; what others lock is passed by."""
        query = (
            self._records(_WITHOUT_SCOPE).where(incident.c.alarm_at <= now).order_by(incident.c.alarm_at).limit(most)
        )
        return [
            _to_record(row) for row in self._session.execute(query.with_for_update(of=incident, skip_locked=True))
        ]

    def store_alarms(self, alarms: Mapping[UUID, Clocks]) -> None:
        """Store when incidents ring next; nothing that a caller sees of them changes, nor does their version."""
        if alarms:
            this = update(incident).where(incident.c.id == bindparam("incident_id"))
            rows = [
                {"incident_id": key, "alarm_at": clocks.alarm_at, "alarm_step": clocks.alarm_step}
                for key, clocks in alarms.items()
            ]
            self._session.connection().execute(this, rows)

    def add_events(self, events: Sequence[NewEvent]) -> None:
        """Store what has happened to incidents, in the order given."""
        if events:
            self._session.execute(insert(incident_event), [_event_row(event) for event in events])

    def get_many(self, incident_ids: Collection[UUID], principal: Principal) -> dict[UUID, IncidentRecord]:
        """Return those incidents that are there and for this caller, by id."""
        query = self._records(principal).where(incident.c.id.in_(incident_ids), seen_by(principal))
        return {row.id: _to_record(row) for row in self._session.execute(query)}

    def reporter_points(self, incident_ids: Collection[UUID]) -> dict[UUID, Point]:
        """Return where reporters stood, by incident; who may know that, the caller decides."""
        at = incident.c.reporter_point
        query = select(incident.c.id, func.ST_X(at).label("lon"), func.ST_Y(at).label("lat"))
        rows = self._session.execute(query.where(incident.c.id.in_(incident_ids), at.is_not(None)))
        return {row.id: Point(row.lon, row.lat) for row in rows}

    def count(self) -> int:
        """Return how many incidents are stored."""
        return self._session.execute(select(func.count()).select_from(incident)).scalar_one()

    def search(self, wanted: IncidentFilter, principal: Principal) -> list[IncidentRecord]:
        """Return up to ``wanted.limit`` incidents that the caller may see, the newest reported first."""
        query = self._records(principal).where(seen_by(principal), *_conditions(wanted))
        rows = self._session.execute(query.order_by(incident.c.id.desc()).limit(wanted.limit))
        return [_to_record(row) for row in rows]

    def events(self, incident_id: UUID) -> list[IncidentEvent]:
        """Return what happened to an incident, the oldest first."""
        query = select(incident_event).where(incident_event.c.incident_id == incident_id)
        rows = self._session.execute(query.order_by(incident_event.c.id))
        return [IncidentEvent(**row) for row in rows.mappings()]

    def _records(self, principal: Principal) -> Select[Any]:
        return select(*_RECORD, in_charge(principal).label("in_charge")).select_from(
            incident.outerjoin(department, incident.c.department == department.c.code)
        )


def _conditions(wanted: IncidentFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.states:
        conditions.append(incident.c.state.in_(wanted.states))
    if wanted.grid is not None:
        conditions.append(lies_under(wanted.grid))
    if wanted.category is not None:
        conditions.append(is_of_category(wanted.category))
    if wanted.external_id is not None:
        conditions.append(incident.c.external_id == wanted.external_id)
    if wanted.since is not None:
        conditions.append(incident.c.occurred_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(incident.c.occurred_at < wanted.until)
    if wanted.bbox is not None:
        conditions.append(func.ST_Intersects(incident.c.point, func.ST_MakeEnvelope(*wanted.bbox, SRID)))
    if wanted.overdue is not None:
        overdue = and_(
            incident.c.due_at.is_not(None),
            incident.c.due_at < func.now(),
            incident.c.paused_at.is_(None),
            incident.c.state.not_in(STATES_WITHOUT_CLOCK),
        )
        conditions.append(overdue if wanted.overdue else ~overdue)
    if wanted.after is not None:
        conditions.append(incident.c.id < wanted.after)
    return conditions
