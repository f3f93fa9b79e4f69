"""Features with any attributes as files, always in degrees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from gis_service.errors import RuleBrokenError
from gis_service.files.written_whole import (
    PARQUET,
    TEXT_BYTES,
    refuse_other_endings,
    write_geoparquet,
    write_whole,
    write_with_gdal,
)

GEOJSON = frozenset({".json", ".geojson"})
_DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}
SUFFIXES = (*sorted(GEOJSON), *_DRIVERS, PARQUET)
_NAME_BYTES = 10  # what the name of a column of a Shapefile holds


def write_vector_file(
    path: Path, rows: Sequence[Mapping[str, Any]], shapes: Sequence[BaseGeometry | None], head: Mapping[str, Any]
) -> list[str]:
    """Write features in the format of the path's ending; the file appears whole or not at all.

    Args:
        path: what is there under this name is replaced.
        rows: the attributes of each feature.
        shapes: their geometries in degrees, EPSG:4326.
        head: more members for a GeoJSON FeatureCollection; other formats have no place for them.

    Returns:
        Sentences about what the format could not hold as it was: none, for most.

    Raises:
        RuleBrokenError: the ending is unknown, the format cannot hold the features, or writing fails.
    """
    suffix = refuse_other_endings(path, SUFFIXES)

    def write(draft: Path) -> list[str]:
        if suffix in GEOJSON:
            draft.write_bytes(_geojson(rows, shapes, head))
            return []
        if suffix == PARQUET:
            write_geoparquet(draft, _array(shapes), _columns(rows))
            return []
        return _write_any(draft, _DRIVERS[suffix], rows, shapes)

    return write_whole(path, write)


def _geojson(
    rows: Sequence[Mapping[str, Any]], shapes: Sequence[BaseGeometry | None], head: Mapping[str, Any]
) -> bytes:
    features = [
        {"type": "Feature", "properties": row, "geometry": None if shape is None else mapping(shape)}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    return orjson.dumps({"type": "FeatureCollection", **head, "features": features}, default=str)


def _write_any(
    path: Path, driver: str, rows: Sequence[Mapping[str, Any]], shapes: Sequence[BaseGeometry | None]
) -> list[str]:
    columns = _columns(rows)
    names = {name: name for name in columns}
    if driver == _DRIVERS[".shp"]:
        _refuse_long_text(path, columns)
        names = _short_names(columns)
    kinds = {shape.geom_type for shape in shapes if shape is not None}
    several = "MultiPolygon" in kinds
    kind = ("MultiPolygon" if several else "Polygon") if kinds <= {"Polygon", "MultiPolygon"} else "Unknown"
    write_with_gdal(
        path,
        _array(shapes),
        {names[name]: column for name, column in columns.items()},
        driver=driver,
        layer=path.stem,
        geometry_type=kind,
        promote_to_multi=several,
        crs="EPSG:4326",
    )
    return [f"Field {name} is called {short} in {path.name}." for name, short in names.items() if name != short]


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Return attributes by field, each with one type; what no column holds, such as lists, becomes JSON text."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _column([_absent(row.get(name)) for row in rows]) for name in names}


def _absent(value: Any) -> Any:  # noqa: ANN401  whatever a file's field holds
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124  not a number


def _column(values: Sequence[Any]) -> NDArray[Any]:
    given = {type(value) for value in values if value is not None}
    whole = len(given) > 0 and None not in values
    if given == {bool} and whole:
        return np.array(values, dtype=np.bool_)
    if given == {int} and whole and all(-(2**63) <= value < 2**63 for value in values):
        return np.array(values, dtype=np.int64)
    if given and given <= {int, float} and all(abs(value) < 2**53 for value in values if type(value) is int):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if given and given <= {dt.datetime, dt.date}:
        return np.array(values, dtype="datetime64[ms]")
    texts: NDArray[np.object_] = np.empty(len(values), dtype=object)
    texts[:] = [None if value is None else value if isinstance(value, str) else _text(value) for value in values]
    return texts


def _text(value: Any) -> str:  # noqa: ANN401  whatever a file's field holds
    return orjson.dumps(value, default=str).decode() if isinstance(value, list | dict | bool) else str(value)


def _refuse_long_text(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    for name, values in columns.items():
        if any(isinstance(value, str) and len(value.encode()) > TEXT_BYTES for value in values):
            raise RuleBrokenError(
                f"Field {name} has text of more than {TEXT_BYTES} bytes, which a Shapefile would cut off; write "
                f"{path.with_suffix('.gpkg').name} or GeoJSON."
            )


def _short_names(names: Sequence[str] | Mapping[str, Any]) -> dict[str, str]:
    """Return names of at most ten bytes of UTF-8, no character cut in two, no two alike, by the full name."""
    short: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        candidate = _cut(name, _NAME_BYTES)
        number = 1
        while candidate.lower() in taken:
            candidate = f"{_cut(name, _NAME_BYTES - 1 - len(str(number)))}_{number}"
            number += 1
        taken.add(candidate.lower())
        short[name] = candidate
    return short


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def _array(shapes: Sequence[BaseGeometry | None]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    return array
