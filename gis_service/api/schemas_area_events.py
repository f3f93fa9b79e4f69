"""Warnings for a piece of ground as JSON, and what lies in it as JSON and as a sheet to be copied."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from shapely.geometry import mapping

from gis_service.api.instants import Instant
from gis_service.api.locate_area import answer_json
from gis_service.api.schemas_devices import device_json
from gis_service.api.schemas_incidents import Severity, Text, storable, with_words
from gis_service.api.schemas_resources import Shelf, resource_json
from gis_service.domain.area_event import Affected, AreaBuilding, AreaEvent
from gis_service.domain.coordinates import DEFAULT_CRS

Note = Annotated[str, Field(max_length=4000), AfterValidator(storable)]


class AreaEventIn(BaseModel):
    """A warning: what of, how grave, where, from when, and until when if that is known."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[Text, AfterValidator(with_words)] = Field(examples=["暴雨橙色预警"])
    kind: Annotated[str, Field(pattern="^[a-z][a-z_]{0,31}$")] = Field(examples=["rainstorm"])
    severity: Severity
    area: dict[str, Any] = Field(description="GeoJSON: a Polygon, a MultiPolygon, or a Feature of one")
    crs: Text = Field(default=DEFAULT_CRS, description="the system of the coordinates of area")
    since: Instant | None = Field(default=None, description="now when left out")
    until: Instant | None = Field(default=None, description="the first instant after it; unknown when left out")
    note: Note = ""


class EndingIn(BaseModel):
    """Why a warning is over."""

    model_config = ConfigDict(extra="forbid")

    note: Note = ""


def event_json(event: AreaEvent, now: datetime) -> dict[str, Any]:
    """Return a warning without what lies in it."""
    warned = event.warned
    return {
        "id": str(event.id),
        "title": warned.title,
        "kind": warned.kind,
        "severity": warned.severity,
        "note": warned.note,
        "area": mapping(warned.area),
        "since": warned.since,
        "until": warned.until,
        "active": event.is_active(now),
        "raised_at": event.raised_at,
        "raised_by": event.raised_by,
        "ended_at": event.ended_at,
        "ended_by": event.ended_by,
        "end_note": event.end_note,
    }


def affected_json(affected: Affected, shelf: Shelf) -> dict[str, Any]:
    """Return what lies in an area: the members of ``POST /v1/locate/area``, and lists of what stands there."""
    return {
        **answer_json(affected.answer),
        "building_list": [_building_json(one) for one in affected.buildings],
        "devices": [device_json(one, affected.device_owners.get(one.device.code)) for one in affected.devices],
        "resources": [
            resource_json(one, affected.resource_owners.get(one.code), shelf) for one in affected.resources
        ],
        "truncated": {
            name: name in affected.truncated
            for name in ("grids", "above", "staff", "buildings", "devices", "resources")
        },
    }


def _building_json(one: AreaBuilding) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "address": one.address,
        "households": one.households,
        "grid": one.owner,
        "point": {"lon": one.lon, "lat": one.lat},
    }


COLUMNS = (
    "list", "code", "name", "kind", "grid", "share", "households", "address", "quantity", "unit", "expires_on",
    "expiry", "last_seen_at", "silent", "phone", "lon", "lat",
)  # fmt: skip


def affected_csv(affected: Affected, shelf: Shelf) -> bytes:
    """Return what lies in an area as one sheet: what is in which list, says its first column.

    UTF-8 with a byte order mark, so that a spreadsheet knows it; no cell is a formula.

    Source:
        RFC 4180: commas, quotes where they are needed, lines that end in CRLF.
    """
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    told = affected_json(affected, shelf)
    for name, rows in _lists(told).items():
        for row in rows:
            flat = {**row, **(row.get("point") or {}), "list": name}
            writer.writerow({column: _cell(flat.get(column)) for column in COLUMNS})
    return codecs.BOM_UTF8 + sheet.getvalue().encode()


def _lists(told: dict[str, Any]) -> dict[str, Sequence[dict[str, Any]]]:
    def of_grids(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        return ({**row, "kind": row["level"], "grid": row["parent"]} for row in rows)

    return {
        "above": [*of_grids(told["above"])],
        "grid": [*of_grids(told["grids"])],
        "staff": [{**row, "kind": row["role"]} for row in told["staff"] or ()],
        "building": told["building_list"],
        "device": told["devices"],
        "resource": told["resources"],
    }


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
