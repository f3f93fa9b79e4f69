"""GeoJSON in (RFC 7946): features with a code, as grids."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from shapely import GEOSException
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from gis_service.errors import InputFault, RuleBrokenError, TooLargeError
from grid_boundaries.partition import Grid

POLYGONS = ("Polygon", "MultiPolygon")
# Names of WGS 84 and CGCS2000 that older files carry; their coordinates are stored as they stand (decision 4).
DEGREE_CRS = frozenset({"CRS84", "4326", "4490"})
_RING_DEPTH = 1
_DEPTHS = {"Polygon": 2, "MultiPolygon": 3}
"""How many arrays stand around a position."""
_RING_POSITIONS = 4
MOST_HOUSEHOLDS = 2**31 - 1
"""What the database holds."""
_LINE_POSITIONS = 2
_MOST_LINE_POSITIONS = 10_000  # a line that somebody draws; noding more takes many seconds


def parse_partition(body: bytes) -> tuple[list[Grid], BaseGeometry | None, str | None]:
    """Return the grids of a FeatureCollection, and the parent's shape and code when the body has one.

    Raises:
        RuleBrokenError: no JSON, no FeatureCollection, a feature without code or polygon, degrees out of range;
            ``faults`` points at the first place of each kind.  What is a polygon but not valid is left to the check.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RuleBrokenError(f"the body is not valid JSON: {error}", code="invalid-json") from None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise _broken("", "must be a GeoJSON FeatureCollection")
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise _broken("/features", "must be an array with at least one feature")
    refuse_other_crs(document)
    grids = [_grid(feature, f"/features/{position}") for position, feature in enumerate(features)]
    given = document.get("parent")
    if given is None:
        return grids, None, None
    if not isinstance(given, dict):
        raise _broken("/parent", "must be a Feature")
    properties = given.get("properties")
    code = _text(properties, "code", "/parent") if isinstance(properties, dict) else None
    return grids, parse_polygon(given.get("geometry"), "/parent/geometry"), code


def parse_area(body: bytes, most_positions: int) -> tuple[BaseGeometry, str]:
    """Return an area, and where in the body its geometry stands: a Polygon, a MultiPolygon or a Feature of one.

    Coordinates are as they were given: they may be metres.

    Raises:
        RuleBrokenError: no JSON, none of these, or nothing in it; ``faults`` points at the place.
        TooLargeError: the area has more than ``most_positions`` positions, code ``too-many-vertices``.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RuleBrokenError(f"the body is not valid JSON: {error}", code="invalid-json") from None
    return read_area(document, most_positions)


def read_area(document: object, most_positions: int, within: str = "") -> tuple[BaseGeometry, str]:
    """Return an area as ``parse_area`` does, of JSON already parsed that stands at ``within`` in the body."""
    if not isinstance(document, dict) or document.get("type") not in ("Feature", *POLYGONS):  # it may be a list
        raise _broken(within, "must be a GeoJSON Polygon, MultiPolygon, or Feature of one")
    is_feature = document["type"] == "Feature"
    geometry, pointer = (document.get("geometry"), f"{within}/geometry") if is_feature else (document, within)
    refuse_other_crs(document)
    if isinstance(geometry, dict):
        depth = next((depth for name, depth in _DEPTHS.items() if name == geometry.get("type")), 0)
        count = _count_positions(geometry.get("coordinates"), depth)
        if count > most_positions:
            raise TooLargeError(
                f"an area of {count} positions is more than the {most_positions} that are taken; simplify it",
                code="too-many-vertices",
            )
    shape = parse_polygon(geometry, pointer, in_degrees=False)
    if shape.is_empty:
        raise _broken(f"{pointer}/coordinates", "is empty")
    return shape, pointer


def _count_positions(coordinates: object, depth: int) -> int:
    if not isinstance(coordinates, list):
        return 0
    return len(coordinates) if depth <= 1 else sum(_count_positions(inner, depth - 1) for inner in coordinates)


def parse_polygon(geometry: object, pointer: str, *, in_degrees: bool = True) -> BaseGeometry:
    """Return a GeoJSON Polygon or MultiPolygon; ``pointer`` says where in the body it stands."""
    if not isinstance(geometry, dict):
        raise _broken(pointer, "must be a geometry")
    if geometry.get("type") not in POLYGONS:
        raise RuleBrokenError(
            f"{pointer}: a grid is a Polygon or a MultiPolygon, not {geometry.get('type')}",
            code="not-a-polygon",
            faults=[InputFault(f"{pointer}/type", "must be Polygon or MultiPolygon")],
        )
    depth = _DEPTHS[geometry["type"]]
    _refuse_bad_positions(geometry.get("coordinates"), f"{pointer}/coordinates", depth, in_degrees=in_degrees)
    return _shape(geometry, pointer)


def parse_features(features: Sequence[object], pointer: str, *, numbered: bool = True) -> list[Grid]:
    """Return the grids of features; ``pointer`` says where in the body they stand, one by one if ``numbered``.

    Raises:
        RuleBrokenError: a feature without code or polygon, or degrees out of range.
    """
    return [
        _grid(feature, f"{pointer}/{position}" if numbered else pointer) for position, feature in enumerate(features)
    ]


def parse_line(geometry: object, pointer: str) -> BaseGeometry:
    """Return a GeoJSON LineString of two positions or more; ``pointer`` says where in the body it stands."""
    if not isinstance(geometry, dict) or geometry.get("type") != "LineString":
        raise _broken(pointer, "must be a LineString")
    positions = geometry.get("coordinates")
    if not isinstance(positions, list) or len(positions) < _LINE_POSITIONS:
        raise _broken(f"{pointer}/coordinates", "must be an array of at least 2 positions")
    if len(positions) > _MOST_LINE_POSITIONS:
        raise _broken(
            f"{pointer}/coordinates",
            f"has {len(positions)} positions; a drawn line has {_MOST_LINE_POSITIONS} at most",
        )
    for number, position in enumerate(positions):
        _refuse_bad_positions(position, f"{pointer}/coordinates/{number}", 0)
    return _shape(geometry, pointer)


def _shape(geometry: dict[str, Any], pointer: str) -> BaseGeometry:
    """Return what the positions draw.  That some have heights and some have not, shows here only."""
    try:
        return shape(dict(geometry))
    except (ValueError, TypeError, IndexError, AttributeError, GEOSException):
        sentence = f"is no {geometry['type']}; all its positions need the same number of coordinates"
        raise _broken(pointer, sentence) from None


def _grid(feature: object, pointer: str) -> Grid:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _broken(pointer, "must be a Feature")
    properties = feature.get("properties")
    code = properties.get("code") if isinstance(properties, dict) else None
    if not isinstance(properties, dict) or not isinstance(code, str | int) or not str(code):
        raise _broken(f"{pointer}/properties/code", "must name the grid")
    return Grid(
        code=str(code),
        shape=parse_polygon(feature.get("geometry"), f"{pointer}/geometry"),
        level=_text(properties, "level", pointer),
        parent=_text(properties, "parent", pointer),
        name=_text(properties, "name", pointer) or "",
        kind=_text(properties, "kind", pointer) or "standard",
        households=_households(properties, pointer),
    )


def _households(properties: Mapping[str, Any], pointer: str) -> int | None:
    """Return the number of households; a number that is not understood is refused, never taken for unknown."""
    value = properties.get("households")
    if value is None:
        return None
    if not _is_number(value) or value != int(value) or not 0 <= value <= MOST_HOUSEHOLDS:
        raise _broken(f"{pointer}/properties/households", "must be a whole number, 0 or more, or null: unknown")
    return int(value)


def _text(properties: Mapping[str, Any], name: str, pointer: str) -> str | None:
    value = properties.get(name)
    if isinstance(value, list | dict):
        raise _broken(f"{pointer}/properties/{name}", "must be text or a number")
    if "\0" in str(value):
        raise _broken(f"{pointer}/properties/{name}", "must not hold the character U+0000")
    return None if value is None else str(value)


def _refuse_bad_positions(coordinates: object, pointer: str, depth: int, *, in_degrees: bool = True) -> None:
    """Refuse what is not positions within as many arrays as ``depth``, the innermost of them rings."""
    if not isinstance(coordinates, list):
        raise _broken(pointer, "must be an array")
    if depth:
        for position, inner in enumerate(coordinates):
            _refuse_bad_positions(inner, f"{pointer}/{position}", depth - 1, in_degrees=in_degrees)
        if depth == _RING_DEPTH:
            _refuse_open_ring(coordinates, pointer)
        return
    if len(coordinates) not in {2, 3} or not all(_is_number(number) for number in coordinates):
        raise _broken(pointer, f"must be a position: longitude, latitude{' in degrees' if in_degrees else ''}")
    lon, lat = coordinates[:2]
    if in_degrees and (abs(lon) > 180 or abs(lat) > 90):  # noqa: PLR2004 - degrees
        raise RuleBrokenError(
            f"{pointer}: longitude {lon}, latitude {lat} is out of range; degrees are expected, longitude first",
            code="coordinate-out-of-range",
            faults=[InputFault(pointer, "longitude must be in -180…180, latitude in -90…90")],
        )


def _refuse_open_ring(ring: list[list[float]], pointer: str) -> None:
    if len(ring) < _RING_POSITIONS:
        raise _broken(pointer, f"has {len(ring)} positions; a ring needs at least 4, the last the same as the first")
    if ring[0][:2] != ring[-1][:2]:
        raise _broken(pointer, "is not closed: the last position of a ring must be the same as the first")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def refuse_other_crs(document: Mapping[str, Any]) -> None:
    """Refuse GeoJSON that declares another coordinate system than degrees, as files before RFC 7946 may.

    Raises:
        RuleBrokenError: code ``unknown-crs``.
    """
    declared = document.get("crs")
    properties = declared.get("properties") if isinstance(declared, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    known = isinstance(name, str) and re.split("[:/#]", name.strip())[-1].upper() in DEGREE_CRS
    if declared is not None and not known:
        raise RuleBrokenError(
            "the file declares a coordinate system other than EPSG:4326 or EPSG:4490; convert it first",
            code="unknown-crs",
            faults=[InputFault("/crs", "GeoJSON is longitude, latitude in degrees (RFC 7946)")],
        )


def _broken(pointer: str, sentence: str) -> RuleBrokenError:
    where = pointer or "the body"
    return RuleBrokenError(f"{where} {sentence}", code="invalid-geojson", faults=[InputFault(pointer, sentence)])
