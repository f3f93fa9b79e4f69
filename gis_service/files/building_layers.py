"""Layers of buildings, read part by part: GeoPackage and Shapefile through GDAL, GeoParquet through pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gis_service.errors import RuleBrokenError, TooLargeError
from gis_service.files.building_parts import ROWS_OF_A_PART, OpenedFile, RowPart
from gis_service.files.gdal import refuse_other_beginning
from gis_service.files.geoparquet import covering_columns, geometry_column
from gis_service.files.systems import expect_degrees, system_of


def open_layer(path: Path, layer: str | None, crs: str | None) -> OpenedFile:
    """Return one layer of a GeoPackage, or a Shapefile; features count from 1 in the order of the file.

    Text of a Shapefile without a ``.cpg`` is read as UTF-8 and, where it is not, as GB 18030.

    Args:
        path: the file.
        layer: which of several layers; the first by default.
        crs: the system of a file that does not say it.

    Raises:
        RuleBrokenError: it cannot be read, has no such layer, or does not say its coordinate system.
    """
    import pyogrio

    refuse_other_beginning(path)
    with _telling_of_gdal(path):
        chosen = layer if layer is not None else str(pyogrio.list_layers(path)[0][0])
        encoding = _encoding_of(path, chosen)
        info = pyogrio.read_info(path, layer=chosen, encoding=encoding, force_feature_count=True)
    headings = [str(name) for name in info["fields"]]
    declared = info["crs"] if info["crs"] is not None else crs
    if not info["features"]:
        raise RuleBrokenError(f"{path} holds no features. 文件中没有要素。", code="no-features")

    def parts() -> Iterator[RowPart]:
        for first in range(0, int(info["features"]), ROWS_OF_A_PART):
            with _telling_of_gdal(path):
                _, _, geometries, columns = pyogrio.raw.read(
                    path, layer=chosen, encoding=encoding, skip_features=first, max_features=ROWS_OF_A_PART
                )
            count = len(columns[0]) if columns else 0 if geometries is None else len(geometries)
            shapes = np.full(count, None) if geometries is None else _shapes(geometries)
            rows = list(zip(*(column.tolist() for column in columns), strict=True)) if columns else [()] * count
            if declared is None:
                expect_degrees(path, shapes)
            yield RowPart(range(first + 1, first + 1 + count), rows, shapes)

    return OpenedFile(
        headings,
        parts,
        encoding=encoding.lower() if encoding else None,
        crs=None if declared is None else system_of(path, declared),
        rows=int(info["features"]),
        has_shapes=True,
    )


def open_parquet(path: Path, crs: str | None, *, most_bytes: int) -> OpenedFile:
    """Return a GeoParquet file; rows count from 1.

    Raises:
        RuleBrokenError: it is no GeoParquet, or does not say its coordinate system where its numbers are no degrees.
        TooLargeError: it is larger than ``most_bytes``.
    """
    from pyarrow import parquet

    with _telling_of_arrow(path), parquet.ParquetFile(path) as file:
        metadata = file.metadata
        unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
        if unpacked > most_bytes:
            raise TooLargeError(f"{path} unpacks to {unpacked} bytes; at most {most_bytes} are taken at once.")
        primary, column = geometry_column(path, (metadata.metadata or {}).get(b"geo"))
        left_out = {primary, *covering_columns(column)}
        headings = [name for name in file.schema_arrow.names if name not in left_out]
        count = metadata.num_rows
    declared = column.get("crs", "OGC:CRS84")
    declared = crs if declared is None else declared

    def parts() -> Iterator[RowPart]:
        first = 1
        with _telling_of_arrow(path), parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_OF_A_PART, columns=[primary, *headings]):
                shapes = _shapes(np.array(batch.column(primary).to_pylist(), dtype=np.object_))
                if declared is None:
                    expect_degrees(path, shapes)
                cells = [batch.column(name).to_pylist() for name in headings]
                rows = list(zip(*cells, strict=True)) if cells else [()] * len(shapes)
                yield RowPart(range(first, first + len(shapes)), rows, shapes)
                first += len(shapes)

    system = None if declared is None else system_of(path, declared)
    return OpenedFile(headings, parts, crs=system, rows=count, has_shapes=True)


def _shapes(written: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    shapes: np.ndarray[Any, np.dtype[np.object_]] = shapely.from_wkb(written, on_invalid="ignore")
    return shapes


def _encoding_of(path: Path, layer: str) -> str | None:
    """Return the encoding of a Shapefile that does not name it; None for all else."""
    import pyogrio

    if path.suffix.lower() != ".shp" or any(path.with_suffix(end).exists() for end in (".cpg", ".CPG")):
        return None
    for encoding in ("UTF-8", "GB18030"):
        try:
            pyogrio.raw.read(path, layer=layer, encoding=encoding, read_geometry=False)
        except UnicodeDecodeError:
            continue
        return encoding
    raise RuleBrokenError(
        f"The text of {path} is neither UTF-8 nor GB 18030; add a .cpg file that names its encoding.",
        code="unknown-encoding",
    )


@contextmanager
def _telling_of_gdal(path: Path) -> Iterator[None]:
    from pyogrio import errors

    try:
        yield
    except (
        errors.DataSourceError,
        errors.DataLayerError,
        errors.FeatureError,
        errors.GeometryError,
        errors.FieldError,
        UnicodeDecodeError,
        IndexError,
    ) as error:
        reason = str(error).split(";")[0].replace(str(path), path.name).rstrip(".") or "it has no layer"
        raise RuleBrokenError(f"{path} is not readable: {reason}.", code="unreadable-file") from None


@contextmanager
def _telling_of_arrow(path: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, KeyError, OSError, TypeError, ValueError) as error:
        reason = str(error).strip("'\"").splitlines()[0].rstrip(".") if str(error) else "it is damaged"
        raise RuleBrokenError(f"{path} is not readable as GeoParquet: {reason}.", code="unreadable-file") from None
