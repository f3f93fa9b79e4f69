"""Buildings as files, in the columns that an import reads: CSV, Excel, GeoJSON, GeoPackage, Shapefile, GeoParquet."""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping

from gis_service.domain.building_import import ExportedBuilding
from gis_service.errors import RuleBrokenError
from gis_service.files.formula_cells import disarm
from gis_service.files.written_whole import (
    PARQUET,
    TEXT_BYTES,
    refuse_other_endings,
    write_geoparquet,
    write_whole,
    write_with_gdal,
)

COLUMNS = (
    "code", "name", "address", "use", "storeys", "households", "lon", "lat", "built_on", "verified_on", "grid",
)  # fmt: skip
ZIPPED = ".zip"
SUFFIXES = (".csv", ".xlsx", ".geojson", ".json", ".gpkg", ZIPPED, PARQUET)
_TEXTS = ("code", "name", "address", "use", "grid")
_SHORT = {"households": "households", "verified_on": "verified"}
"""Names that a Shapefile holds in ten bytes; an import knows them."""
_MOST_CELL = 32_767
_MOST_ROWS = 1_048_575

Pages: TypeAlias = Iterable[Sequence[ExportedBuilding]]


def write_buildings(
    path: Path, pages: Pages, *, with_footprints: bool = False, head: Mapping[str, Any] | None = None
) -> int:
    """Write buildings in the format of the path's ending and return how many; the file appears whole or not at all.

    Coordinates are degrees, EPSG:4326, with all their digits; a workbook keeps fifteen.  With footprints they are the
    geometries of a vector file, and a column in WKT of a table; places stand in ``lon`` and ``lat`` in any case.
    Text that a spreadsheet would take for a formula gets an apostrophe in front, which an import takes away.

    Args:
        path: ``.csv``, ``.xlsx``, ``.geojson``, ``.gpkg``, ``.zip`` (a Shapefile) or ``.parquet``.
        pages: CSV, Excel and GeoJSON hold one page in memory, the others all of them.
        with_footprints: write outlines; of a building without one nothing.
        head: more members of a GeoJSON FeatureCollection.

    Raises:
        RuleBrokenError: the ending is not written, a format cannot hold the buildings, or writing fails.
    """
    suffix = refuse_other_endings(path, SUFFIXES)
    writers: Mapping[str, Callable[[Path], int]] = {
        ".csv": lambda draft: _write_csv(draft, pages, with_footprints=with_footprints),
        ".xlsx": lambda draft: _write_workbook(draft, pages, with_footprints=with_footprints),
        ".gpkg": lambda draft: _write_layer(draft, pages, with_footprints=with_footprints),
        ZIPPED: lambda draft: _write_zip(draft, pages, with_footprints=with_footprints),
        PARQUET: lambda draft: _write_parquet(draft, pages, with_footprints=with_footprints),
    }

    def write_geojson(draft: Path) -> int:
        return _write_geojson(draft, pages, head or {}, with_footprints=with_footprints)

    return write_whole(path, writers.get(suffix, write_geojson))


def _cells(one: ExportedBuilding, *, with_footprints: bool) -> list[Any]:
    cells = [getattr(one, column) for column in COLUMNS]
    if with_footprints:
        cells.append(None if one.footprint is None else shapely.to_wkt(one.footprint, rounding_precision=-1))
    return cells


def _headings(*, with_footprints: bool) -> list[str]:
    return [*COLUMNS, "footprint"] if with_footprints else [*COLUMNS]


def _write_csv(path: Path, pages: Pages, *, with_footprints: bool) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(codecs.BOM_UTF8.decode())  # a spreadsheet knows by it that this is UTF-8
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(_headings(with_footprints=with_footprints))
        for page in pages:
            writer.writerows([disarm(cell) for cell in _cells(one, with_footprints=with_footprints)] for one in page)
            count += len(page)
    return count


def _write_workbook(path: Path, pages: Pages, *, with_footprints: bool) -> int:
    try:
        import openpyxl
    except ImportError:
        raise RuleBrokenError(
            "Writing .xlsx needs openpyxl: pip install 'gis-service[files]', or write .csv.",
            code="format-not-installed",
        ) from None
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("buildings")
    sheet.append(_headings(with_footprints=with_footprints))
    count = 0
    for page in pages:
        count += len(page)
        if count > _MOST_ROWS:
            raise RuleBrokenError(f"A sheet of Excel holds {_MOST_ROWS:,} buildings; write .csv or .gpkg.")
        for one in page:
            cells = _cells(one, with_footprints=with_footprints)
            if any(isinstance(cell, str) and len(cell) > _MOST_CELL for cell in cells):
                raise RuleBrokenError(
                    f"The footprint of {one.code} has more than the {_MOST_CELL:,} characters of a cell; write .gpkg."
                )
            sheet.append([disarm(cell) for cell in cells])
    book.save(path)
    return count


def _write_geojson(path: Path, pages: Pages, head: Mapping[str, Any], *, with_footprints: bool) -> int:
    count = 0
    with path.open("wb") as file:
        file.write(orjson.dumps({"type": "FeatureCollection", **head})[:-1] + b',"features":[')
        for page in pages:
            for one in page:
                shape = one.footprint if with_footprints else None
                place = {"type": "Point", "coordinates": [one.lon, one.lat]}
                geometry = (None if shape is None else mapping(shape)) if with_footprints else place
                row = {column: getattr(one, column) for column in COLUMNS}
                feature = {"type": "Feature", "id": one.code, "properties": row, "geometry": geometry}
                file.write((b",\n" if count else b"\n") + orjson.dumps(feature))
                count += 1
        file.write(b"\n]}\n")
    return count


def _write_layer(path: Path, pages: Pages, *, with_footprints: bool) -> int:
    all_buildings = [one for page in pages for one in page]
    is_shapefile = path.suffix.lower() == ".shp"
    columns: dict[str, NDArray[Any]] = {}
    masks: list[NDArray[np.bool_] | None] = []
    for name in COLUMNS:
        values = [getattr(one, name) for one in all_buildings]
        columns[_SHORT.get(name, name) if is_shapefile else name] = _column(name, values)
        is_absent = np.array([value is None for value in values], dtype=np.bool_)
        masks.append(is_absent if name in {"storeys", "households"} else None)
        if is_shapefile and name in _TEXTS:
            _refuse_long(path, all_buildings, name)
    write_with_gdal(
        path,
        _shapes(all_buildings, with_footprints=with_footprints),
        columns,
        field_mask=masks,
        driver="ESRI Shapefile" if is_shapefile else "GPKG",
        layer=path.stem if is_shapefile else "buildings",
        geometry_type="MultiPolygon" if with_footprints else "Point",
        promote_to_multi=with_footprints,
        crs="EPSG:4326",
    )
    return len(all_buildings)


def _write_zip(path: Path, pages: Pages, *, with_footprints: bool) -> int:
    parts = path.parent / "parts"
    parts.mkdir()
    try:
        count = _write_layer(parts / "buildings.shp", pages, with_footprints=with_footprints)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for part in sorted(parts.iterdir()):
                packed.write(part, part.name)
    finally:
        for part in parts.iterdir():
            part.unlink()
        parts.rmdir()
    return count


def _write_parquet(path: Path, pages: Pages, *, with_footprints: bool) -> int:
    all_buildings = [one for page in pages for one in page]
    columns = {name: [getattr(one, name) for one in all_buildings] for name in COLUMNS}
    types = {
        **dict.fromkeys(_TEXTS, "string"),
        **dict.fromkeys(("lon", "lat"), "float64"),
        **dict.fromkeys(("storeys", "households"), "int32"),
        **dict.fromkeys(("built_on", "verified_on"), "date32"),
    }
    write_geoparquet(path, _shapes(all_buildings, with_footprints=with_footprints), columns, types=types)
    return len(all_buildings)


def _column(name: str, values: Sequence[Any]) -> NDArray[Any]:
    if name in {"storeys", "households"}:
        return np.array([value or 0 for value in values], dtype=np.int32)
    if name in {"lon", "lat"}:
        return np.array(values, dtype=np.float64)
    if name in {"built_on", "verified_on"}:
        days: Sequence[date | None] = values
        return np.array(days, dtype="datetime64[D]")
    return np.array(values, dtype=np.object_)


def _shapes(buildings: Sequence[ExportedBuilding], *, with_footprints: bool) -> NDArray[Any]:
    if not with_footprints:
        return np.array(
            shapely.points(np.array([(one.lon, one.lat) for one in buildings]).reshape(-1, 2)), dtype=object
        )
    shapes: NDArray[np.object_] = np.empty(len(buildings), dtype=np.object_)
    shapes[:] = [one.footprint for one in buildings]
    return shapes


def _refuse_long(path: Path, buildings: Sequence[ExportedBuilding], name: str) -> None:
    long = [one.code for one in buildings if len((getattr(one, name) or "").encode()) > TEXT_BYTES]
    if long:
        raise RuleBrokenError(
            f"The {name} of {', '.join(long[:5])} has more than {TEXT_BYTES} bytes, which a Shapefile would cut off; "
            f"write {path.with_suffix('.gpkg').name}."
        )
