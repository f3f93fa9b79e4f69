"""Read a file of buildings: its columns found, its places in degrees, a part at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from gis_service.domain.building_row import BuildingRow, Fault, read_building_row, read_code
from gis_service.domain.building_sheet import map_columns
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.files.building_files import MOST_BYTES, open_building_file
from gis_service.files.building_parts import OpenedFile
from gis_service.files.systems import refuse_wrong_numbers, stands_as_it_is, system_of
from grid_boundaries.locate.coordinates import UnknownCrsError, look_swapped, projection_of, to_wgs84_where_possible

OFFSETS = frozenset({"gcj02", "bd09"})
"""Systems that no file declares and a caller has to."""

DEGREES = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read.

    Attributes:
        columns: the heading of a column, by column, where it is not to be guessed.
        layer: of a file with several.
        crs: what coordinates are in, where the file does not say it, or they are shifted: gcj02, bd09.
    """

    columns: Mapping[str, str]
    layer: str | None = None
    crs: str | None = None


class BuildingFile:
    """A file of buildings that is open; ``fields`` are the headings in use by column."""

    def __init__(self, path: Path, opened: OpenedFile, reading: Reading) -> None:
        self._path, self._opened, self._crs = path, opened, reading.crs
        self._places = map_columns(opened.headings, reading.columns)
        self.fields = {column: opened.headings[place] for column, place in self._places.items()}
        self.encoding, self.rows = opened.encoding, opened.rows
        if not opened.has_shapes and not {"lon", "lat"} <= set(self._places) and "footprint" not in self._places:
            told = ", ".join(opened.headings)
            sentence = f"no columns hold longitude and latitude; name them with map; the headings are: {told}"
            raise RuleBrokenError(
                f"{path}: {sentence}. 找不到经度、纬度列。",
                code="no-place-columns",
                faults=[InputFault("map", sentence)],
            )

    @property
    def declared(self) -> str:
        """What degrees are taken to be: EPSG:4326, gcj02, bd09; another name where coordinates are metres."""
        if self._crs is not None and self._crs.strip().lower() in OFFSETS:
            return self._crs.strip().lower()
        if self._opened.has_shapes:
            return DEGREES if self._opened.crs is None else self._opened.crs.name
        return self._crs or DEGREES

    def parts(self) -> Iterator[list[BuildingRow]]:
        """Yield its rows in order, places and footprints in degrees, EPSG:4326."""
        for part in self._opened.parts():
            shapes: Sequence[object] = [None] * len(part.numbers) if part.shapes is None else list(part.shapes)
            if part.shapes is not None and self.declared not in OFFSETS:
                refuse_wrong_numbers(self._path, self._opened.crs, part.shapes)
            rows = [
                read_building_row(
                    number,
                    {column: cells[place] for column, place in self._places.items()},
                    shape,  # type: ignore[arg-type]
                )
                for number, cells, shape in zip(part.numbers, part.rows, shapes, strict=True)
            ]
            self._bring_to_degrees(rows)
            yield rows

    def codes(self) -> frozenset[str]:
        """Return the codes that the file brings."""
        place = self._places.get("code")
        if place is None:
            return frozenset()
        cells = (cells[place] for part in self._opened.parts() for cells in part.rows)
        return frozenset(code for cell in cells if (code := read_code(cell, [])) is not None)

    def _bring_to_degrees(self, rows: Sequence[BuildingRow]) -> None:
        lons = np.array([row.lon for row in rows])
        lats = np.array([row.lat for row in rows])
        is_given = ~(np.isnan(lons) | np.isnan(lats))
        plain = np.array([row.is_in_degrees for row in rows])
        true_lons, true_lats = self._degrees(lons, lats)
        if plain.any():
            crs = self.declared if self.declared in OFFSETS else DEGREES
            own_lons, own_lats = to_wgs84_where_possible(lons, lats, crs)
            true_lons, true_lats = np.where(plain, own_lons, true_lons), np.where(plain, own_lats, true_lats)
        for row, given, lon, lat in zip(rows, is_given.tolist(), true_lons.tolist(), true_lats.tolist(), strict=True):
            if given and (math.isnan(lon) or math.isnan(lat)):
                row.faults.append(_misplaced(row))
            elif not given and not any(fault.rule == "not-a-place" for fault in row.faults):
                row.faults.append(Fault("no-place", "lon", "has no longitude and latitude, and no geometry"))
            row.lon, row.lat = lon, lat
        drawn = [row for row in rows if row.footprint is not None]
        if drawn:
            footprints = np.array([row.footprint for row in drawn], dtype=np.object_)
            moved = shapely.transform(footprints, lambda xy: np.column_stack(self._degrees(xy[:, 0], xy[:, 1])))
            for row, shape in zip(drawn, moved, strict=True):
                row.footprint = _footprint_of(row, shape)

    def _degrees(
        self, xs: NDArray[np.float64], ys: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        crs = self._opened.crs
        xs, ys = np.ascontiguousarray(xs), np.ascontiguousarray(ys)
        if not self._opened.has_shapes or crs is None:
            return to_wgs84_where_possible(xs, ys, self.declared)
        target = crs.geodetic_crs if stands_as_it_is(crs) else None
        degrees = pyproj.Transformer.from_crs(crs, target or pyproj.CRS(DEGREES), always_xy=True)
        lons, lats = degrees.transform(xs, ys)
        return to_wgs84_where_possible(np.asarray(lons), np.asarray(lats), DEGREES)


@contextmanager
def open_buildings(path: Path, reading: Reading, *, most_bytes: int = MOST_BYTES) -> Iterator[BuildingFile]:
    """Give a file of buildings, to be read as often as needed inside the block.

    Raises:
        RuleBrokenError: it cannot be read, has not the headings asked for, or no places; ``crs`` is not known, or is
            not what the file says.
        TooLargeError: it unpacks to more than ``most_bytes``.
    """
    crs = reading.crs
    is_offset = crs is not None and crs.strip().lower() in OFFSETS
    with open_building_file(
        path, layer=reading.layer, crs=None if is_offset else crs, most_bytes=most_bytes
    ) as opened:
        if crs is not None:
            _refuse_crs(path, opened, crs, is_offset=is_offset)
        yield BuildingFile(path, opened, reading)


def _refuse_crs(path: Path, opened: OpenedFile, crs: str, *, is_offset: bool) -> None:
    if not opened.has_shapes:
        try:
            projection_of(crs)
        except UnknownCrsError as error:
            raise RuleBrokenError(str(error), code="unknown-crs", faults=[InputFault("crs", str(error))]) from None
        return
    wanted = None if is_offset else system_of(path, crs)
    if opened.crs != wanted:
        said = "degrees (WGS 84 or CGCS2000)" if opened.crs is None else opened.crs.name
        raise RuleBrokenError(
            f"{path} says that it is in {said}, not in {crs}; leave crs out, or correct the file. "
            "文件声明的坐标系与给定的 crs 不符。",
            code="crs-contradicted",
        )


def _misplaced(row: BuildingRow) -> Fault:
    if look_swapped(row.lon, row.lat):
        return Fault("swapped-coordinates", "lon", f"{row.lon:.10g}, {row.lat:.10g}: longitude comes first")
    return Fault("not-a-place", "lon", f"{row.lon:.10g}, {row.lat:.10g} is no place in the coordinate system")


def _footprint_of(row: BuildingRow, shape: MultiPolygon) -> MultiPolygon | None:
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        if not any(fault.rule in {"swapped-coordinates", "not-a-place"} for fault in row.faults):
            row.faults.append(Fault("not-a-place", "footprint", "the footprint is no place in the coordinate system"))
        return None
    return shape
