"""Files of buildings, read part by part: CSV, Excel, GeoJSON, GeoPackage, Shapefile, GeoParquet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gis_service.errors import RuleBrokenError
from gis_service.files.building_layers import open_layer, open_parquet
from gis_service.files.building_parts import OpenedFile
from gis_service.files.building_tables import open_csv, open_workbook
from gis_service.files.geojson import SUFFIXES as GEOJSON
from gis_service.files.geojson import read_geojson
from gis_service.files.geoparquet import SUFFIXES as PARQUET
from gis_service.files.vector_features import parts_of_features
from gis_service.files.zipped import take_out_shapefile

CSV = (".csv", ".txt")
WORKBOOKS = (".xlsx", ".xlsm")
LAYERS = (".gpkg", ".shp")
SUFFIXES = (*CSV, *WORKBOOKS, *GEOJSON, *LAYERS, ".zip", *PARQUET)
MOST_BYTES = 4 * 1024**3
"""A packed file may unpack to this many bytes."""


@contextmanager
def open_building_file(
    path: Path, *, layer: str | None = None, crs: str | None = None, most_bytes: int = MOST_BYTES
) -> Iterator[OpenedFile]:
    """Give a file of buildings, to be read as often as needed inside the block.

    All but GeoJSON, which is one piece of JSON, are read part by part.

    Args:
        path: its ending says what it is.
        layer: the layer of a GeoPackage, the Shapefile of a .zip or the sheet of a workbook; the first by default.
        crs: the system of a vector file that does not say its own.
        most_bytes: how much a packed file may unpack to.

    Raises:
        RuleBrokenError: it is not there, cannot be read, or has an ending that is not known.
        TooLargeError: it unpacks to more than ``most_bytes``.
    """
    suffix = path.suffix.lower()
    if not path.is_file():
        raise RuleBrokenError(f"There is no file {path}. 文件不存在。", code="unreadable-file")
    if suffix in CSV:
        yield open_csv(path)
    elif suffix in WORKBOOKS:
        yield open_workbook(path, layer, most_bytes=most_bytes)
    elif suffix in GEOJSON:
        yield parts_of_features(read_geojson(path, crs))
    elif suffix in PARQUET:
        yield open_parquet(path, crs, most_bytes=most_bytes)
    elif suffix in LAYERS:
        yield open_layer(path, layer, crs)
    elif suffix == ".zip":
        with tempfile.TemporaryDirectory(prefix="gis-") as folder:
            part = take_out_shapefile(path, Path(folder), layer, most_bytes=most_bytes)
            yield open_layer(part, None, crs)
    else:
        raise RuleBrokenError(
            f"{path} has an ending that is not known; import one of {', '.join(SUFFIXES)}. 不支持的文件格式。",
            code="unknown-format",
        )
