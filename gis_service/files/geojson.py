"""GeoJSON files as features (RFC 7946, and the member ``crs`` of 2008 that older programs still write)."""

from __future__ import annotations

from pathlib import Path

import orjson
from shapely.errors import ShapelyError
from shapely.geometry import shape as shape_of

from gis_service.errors import RuleBrokenError
from gis_service.files.features import Feature, VectorFile
from gis_service.files.systems import system_of

SUFFIXES = (".json", ".geojson")
_MOST_ARRAYS = 4  # polygons, rings, positions, numbers


def read_geojson(path: Path, crs: str | None = None) -> VectorFile:
    """Return the features of a GeoJSON file; what has no readable geometry has none, and the check says so.

    Args:
        path: the file.
        crs: the system of a file without the member ``crs``; degrees, as the standard has it, when left out.

    Raises:
        RuleBrokenError: it is no GeoJSON, or names a coordinate system that is not known.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise _unreadable(f"{path} is not readable as GeoJSON: {error}.") from None
    if not isinstance(document, dict):
        raise _unreadable(f"{path} is JSON but not GeoJSON: its top level is no object.")
    kind = document.get("type")
    rows = document.get("features") if kind == "FeatureCollection" else [document] if kind == "Feature" else None
    if not isinstance(rows, list):
        raise _unreadable(f"{path} is JSON but no GeoJSON FeatureCollection or Feature.")
    given = document.get("parent")
    for row in (*rows, given):
        _refuse_too_deep(path, row)
    features = [_feature(row) for row in rows]
    parent = _feature(given) if isinstance(given, dict) else None
    told = document.get("crs")
    if told is None:
        return VectorFile(path, tuple(features), parent, None if crs is None else system_of(path, crs))
    properties = told.get("properties") if isinstance(told, dict) else None
    named = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(named, str):
        raise _unreadable(f"The member crs of {path} does not name a coordinate system.")
    return VectorFile(path, tuple(features), parent, system_of(path, named))


def _refuse_too_deep(path: Path, row: object) -> None:
    """Refuse coordinates within more arrays than those of a MultiPolygon."""
    geometry = row.get("geometry") if isinstance(row, dict) else None
    inner = [geometry.get("coordinates")] if isinstance(geometry, dict) else []
    for _ in range(_MOST_ARRAYS):
        inner = [item for array in inner if isinstance(array, list) for item in array]
    if any(isinstance(item, list) for item in inner):
        raise _unreadable(f"{path} is not readable as GeoJSON: it has coordinates that are nested too deeply.")


def _feature(row: object) -> Feature:
    if not isinstance(row, dict):
        return Feature({}, None)
    properties = row.get("properties")
    fields = dict(properties) if isinstance(properties, dict) else {}
    if "id" in row and "id" not in fields:
        fields["id"] = row["id"]
    geometry = row.get("geometry")
    if not isinstance(geometry, dict):
        return Feature(fields, None)
    try:
        return Feature(fields, shape_of(geometry))
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return Feature(fields, None)


def _unreadable(sentence: str) -> RuleBrokenError:
    return RuleBrokenError(sentence, code="unreadable-file")
