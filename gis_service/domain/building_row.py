"""One row of a sheet of buildings: cells of any kind become the values that are stored, or findings."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import shapely
from shapely.geometry import MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.domain.building_code import parse_building_code

LONGEST_TEXT = 500
MOST_STOREYS = 300
MOST_HOUSEHOLDS = 1_000_000
_TEXTS = ("name", "address", "use")
_POLYGONS = {"Polygon", "MultiPolygon"}
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_FAULT_SHOWN = 40


class Fault(NamedTuple):
    """What is wrong with a cell: a rule of ``import_report``, the column, a sentence."""

    rule: str
    column: str
    message: str


@dataclass(slots=True)
class BuildingRow:
    """A building as a file has it; the place is in the coordinates of the file, NaN where the row has none.

    ``footprint`` is in the coordinates of the file too; ``code`` is None where one is to be issued.
    """

    row: int
    code: str | None
    name: str
    address: str
    use: str
    storeys: int | None
    households: int
    built_on: date | None
    verified_on: date | None
    lon: float
    lat: float
    footprint: MultiPolygon | None
    faults: list[Fault]
    is_in_degrees: bool = False
    """Whether the place is columns of degrees beside a footprint, whatever the footprint is in."""


def read_building_row(row: int, cells: Mapping[str, Any], shape: BaseGeometry | None = None) -> BuildingRow:
    """Return the building of a row, with all that is wrong in ``faults``; what is wrong stands as absent.

    Args:
        row: its number in the file, for findings.
        cells: values by column of ``building_sheet.COLUMNS``: text, numbers, dates, or None.
        shape: the geometry of a vector file.  A point is the place; of a polygon, the footprint, the place is the
            columns ``lon`` and ``lat`` where there are such, and else a point inside it.
    """
    faults: list[Fault] = []
    texts = {column: _text(cells.get(column), column, faults) for column in _TEXTS}
    footprint, place = _shapes(cells, shape, faults)
    columns = _number(cells.get("lon"), "lon", faults), _number(cells.get("lat"), "lat", faults)
    is_in_degrees = shape is not None and place is None and not any(map(math.isnan, columns))
    if place is not None or (footprint is not None and any(map(math.isnan, columns))):
        point = place if place is not None else shapely.point_on_surface(footprint)
        columns = float(shapely.get_x(point)), float(shapely.get_y(point))
    return BuildingRow(
        row=row,
        code=read_code(cells.get("code"), faults),
        storeys=_whole(cells.get("storeys"), "storeys", 1, MOST_STOREYS, faults),
        households=_whole(cells.get("households"), "households", 0, MOST_HOUSEHOLDS, faults) or 0,
        built_on=_day(cells.get("built_on"), "built_on", faults),
        verified_on=_day(cells.get("verified_on"), "verified_on", faults),
        lon=columns[0],
        lat=columns[1],
        footprint=footprint,
        faults=faults,
        is_in_degrees=is_in_degrees,
        **texts,
    )


def _shapes(
    cells: Mapping[str, Any], shape: BaseGeometry | None, faults: list[Fault]
) -> tuple[MultiPolygon | None, BaseGeometry | None]:
    """Return the footprint, and the point that stands for the place."""
    written = cells.get("footprint")
    if shape is None and not _is_empty(written):
        shape = shapely.from_wkt(str(written), on_invalid="ignore")
        if shape is None or shape.geom_type not in _POLYGONS:
            faults.append(Fault("bad-value", "footprint", f"{_shown(written)} is no POLYGON in WKT"))
            return None, None
    if shape is None or shape.is_empty:
        return None, None
    if isinstance(shape, MultiPoint) and len(shape.geoms) == 1:
        shape = shape.geoms[0]
    if shape.geom_type == "Point":
        return None, shape
    if not isinstance(shape, Polygon | MultiPolygon):
        faults.append(
            Fault("bad-value", "footprint", f"the geometry is a {shape.geom_type}; a point or polygon is needed")
        )
        return None, None
    if not shape.is_valid:
        faults.append(
            Fault("bad-value", "footprint", f"the footprint is not valid: {shapely.is_valid_reason(shape)}")
        )
        return None, None
    flat: Polygon | MultiPolygon = shapely.force_2d(shape)
    return (flat if isinstance(flat, MultiPolygon) else MultiPolygon([flat])), None


def _text(value: Any, column: str, faults: list[Fault]) -> str:  # noqa: ANN401 - whatever a cell holds
    if _is_empty(value):
        return ""
    text = _plain(value).strip()
    if len(text) > LONGEST_TEXT:
        faults.append(Fault("bad-value", column, f"has {len(text)} characters; {LONGEST_TEXT} are the most"))
        return ""
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        faults.append(Fault("bad-value", column, "has a line break or another control character"))
        return ""
    return text


def read_code(value: Any, faults: list[Fault]) -> str | None:  # noqa: ANN401
    """Return the code in a cell; None where there is none, or where it is wrong, which ``faults`` says then."""
    if _is_empty(value):
        return None
    try:
        return parse_building_code(_plain(value))
    except ValueError as error:
        faults.append(Fault("bad-code", "code", str(error)[:200]))
        return None


def _number(value: Any, column: str, faults: list[Fault]) -> float:  # noqa: ANN401
    if _is_empty(value):
        return math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) < 1e300 else math.nan  # noqa: PLR2004 - far from any place
    try:
        number = float(unicodedata.normalize("NFKC", str(value)).strip())
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        faults.append(Fault("not-a-place", column, f"{_shown(value)} is no number"))
        return math.nan
    return number


def _whole(value: Any, column: str, least: int, most: int, faults: list[Fault]) -> int | None:  # noqa: ANN401
    if _is_empty(value):
        return None
    try:
        number = float(unicodedata.normalize("NFKC", str(value)).strip())
    except ValueError:
        number = math.nan
    if not (least <= number <= most and number == int(number)):
        faults.append(Fault("bad-value", column, f"{_shown(value)} is no whole number from {least} to {most}"))
        return None
    return int(number)


def _day(value: Any, column: str, faults: list[Fault]) -> date | None:  # noqa: ANN401
    if _is_empty(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = _DAY.fullmatch(_plain(value).strip())
    try:
        if found is not None:
            year, month, day = (int(part or 1) for part in found.groups())
            return date(year, month, day)
    except ValueError:
        pass
    faults.append(Fault("bad-value", column, f"{_shown(value)} is no day such as 2020-05-01"))
    return None


def _is_empty(value: Any) -> bool:  # noqa: ANN401
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and not value.strip()


def _plain(value: Any) -> str:  # noqa: ANN401
    """Return a cell as text; a spreadsheet turns codes into numbers, which have no fraction."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _shown(value: Any) -> str:  # noqa: ANN401
    text = str(value)
    return repr(text if len(text) <= _FAULT_SHOWN else f"{text[:_FAULT_SHOWN]}…")
