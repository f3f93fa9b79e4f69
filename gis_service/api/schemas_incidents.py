"""Incidents as JSON: the report that comes in, the incident that goes out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gis_service.api.instants import Instant
from gis_service.domain.access import Principal
from gis_service.domain.data_class import visible
from gis_service.domain.incident import DeclaredPoint, IncidentEvent, IncidentRecord, Report
from gis_service.domain.incident_moves import moves_open_to
from gis_service.domain.move_request import move_json
from gis_service.domain.place import ChainLink
from gis_service.use_cases.report_incident import IncidentRequest

Severity = Literal["general", "larger", "major"]
Channel = Literal["patrol", "resident", "device", "hotline", "department"]


def storable(text: str) -> str:
    """Return a text that the database can hold."""
    if "\x00" in text:
        msg = "must not hold the character U+0000"
        raise ValueError(msg)
    return text


def with_words(text: str) -> str:
    """Return a text that says something."""
    if not text.strip():
        msg = "must not be blank"
        raise ValueError(msg)
    return text


Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class ReportedPoint(BaseModel):
    """A point in a coordinate system that it names: EPSG:4326, EPSG:4490, EPSG:4513 to 4554, gcj02 or bd09."""

    model_config = ConfigDict(extra="forbid")

    lon: Number = Field(description="degrees, or metres east")
    lat: Number = Field(description="degrees, or metres north")
    crs: Text = "EPSG:4326"

    def declared(self) -> DeclaredPoint:
        """Return it for the use case, not yet converted."""
        return DeclaredPoint(self.lon, self.lat, self.crs)


class IncidentIn(BaseModel):
    """A report.  At least one of building_code, point, grid and reporter_point says where it is, in this order."""

    model_config = ConfigDict(extra="forbid")

    category: Text = Field(examples=["hazard"])
    severity: Severity = "general"
    channel: Channel
    description: Annotated[
        str, Field(min_length=1, max_length=4000), AfterValidator(storable), AfterValidator(with_words)
    ]
    point: ReportedPoint | None = Field(default=None, description="where it happened")
    building_code: Text | None = Field(default=None, description="or an alias, or with a hyphen and a door")
    unit: Text | None = Field(default=None, description="flat or shop")
    grid: Annotated[str, Field(pattern="^[0-9A-Za-z]{1,32}$")] | None = Field(
        default=None, description="picked by hand on a map, where there is no point"
    )
    locus: Text | None = Field(default=None, description="floor, roof or facade, in words")
    accuracy_m: Annotated[Number, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="radius that holds the true position in 95 of 100 cases"
    )
    occurred_at: Instant | None = Field(default=None, description="when it happened; now when left out")
    external_id: Text | None = Field(default=None, description="its number in the system that it comes from")
    reporter_point: ReportedPoint | None = Field(default=None, description="where the reporter stood")
    reporter: Text | None = Field(default=None, description="on whose behalf it is typed in; not shown to everyone")

    @model_validator(mode="after")
    def _has_a_place(self) -> IncidentIn:
        if all(one is None for one in (self.building_code, self.point, self.grid, self.reporter_point)):
            msg = "say where: one of building_code, point, grid and reporter_point is needed"
            raise ValueError(msg)
        return self

    def to_request(self, key: str, now: datetime) -> IncidentRequest:
        """Return the report for the use case.

        Its hash is that of what the parsed body says: neither spelling matters, nor members that are added later.
        """
        said = self.model_dump(mode="json", exclude_defaults=True, exclude={"idempotency_key"})
        canonical = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
        report = Report(
            category=self.category,
            severity=self.severity,
            channel=self.channel,
            description=self.description,
            occurred_at=self.occurred_at or now,
            building_code=None if self.building_code is None else self.building_code.strip(),
            unit=self.unit,
            locus=self.locus,
            accuracy_m=self.accuracy_m,
            external_id=self.external_id,
            picked_grid=self.grid,
            reporter=self.reporter,
        )
        return IncidentRequest(
            report=report,
            key=key,
            body_hash=hashlib.sha256(canonical).digest(),
            point=None if self.point is None else self.point.declared(),
            reporter_point=None if self.reporter_point is None else self.reporter_point.declared(),
        )


class IncidentLine(IncidentIn):
    """A report as a line of a batch: with its own key."""

    idempotency_key: Annotated[str, Field(pattern="^[!-~]{1,255}$")] = Field(
        description="new for each report, the same for each retry of it"
    )


def incident_json(record: IncidentRecord, principal: Principal) -> dict[str, Any]:
    """Return an incident as it is answered: the same for the first answer, a replay and a reading.

    ``allowed`` are the moves open to this caller.  On whose behalf it was reported is told to who may see data of the
    class core, of their own ground.
    """
    told = {
        "id": str(record.id),
        "version": record.version,
        "state": record.state,
        "category": record.category,
        "severity": record.severity,
        "channel": record.channel,
        "description": record.description,
        "point": None if record.point is None else {"lon": record.point.lon, "lat": record.point.lat},
        "accuracy_m": record.accuracy_m,
        "building_code": record.building_code,
        "unit": record.unit,
        "locus": record.locus,
        "external_id": record.external_id,
        "occurred_at": record.occurred_at,
        "reported_at": record.reported_at,
        "edition": record.edition,
        "owner": _link(record.chain[-1]) if record.chain else None,
        "chain": [_link(link) for link in record.chain],
        "located_by": record.located_by,
        "tied_with": record.tied_with,
        "nearest": record.fact("owner", "nearest"),
        "department": record.department,
        "department_name": record.department_name,
        "department_name_en": record.department_name_en,
        "assisting": record.assisting,
        "first_receiver": record.first_receiver,
        "response_class": record.response_class,
        "due_at": record.due_at,
        "explain": record.explain,
        "possible_duplicates": record.fact("duplicates", "duplicates") or [],
        "picked_grid": record.picked_grid,
        "probability": record.probability,
        "handler": record.handler or record.owner,
        "declined": record.declined,
        "merged_into": None if record.merged_into is None else str(record.merged_into),
        "satisfaction": record.satisfaction,
        "accept_due_at": record.accept_due_at,
        "accepted_at": record.accepted_at,
        "handled_at": record.handled_at,
        "paused_at": record.paused_at,
        "asked_until": record.asked_until,
        "allowed": [move_json(move) for move in moves_open_to(record, principal)],
    }
    if visible(principal, "incident.reporter", in_scope=record.in_charge):
        told["reporter"] = record.reporter
    return told


def incidents_json(
    records: Sequence[IncidentRecord], principal: Principal, owners_now: Sequence[ChainLink | None]
) -> list[dict[str, Any]]:
    """Return incidents as they are answered, each with whose it would be now."""
    return [
        {**incident_json(record, principal), "owner_now": None if owner is None else _link(owner)}
        for record, owner in zip(records, owners_now, strict=True)
    ]


def events_json(events: Iterable[IncidentEvent]) -> dict[str, Any]:
    """Return what happened to an incident."""
    return {
        "events": [
            {
                "id": event.id,
                "incident_id": str(event.incident_id),
                "at": event.at,
                "kind": event.kind,
                "actor": event.actor,
                "from_state": event.from_state,
                "to_state": event.to_state,
                "from_grid": event.from_grid,
                "to_grid": event.to_grid,
                "reason": event.reason,
                "facts": event.facts,
            }
            for event in events
        ],
        "next": None,
    }


def _link(link: ChainLink) -> dict[str, str]:
    return {"code": link.code, "name": link.name, "level": link.level}
