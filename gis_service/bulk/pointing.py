"""Where the points of a table are: in two columns, or in a column of geometries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely
from numpy.typing import NDArray

from gis_service.bulk.asked import Asked
from gis_service.bulk.ownership import FINE, MISSING, UNREADABLE, Points
from gis_service.errors import RuleBrokenError
from gis_service.files.systems import stands_as_it_is, system_of
from grid_boundaries.locate.coordinates import projection_of

USUAL = (
    ("lon", "lat"),
    ("lng", "lat"),
    ("long", "lat"),
    ("longitude", "latitude"),
    ("经度", "纬度"),
    ("easting", "northing"),
    ("东坐标", "北坐标"),
    ("x", "y"),
)
"""Names of the two columns, tried in this order, in letters of either case."""

_DEGREES = "EPSG:4326"
_OFFSETS = {"gcj02", "bd09"}
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


class Pointing(Protocol):
    """Takes the points out of a batch; they are in ``crs``."""

    @property
    def crs(self) -> str:
        """One of ``KNOWN_CRS``."""

    def points_of(self, batch: pa.RecordBatch) -> Points:
        """Return the points of a batch, row by row."""


@dataclass(frozen=True, slots=True)
class ByColumns:
    """Two columns of numbers, or of texts that are numbers."""

    x: int
    y: int
    crs: str

    def points_of(self, batch: pa.RecordBatch) -> Points:
        """Return the points of a batch, row by row."""
        (xs, x_faults), (ys, y_faults) = _numbers(batch.column(self.x)), _numbers(batch.column(self.y))
        return Points(xs, ys, np.maximum(x_faults, y_faults))


@dataclass(frozen=True, slots=True)
class ByGeometry:
    """A column of points in WKB; those of a system that is not known here are moved to degrees."""

    column: int
    crs: str
    transformer: pyproj.Transformer | None = None

    def points_of(self, batch: pa.RecordBatch) -> Points:
        """Return the points of a batch, row by row; anything but one point is at fault."""
        column = batch.column(self.column)
        shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
        xs, ys = shapely.get_x(shapes), shapely.get_y(shapes)
        is_none = np.isnan(xs) & (shapely.is_missing(shapes) | shapely.is_empty(shapes))
        is_given = np.asarray(pc.is_valid(column).to_numpy(zero_copy_only=False), np.bool_)
        is_none &= ~(is_given & shapely.is_missing(shapes))
        is_other = np.isnan(xs) & ~is_none
        if self.transformer is not None:
            xs, ys = self.transformer.transform(xs, ys)
        faults = np.where(is_none, MISSING, np.where(is_other, UNREADABLE, FINE)).astype(np.int8)
        return Points(np.asarray(xs, np.float64), np.asarray(ys, np.float64), faults)


def point_by_columns(path: Path, schema: pa.Schema, asked: Asked) -> ByColumns:
    """Return which columns hold the points: those asked for, or the first with usual names.

    Raises:
        RuleBrokenError: there are none, only one is named, or a name comes twice.
        UnknownCrsError: the system asked for is not known.
    """
    names = schema.names
    told = ", ".join(names) or "none"
    if (asked.lon is None) != (asked.lat is None):
        raise RuleBrokenError("Name both columns, --lon and --lat, or neither.", code="no-coordinates")
    crs = asked.crs or _DEGREES
    projection_of(crs)
    if asked.lon is not None and asked.lat is not None:
        for name in (asked.lon, asked.lat):
            if names.count(name) != 1:
                found = "no column" if name not in names else "more than one column"
                hint = "" if name not in names else "; rename all but one"
                raise RuleBrokenError(
                    f"{path} has {found} {name}{hint}; its columns are: {told}.", code="no-coordinates"
                )
        return ByColumns(names.index(asked.lon), names.index(asked.lat), crs)
    lowered = [name.strip().lower() for name in names]
    for pair in USUAL:
        if all(lowered.count(name) == 1 for name in pair):
            return ByColumns(lowered.index(pair[0]), lowered.index(pair[1]), crs)
    for pair in USUAL:
        if all(name in lowered for name in pair):
            twice = next(name for name in pair if lowered.count(name) > 1)
            found = ", ".join(name for name, low in zip(names, lowered, strict=True) if low == twice)
            raise RuleBrokenError(
                f"{path} has more than one column {twice} ({found}); rename all but one, or name the right one with "
                "--lon and --lat. 坐标列重名，请改名，或用 --lon 和 --lat 指定。",
                code="no-coordinates",
            )
    raise RuleBrokenError(
        f"{path} has no columns of coordinates with a usual name (lon and lat, lng and lat, longitude and latitude, "
        f"经度 and 纬度, x and y); name them with --lon and --lat; its columns are: {told}. "
        "未找到经纬度列，请用 --lon 和 --lat 指定。",
        code="no-coordinates",
    )


def point_by_geometry(path: Path, column: int, declared: Any, asked: Asked) -> ByGeometry:  # noqa: ANN401 - as files say it
    """Return how to read a column of geometries.

    Args:
        path: the file, for sentences.
        column: its place in the table.
        declared: the system that the file says: a name, WKT, PROJJSON as a dict; None where it says none.
        asked: ``crs`` is for a file that says none.  GCJ-02 and BD-09 no file can say, so they go with degrees.

    Raises:
        RuleBrokenError: the system is not known, not told, or other than the one asked for.
        UnknownCrsError: the system asked for is not known.
    """
    if asked.crs is not None:
        projection_of(asked.crs)
    if declared is None:
        return ByGeometry(column, asked.crs or _DEGREES)
    system = system_of(path, declared)
    if system is None:
        if asked.crs is not None and projection_of(asked.crs) is not None:
            raise _contradicted(path, "degrees (WGS 84 or CGCS2000)", asked.crs)
        return ByGeometry(column, asked.crs or _DEGREES)
    if asked.crs is not None and (asked.crs.lower() in _OFFSETS or system != pyproj.CRS(asked.crs)):
        raise _contradicted(path, system.name, asked.crs)
    if (code := system.to_epsg()) is not None and _is_known(f"EPSG:{code}"):
        return ByGeometry(column, f"EPSG:{code}")
    target = system.geodetic_crs if stands_as_it_is(system) else None
    moved = pyproj.Transformer.from_crs(system, target or pyproj.CRS(_DEGREES), always_xy=True)
    return ByGeometry(column, _DEGREES, moved)


def _is_known(crs: str) -> bool:
    try:
        projection_of(crs)
    except ValueError:
        return False
    return True


def _contradicted(path: Path, said: str, asked: str) -> RuleBrokenError:
    return RuleBrokenError(
        f"{path} says that it is in {said}, not in {asked}; leave --crs out, or correct the file.",
        code="crs-contradicted",
    )


def _numbers(column: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Return a column as numbers and what is wrong with each; NaN where there is none."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    is_unreadable = np.zeros(len(column), np.bool_)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = pc.utf8_trim_whitespace(column)
        is_number = pc.match_substring_regex(column, _NUMBER)
        is_something = pc.not_equal(column, "")
        is_unreadable = _booleans(pc.and_not(is_something, is_number))
        column = pc.if_else(is_number, column, pa.scalar(None, column.type))
    try:
        numbers = pc.cast(column, pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return np.full(len(column), np.nan), np.full(len(column), UNREADABLE, np.int8)
    is_missing = _booleans(pc.is_null(numbers, nan_is_null=True))
    values = pc.fill_null(numbers, fill_value=np.nan).to_numpy(zero_copy_only=False)
    return values, np.where(is_unreadable, UNREADABLE, np.where(is_missing, MISSING, FINE)).astype(np.int8)


def _booleans(column: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(column, fill_value=False).to_numpy(zero_copy_only=False), np.bool_)
