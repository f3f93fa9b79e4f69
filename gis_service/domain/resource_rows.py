"""Stocks and places that help as rows of a file or a list: each is read, or told what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from gis_service.domain.access import IMPORTANT
from gis_service.domain.coordinates import DEFAULT_CRS
from gis_service.domain.resource import Resource, ResourceKind
from gis_service.errors import InputFault
from grid_boundaries.locate.coordinates import CoordinateError, UnknownCrsError, quantise_one, to_wgs84

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("编码", "物资编码", "编号"),
    "name": ("名称", "物资名称", "存放点"),
    "kind": ("种类", "类别", "物资种类"),
    "quantity": ("数量", "库存"),
    "unit": ("单位", "计量单位"),
    "expires_on": ("有效期至", "失效日期", "保质期至"),
    "lon": ("经度",),
    "lat": ("纬度",),
    "crs": ("坐标系",),
    "data_class": ("数据分级", "数据级别"),
}
"""The columns of a row, and by what other names they are known."""

_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d\d)(\d\d))", re.ASCII)
_NO_NUL = "^[^\x00]*$"


def _read_day(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date) or cell is None:
        return cell
    found = _DAY.fullmatch(cell) if isinstance(cell, str) else None
    if found is None:
        msg = "must be a day like 2026-07-01"
        raise ValueError(msg)
    year, *parts = (int(part) for part in found.groups() if part is not None)
    return date(year, *parts)


def _read_number(cell: object) -> object:
    if isinstance(cell, bool):
        msg = "must be a number"
        raise ValueError(msg)  # noqa: TRY004 - pydantic wants a ValueError
    return cell


_Number = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_read_number)]


class _Row(BaseModel):
    """An empty cell says nothing; what is not known is passed over."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, coerce_numbers_to_str=True)

    code: Annotated[str, Field(pattern="^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=_NO_NUL)]
    kind: Annotated[str, Field(min_length=1, max_length=100, pattern=_NO_NUL)]
    quantity: Annotated[_Number, Field(ge=0)]
    unit: Annotated[str, Field(min_length=1, max_length=32, pattern=_NO_NUL)]
    expires_on: Annotated[date | None, BeforeValidator(_read_day)] = None
    lon: _Number
    lat: _Number
    crs: Annotated[str, Field(max_length=64)] = DEFAULT_CRS
    data_class: Literal["general", "important", "core"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_empty_cells(cls, row: object) -> object:
        if not isinstance(row, Mapping):
            return row
        return {name: cell for name, cell in row.items() if not _is_empty(cell)}


def _is_empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip()) or (isinstance(cell, float) and cell != cell)  # noqa: PLR0124 - NaN


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """A row that could be read, and where it stands.

    The resource's ``kind`` is as it was written: a code or a name.  Where the row ``says_class`` not, its class is
    that of the resource in whose place it comes, and else important: nothing is public unless somebody says so.
    """

    pointer: str
    resource: Resource
    says_class: bool = True


def read_resource(row: object, pointer: str) -> ResourceRow | list[InputFault]:
    """Return a row, its point in degrees (EPSG:4326, on the lattice), or all that is wrong with it.

    Args:
        row: cells by the names of ``COLUMNS``: text, numbers or days.
        pointer: of the row, in front of the names of its cells.
    """
    try:
        read = _Row.model_validate(row)
    except ValidationError as error:
        return [
            InputFault(f"{pointer}/{one['loc'][0] if one['loc'] else ''}", one["msg"].removeprefix("Value error, "))
            for one in error.errors()
        ]
    try:
        lons, lats = to_wgs84(np.array([read.lon]), np.array([read.lat]), read.crs)
        lon, lat = quantise_one(float(lons[0]), float(lats[0]))
    except UnknownCrsError as error:
        return [InputFault(f"{pointer}/crs", str(error))]
    except CoordinateError as error:
        return [InputFault(f"{pointer}/{error.axis}", error.reason)]
    return ResourceRow(
        pointer,
        Resource(
            code=read.code,
            name=read.name,
            kind=read.kind,
            quantity=read.quantity,
            unit=read.unit,
            lon=lon,
            lat=lat,
            data_class=read.data_class or IMPORTANT,
            expires_on=read.expires_on,
        ),
        says_class=read.data_class is not None,
    )


def settle_rows(
    read: Iterable[ResourceRow | list[InputFault]], kinds: Iterable[ResourceKind]
) -> tuple[list[ResourceRow], list[InputFault]]:
    """Return rows with the codes of their kinds, which may be given by name, and all that is wrong with any."""
    named: dict[str, str] = {}
    known = list(kinds)
    for kind in known:
        named |= {kind.name: kind.code, kind.name_en.lower(): kind.code}
    named |= {kind.code: kind.code for kind in known}
    rows: list[ResourceRow] = []
    faults: list[InputFault] = []
    first: dict[str, str] = {}
    for one in read:
        if isinstance(one, list):
            faults += one
            continue
        resource = one.resource
        code = named.get(resource.kind) or named.get(resource.kind.lower())
        if code is None:
            told = (
                f"{resource.kind!r} is no kind; the kinds are {', '.join(kind.code for kind in known) or 'none yet'}"
            )
            faults.append(InputFault(f"{one.pointer}/kind", told))
            continue
        if resource.code in first:
            faults.append(InputFault(f"{one.pointer}/code", f"{resource.code} stands at {first[resource.code]} too"))
            continue
        first[resource.code] = one.pointer
        rows.append(replace(one, resource=replace(resource, kind=code)))
    return rows, faults


def column_of(name: str) -> str:
    """Return the column that a file means by a name, in letters of either case; the name itself when it is none."""
    lowered = name.strip().lower()
    return next((column for column, others in COLUMNS.items() if lowered == column or lowered in others), name)


NEEDED = ("code", "name", "kind", "quantity", "unit")
"""Columns that every row fills; the place is in ``lon`` and ``lat``, or a file's geometry."""
