"""An incident: what is reported, what the service makes of it, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from gis_service.domain.place import ChainLink

STATES = (
    "reported",
    "accepted",
    "dispatched",
    "handled",
    "verified",
    "archived",
    "evaluated",
    "returned",
    "merged",
    "cancelled",
    "unlocated",
)
SIX_STEPS = STATES[: STATES.index("evaluated") + 1]
"""The way of an incident that nobody sends back, in order."""

CLOSED_STATES = ("archived", "evaluated", "merged", "cancelled")
"""Nothing more will be done."""

STATES_WITHOUT_CLOCK = ("handled", "verified", *CLOSED_STATES)
"""The handling deadline has been met or missed; an incident in these is not overdue."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place in degrees, EPSG:4326."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class DeclaredPoint:
    """A place as a caller gives it: in the units and the axis order (east first) of the system it names."""

    lon: float
    lat: float
    crs: str = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports; points are already in EPSG:4326."""

    category: str
    severity: str
    channel: str
    description: str
    occurred_at: datetime
    point: Point | None = None
    reporter_point: Point | None = None
    building_code: str | None = None
    unit: str | None = None
    locus: str | None = None
    accuracy_m: float | None = None
    external_id: str | None = None
    picked_grid: str | None = None
    reporter: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What of a report tells whether another one is the same; ``id`` is that of the incident that it opens."""

    id: UUID
    point: Point
    category: str
    occurred_at: datetime
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An open incident that may be the same; ``score`` falls from 1 (all the same) to 0 (edge of search)."""

    id: UUID
    distance_m: float
    occurred_at: datetime
    category: str
    score: float

    def as_json(self) -> dict[str, Any]:
        """Return the entry as it is stored and answered."""
        return {
            "id": str(self.id),
            "distance_m": self.distance_m,
            "occurred_at": self.occurred_at.isoformat(),
            "category": self.category,
            "score": self.score,
        }


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it is first stored; ``chain`` holds codes, root first, and is empty without an owner."""

    id: UUID
    version: int
    state: str
    report: Report
    reported_at: datetime
    reported_by: str
    located_by: str
    event_point: Point | None
    building_code: str | None
    owner: str | None
    chain: tuple[str, ...]
    edition: int | None
    distance_m: float | None
    tied_with: tuple[str, ...]
    department: str | None
    assisting: tuple[str, ...]
    response_class: str | None
    due_at: datetime | None
    explain: tuple[Mapping[str, Any], ...]
    probability: float | None = None
    accept_due_at: datetime | None = None
    accepted_at: datetime | None = None
    handled_at: datetime | None = None
    alarm_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """An incident as it is read, with the names of its grids and of its department.

    ``in_charge`` tells whether it lies in the scope of who reads it: what they only reported, they see and no more.
    """

    id: UUID
    feature_id: int
    version: int
    state: str
    category: str
    severity: str
    channel: str
    description: str
    locus: str | None
    external_id: str | None
    point: Point | None
    accuracy_m: float | None
    building_code: str | None
    unit: str | None
    occurred_at: datetime
    reported_at: datetime
    owner: str | None
    chain: tuple[ChainLink, ...]
    edition: int | None
    located_by: str
    tied_with: tuple[str, ...]
    department: str | None
    department_name: str | None
    department_name_en: str | None
    assisting: tuple[str, ...]
    response_class: str | None
    due_at: datetime | None
    explain: tuple[Mapping[str, Any], ...]
    picked_grid: str | None
    reporter: str | None
    probability: float | None
    handler: str | None
    declined: tuple[str, ...]
    merged_into: UUID | None
    satisfaction: int | None
    accept_due_at: datetime | None
    accepted_at: datetime | None
    handled_at: datetime | None
    paused_at: datetime | None
    asked_until: datetime | None
    alarm_at: datetime | None
    alarm_step: int
    in_charge: bool

    @property
    def first_receiver(self) -> Mapping[str, str] | None:
        """Return who keeps it until it is handed over; who declines or is named later does not change that."""
        return next((entry["first_receiver"] for entry in reversed(self.explain) if "first_receiver" in entry), None)

    def fact(self, step: str, name: str) -> Any:  # noqa: ANN401 - facts are JSON of any form
        """Return one fact of the last entry of a step of the explanation, which is the one that holds; or None."""
        return next((entry.get(name) for entry in reversed(self.explain) if entry["step"] == step), None)


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One thing that happened to an incident; ``id`` rises in the order of the record.

    ``position`` is its place in the feed; None until a reader of the feed has seen it committed.
    """

    id: int
    incident_id: UUID
    at: datetime
    kind: str
    actor: str
    from_state: str | None
    to_state: str
    from_grid: str | None
    to_grid: str | None
    reason: str
    facts: Mapping[str, Any]
    position: int | None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that has happened to an incident and is to be recorded; ``kind`` is a verb that is past."""

    incident_id: UUID
    at: datetime
    kind: str
    actor: str
    from_state: str | None
    to_state: str
    from_grid: str | None = None
    to_grid: str | None = None
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents are asked for; None asks for all.  ``after`` is the last id of the page before."""

    states: tuple[str, ...] = ()
    grid: str | None = None
    category: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    bbox: tuple[float, float, float, float] | None = None
    overdue: bool | None = None
    external_id: str | None = None
    after: UUID | None = None
    limit: int = 100
