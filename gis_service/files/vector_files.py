"""Vector files of any format as features: GeoJSON by itself, GeoParquet through pyarrow, all others through GDAL."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from gis_service.errors import RuleBrokenError
from gis_service.files.degrees import convert_to_degrees
from gis_service.files.features import Feature, VectorFile
from gis_service.files.gdal import read_with_gdal
from gis_service.files.geojson import SUFFIXES as GEOJSON
from gis_service.files.geojson import read_geojson
from gis_service.files.geoparquet import SUFFIXES as PARQUET
from gis_service.files.geoparquet import read_geoparquet
from gis_service.files.systems import system_of
from gis_service.files.zipped import take_out_shapefile

__all__ = ["Feature", "VectorFile", "convert_to_degrees", "read_vector_file"]

MOST_BYTES = 4 * 1024**3
"""A packed file may unpack to this many bytes: some millions of grids."""


def read_vector_file(
    path: Path, layer: str | None = None, *, crs: str | None = None, most_bytes: int = MOST_BYTES
) -> VectorFile:
    """Return the features of a file, in its own coordinates.

    Args:
        path: GeoJSON (``.json``, ``.geojson``), GeoParquet (``.parquet``), a Shapefile in a ``.zip``, or anything
            that GDAL reads where pyogrio is installed.
        layer: which layer of a file with several; the first when left out.
        crs: the system of a file that does not say its own.
        most_bytes: how much a packed file may unpack to.

    Raises:
        RuleBrokenError: the file is not there or cannot be read, has no features, or does not say its coordinate
            system while its numbers are no degrees, or says another than ``crs``.  The sentence says what to do.
        TooLargeError: it unpacks to more than ``most_bytes``.
    """
    if not path.is_file():
        raise RuleBrokenError(f"There is no file {path}.", code="unreadable-file")
    wanted = None if crs is None else system_of(path, crs)
    suffix = path.suffix.lower()
    if suffix in (*GEOJSON, *PARQUET) and layer is not None:
        name = "GeoJSON" if suffix in GEOJSON else "GeoParquet"
        raise RuleBrokenError(f"{path} is {name}, which has no layers; leave --layer {layer} out.", code="no-layers")
    if suffix in GEOJSON:
        file = read_geojson(path, crs)
    elif suffix in PARQUET:
        file = read_geoparquet(path, crs, most_bytes=most_bytes)
    elif suffix == ".zip":
        with tempfile.TemporaryDirectory(prefix="gis-") as folder:
            part = take_out_shapefile(path, Path(folder), layer, most_bytes=most_bytes)
            try:
                file = replace(read_with_gdal(part, None, crs), path=path)
            except RuleBrokenError as error:
                error.detail = error.detail.replace(str(part), str(path))
                raise
    else:
        file = read_with_gdal(path, layer, crs)
    if not file.features:
        raise RuleBrokenError(f"{path} holds no features.", code="no-features")
    if crs is not None and file.crs != wanted:
        said = "degrees (WGS 84 or CGCS2000)" if file.crs is None else file.crs.name
        raise RuleBrokenError(
            f"{path} says that it is in {said}, not in {crs}; leave --crs out, or correct the file.",
            code="crs-contradicted",
        )
    return file
