"""Incidents of the past as rows of text: each row is read, or named with what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gis_service.domain.building_code import building_code_to_look_up
from gis_service.errors import InputFault
from grid_boundaries.locate.coordinates import CoordinateError, UnknownCrsError, quantise_one, to_wgs84

COLUMNS = {
    "external_id": ("编号", "案件编号", "事件编号"),
    "category": ("类别", "事件类别"),
    "severity": ("等级", "严重程度"),
    "channel": ("来源", "渠道"),
    "description": ("描述", "事件描述"),
    "lon": ("经度",),
    "lat": ("纬度",),
    "crs": ("坐标系",),
    "building_code": ("楼栋编码",),
    "locus": ("部位",),
    "accuracy_m": ("定位精度",),
    "occurred_at": ("发生时间",),
    "final_state": ("状态",),
    "handled_at": ("处置时间", "办结时间"),
}
"""The columns of a record, and by what other names they are known."""

NEEDED = ("external_id", "category", "channel", "description", "lon", "lat", "occurred_at")

_Text = Annotated[str, Field(min_length=1, max_length=200, pattern="^[^\x00]*$")]


@dataclass(frozen=True, slots=True)
class PastIncidentRow:
    """A row that could be read; degrees in EPSG:4326, on the lattice."""

    category: str
    severity: str
    channel: str
    description: str
    lon: float
    lat: float
    building_code: str | None
    locus: str | None
    accuracy_m: float | None
    external_id: str | None
    occurred_at: datetime
    final_state: str
    handled_at: datetime | None


class _Row(BaseModel):
    """A row as a file holds it: all text, an empty cell says nothing, what is not known is passed over."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    external_id: _Text
    category: _Text
    severity: Literal["general", "larger", "major"] = "general"
    channel: Literal["patrol", "resident", "device", "hotline", "department"]
    description: Annotated[str, Field(min_length=1, max_length=4000, pattern="^[^\x00]*$")]
    lon: Annotated[float, Field(allow_inf_nan=False)]
    lat: Annotated[float, Field(allow_inf_nan=False)]
    crs: _Text = "EPSG:4326"
    building_code: _Text | None = None
    locus: _Text | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] | None = None
    occurred_at: datetime
    final_state: _Text = "archived"
    handled_at: datetime | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_empty_cells(cls, row: object) -> object:
        if not isinstance(row, Mapping):
            return row
        return {name: cell for name, cell in row.items() if isinstance(cell, str) and cell.strip()}


def read_past_incident(row: Mapping[str, Any], number: int, zone: ZoneInfo) -> PastIncidentRow | list[InputFault]:
    """Return a row of a record, or all that is wrong with it.

    Args:
        row: cells by the names of ``COLUMNS``.
        number: of the line in its file, for the faults.
        zone: of instants without an offset.
    """
    try:
        read = _Row.model_validate(row)
    except ValidationError as error:
        return [InputFault(f"/{number}/{one['loc'][0] if one['loc'] else ''}", one["msg"]) for one in error.errors()]
    try:
        lons, lats = to_wgs84(np.array([read.lon]), np.array([read.lat]), read.crs)
        lon, lat = quantise_one(float(lons[0]), float(lats[0]))
    except UnknownCrsError as error:
        return [InputFault(f"/{number}/crs", str(error))]
    except CoordinateError as error:
        return [InputFault(f"/{number}/{error.axis}", error.reason)]
    return PastIncidentRow(
        category=read.category,
        severity=read.severity,
        channel=read.channel,
        description=read.description,
        lon=lon,
        lat=lat,
        building_code=None if read.building_code is None else building_code_to_look_up(read.building_code),
        locus=read.locus,
        accuracy_m=read.accuracy_m,
        external_id=read.external_id,
        occurred_at=_with_offset(read.occurred_at, zone),
        final_state=read.final_state,
        handled_at=None if read.handled_at is None else _with_offset(read.handled_at, zone),
    )


def _with_offset(at: datetime, zone: ZoneInfo) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
