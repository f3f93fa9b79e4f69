"""The tiny tree of ``ground.py`` as files of every format, with the field names that a Chinese office uses."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyogrio
import shapely
from pyarrow import parquet
from pyproj import Transformer
from shapely.geometry import mapping

from grid_boundaries.partition import Grid

LEVEL_WORDS = {"district": "区", "street": "街道", "community": "社区", "unit_grid": "单元网格"}


def rows_of(grids: list[Grid]) -> list[dict]:
    """What each grid's fields hold."""
    return [
        {
            "网格编码": grid.code,
            "网格名称": grid.name,
            "层级": LEVEL_WORDS[grid.level],
            "上级编码": grid.parent,
            "户数": grid.households,
        }
        for grid in grids
    ]


def shapes_of(grids: list[Grid], epsg: int) -> np.ndarray:
    """The shapes in a system, to the last digit of its doubles."""
    shapes = np.array([grid.shape for grid in grids], dtype=object)
    if epsg in {4326, 4490}:
        return shapes
    plane = Transformer.from_crs("EPSG:4490", f"EPSG:{epsg}", always_xy=True)
    return shapely.transform(shapes, lambda points: np.column_stack(plane.transform(*points.T)))


def write_geojson(path: Path, grids: list[Grid]) -> Path:
    """GeoJSON in degrees."""
    features = [
        {"type": "Feature", "properties": row, "geometry": mapping(grid.shape)}
        for row, grid in zip(rows_of(grids), grids, strict=True)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def write_with_gdal(path: Path, grids: list[Grid], *, epsg: int = 4490, said: int | None = None, **more) -> Path:
    """GeoPackage or Shapefile in a system; ``said`` is what the file says instead."""
    rows = rows_of(grids)
    columns = [
        np.array([row[name] for row in rows], dtype=object) for name in ("网格编码", "网格名称", "层级", "上级编码")
    ]
    columns.append(np.array([row["户数"] for row in rows], dtype=np.int64))
    # Ten bytes hold three characters of UTF-8, five of GBK.
    names = ["wgbm", "名称", "层级", "上级", "户数"] if path.suffix == ".shp" else list(rows[0])
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes_of(grids, epsg)),
        columns,
        names,
        geometry_type="Polygon",
        crs=f"EPSG:{said or epsg}",
        **more,
    )
    return path


def write_parquet(path: Path, grids: list[Grid], geo: dict | None = None, *, epsg: int = 4490) -> Path:
    """GeoParquet; ``geo`` is put over what the geometry column is said to be."""
    rows = rows_of(grids)
    columns = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    columns["geometry"] = pa.array(shapely.to_wkb(shapes_of(grids, epsg)).tolist(), pa.binary())
    said = {"encoding": "WKB", "geometry_types": ["Polygon"], **(geo or {})}
    told = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": said}}
    parquet.write_table(pa.table(columns).replace_schema_metadata({"geo": orjson.dumps(told)}), path)
    return path


def zip_shapefile(shp: Path, archive: Path, stem: str = "网格", *, without: tuple[str, ...] = ()) -> Path:
    """The parts of a Shapefile in a .zip, in a folder, beside a text for people."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("说明.txt", "盘龙区")
        for part in sorted(shp.parent.glob(f"{shp.stem}.*")):
            if part.suffix not in {".zip", *without}:
                opened.write(part, f"数据/{stem}{part.suffix}")
    return archive
