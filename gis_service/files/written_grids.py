"""Grids as files: GeoJSON piece by piece, GeoPackage and Shapefile through GDAL, GeoParquet through pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import orjson
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping

from gis_service.errors import RuleBrokenError
from gis_service.files.written_whole import (
    PARQUET,
    TEXT_BYTES,
    refuse_other_endings,
    write_geoparquet,
    write_whole,
    write_with_gdal,
)
from grid_boundaries.partition import Grid

_DEGREES = (4326, 4490)
_FIRST_PROJECTED, _LAST_PROJECTED = 4513, 4554
_TEXTS = ("code", "name", "level", "parent", "kind")
_DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile"}
SUFFIXES = (".geojson", ".json", *_DRIVERS, PARQUET)

Batches: TypeAlias = Iterable[Sequence[Grid]]


def write_grids(path: Path, batches: Batches, *, epsg: int = 4326, head: Mapping[str, Any] | None = None) -> int:
    """Write grids in the format of the path's ending and return how many; the file appears whole or not at all.

    In degrees every coordinate is the number that is stored; in metres it has all digits of a double, so that
    reading it again gives the same point of the lattice.  The fields are ``code``, ``name``, ``level``, ``parent``,
    ``kind`` and ``households``, which fit the ten bytes of a Shapefile.

    Args:
        path: GeoJSON, GeoPackage, Shapefile (with its ``.cpg``, UTF-8) or GeoParquet; what is there is replaced.
        batches: the grids, in degrees; GeoJSON holds one batch in memory, other formats all of them.
        epsg: 4326, 4490, or a projected system of CGCS2000; GeoJSON takes degrees only.
        head: more members of a GeoJSON FeatureCollection.

    Raises:
        RuleBrokenError: the ending or the system is not written, text is too long for a Shapefile, or writing fails.
    """
    suffix = refuse_other_endings(path, SUFFIXES)
    if epsg not in _DEGREES and not _FIRST_PROJECTED <= epsg <= _LAST_PROJECTED:
        raise RuleBrokenError(
            f"EPSG:{epsg} is not written; take EPSG:4326, EPSG:4490 or EPSG:4513 to 4554.", code="unknown-crs"
        )
    write = _writer(suffix, epsg, head or {})
    return write_whole(path, lambda draft: write(draft, batches))


def _writer(suffix: str, epsg: int, head: Mapping[str, Any]) -> Callable[[Path, Batches], int]:
    if suffix in {".geojson", ".json"}:
        if epsg not in _DEGREES:
            raise RuleBrokenError("GeoJSON is in degrees; take EPSG:4326 or EPSG:4490, or another format.")
        return partial(_write_geojson, epsg=epsg, head=head)
    if suffix == PARQUET:
        return partial(_write_parquet, epsg=epsg)
    return partial(_write_layer, epsg=epsg, driver=_DRIVERS[suffix])


def _write_geojson(path: Path, batches: Batches, *, epsg: int, head: Mapping[str, Any]) -> int:
    # The member crs is no part of RFC 7946; without it, CGCS2000 would pass for WGS 84.
    named = {"crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{epsg}"}}}
    members = {"type": "FeatureCollection", **(named if epsg in _DEGREES[1:] else {}), **head}
    count = 0
    with path.open("wb") as file:
        file.write(orjson.dumps(members)[:-1] + b',"features":[')
        for batch in batches:
            for grid in batch:
                row = {"code": grid.code, **_row(grid)}
                feature = {"type": "Feature", "id": grid.code, "properties": row, "geometry": mapping(grid.shape)}
                file.write((b",\n" if count else b"\n") + orjson.dumps(feature))
                count += 1
        file.write(b"\n]}\n")
    return count


def _row(grid: Grid) -> dict[str, Any]:
    return {
        "name": grid.name,
        "level": grid.level,
        "parent": grid.parent,
        "kind": grid.kind,
        "households": grid.households,
    }


def _write_layer(path: Path, batches: Batches, *, epsg: int, driver: str) -> int:
    grids = [grid for batch in batches for grid in batch]
    if driver == _DRIVERS[".shp"]:
        _refuse_long_names(path, grids)
    columns = {name: np.array([getattr(grid, name) for grid in grids], dtype=object) for name in _TEXTS}
    columns["households"] = np.array([grid.households or 0 for grid in grids], dtype=np.int32)
    unknown = np.array([grid.households is None for grid in grids], dtype=np.bool_)
    write_with_gdal(
        path,
        _shapes(grids, epsg),
        columns,
        field_mask=[*(None for _ in _TEXTS), unknown],
        driver=driver,
        layer="grids" if driver == _DRIVERS[".gpkg"] else path.stem,
        geometry_type="MultiPolygon",
        promote_to_multi=True,
        crs=f"EPSG:{epsg}",
    )
    return len(grids)


def _refuse_long_names(path: Path, grids: Sequence[Grid]) -> None:
    long = [grid.code for grid in grids if len(grid.name.encode()) > TEXT_BYTES]
    if long:
        raise RuleBrokenError(
            f"The names of {', '.join(long[:5])} have more than {TEXT_BYTES} bytes, which a Shapefile would "
            f"cut off; write {path.with_suffix('.gpkg').name}."
        )


def _write_parquet(path: Path, batches: Batches, *, epsg: int) -> int:
    grids = [grid for batch in batches for grid in batch]
    columns = {name: [getattr(grid, name) for grid in grids] for name in (*_TEXTS, "households")}
    types = {**dict.fromkeys(_TEXTS, "string"), "households": "int32"}
    crs = None if epsg == _DEGREES[0] else pyproj.CRS.from_epsg(epsg).to_json_dict()
    write_geoparquet(path, _shapes(grids, epsg), columns, types=types, crs=crs)
    return len(grids)


def _shapes(grids: Sequence[Grid], epsg: int) -> NDArray[np.object_]:
    shapes = np.empty(len(grids), dtype=object)
    shapes[:] = [grid.shape for grid in grids]
    if epsg in _DEGREES:
        return shapes
    plane = pyproj.Transformer.from_crs("EPSG:4490", f"EPSG:{epsg}", always_xy=True)
    return shapely.transform(shapes, lambda points: np.column_stack(plane.transform(points[:, 0], points[:, 1])))
