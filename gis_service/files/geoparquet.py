"""GeoParquet files as features; read by pyarrow, since GDAL of pyogrio's wheels comes without Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import shapely

from gis_service.errors import RuleBrokenError, TooLargeError
from gis_service.files.features import Feature, VectorFile
from gis_service.files.systems import expect_degrees, system_of

SUFFIXES = (".parquet", ".geoparquet")


def read_geoparquet(path: Path, crs: str | None = None, *, most_bytes: int) -> VectorFile:
    """Return the features of a GeoParquet file.

    Args:
        path: the file.
        crs: the system of a file whose metadata say that it is unknown.
        most_bytes: a table that is larger unpacked is refused before it is read.

    Raises:
        RuleBrokenError: it is no GeoParquet, or its geometry is written in a way that is not read.
        TooLargeError: it is larger than ``most_bytes``.

    Source:
        GeoParquet 1.1.0: metadata under the key ``geo``; without a member ``crs`` degrees, longitude first
        (OGC:CRS84); ``crs: null`` is unknown.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise RuleBrokenError(
            f"Reading {path.suffix} needs pyarrow: pip install 'gis-service[files]', or convert the file to GeoJSON.",
            code="format-not-installed",
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            metadata = file.metadata
            unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
            if unpacked > most_bytes:
                raise TooLargeError(f"{path} unpacks to {unpacked} bytes; at most {most_bytes} are taken at once.")
            primary, column = geometry_column(path, (metadata.metadata or {}).get(b"geo"))
            table = file.read()
        shapes = shapely.from_wkb(table.column(primary).to_numpy(), on_invalid="ignore")
        rows = table.drop_columns([primary, *covering_columns(column)]).to_pylist() or [{} for _ in shapes]
    except (pa.ArrowException, KeyError, OSError, TypeError, ValueError) as error:
        reason = str(error).strip("'\"").splitlines()[0].rstrip(".") if str(error) else "it is damaged"
        raise RuleBrokenError(f"{path} is not readable as GeoParquet: {reason}.", code="unreadable-file") from None
    declared = column.get("crs", "OGC:CRS84")
    declared = crs if declared is None else declared
    if declared is None:
        expect_degrees(path, shapes)
    features = tuple(Feature(row, shape) for row, shape in zip(rows, shapes, strict=True))
    return VectorFile(path, features, crs=None if declared is None else system_of(path, declared))


def geometry_column(path: Path, geo: bytes | None) -> tuple[str, Mapping[str, Any]]:
    """Return the name of the primary geometry column and what the metadata say of it."""
    try:
        told = orjson.loads(geo or b"")
        primary = str(told["primary_column"])
        column = told["columns"][primary]
        encoding, edges = str(column["encoding"]), column.get("edges", "planar")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise RuleBrokenError(
            f"{path} is Parquet but no GeoParquet: it has no metadata 'geo' that name its geometry.",
            code="unreadable-file",
        ) from None
    if encoding.upper() != "WKB" or edges != "planar":
        raise RuleBrokenError(
            f"The geometry of {path} has the encoding {encoding} and {edges} edges; write it with the encoding "
            "WKB and planar edges.",
            code="unreadable-file",
        )
    return primary, column


def covering_columns(column: Mapping[str, Any]) -> list[str]:
    """Return the columns that only repeat the boxes of the geometries (GeoParquet 1.1, ``covering``)."""
    covering = column.get("covering")
    box = covering.get("bbox", {}) if isinstance(covering, dict) else {}
    return sorted({str(steps[0]) for steps in box.values() if isinstance(steps, list) and steps})
