"""Points in Parquet: two columns, or the geometry of a GeoParquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
from pyarrow import parquet

from gis_service.bulk.asked import BATCH, Asked, telling_of
from gis_service.bulk.pointing import Pointing, point_by_columns, point_by_geometry
from gis_service.errors import RuleBrokenError

SUFFIXES = (".parquet", ".geoparquet")


@dataclass(frozen=True, slots=True)
class ParquetSource:
    """A Parquet file, or some of its row groups."""

    path: Path
    schema: pa.Schema
    pointing: Pointing
    rows: int
    groups: tuple[int, ...] | None = None

    @classmethod
    def open(cls, path: Path, asked: Asked, groups: Sequence[int] | None = None) -> ParquetSource:
        """Return a file after a look at its metadata.

        Raises:
            RuleBrokenError: it is no Parquet, or holds no coordinates.
        """
        with telling_of(path), parquet.ParquetFile(path) as file:
            schema, meta = file.schema_arrow, file.metadata
            numbers = range(meta.num_row_groups) if groups is None else groups
            rows = sum(meta.row_group(number).num_rows for number in numbers)
        pointing = _pointing(path, schema, asked)
        return cls(path, schema, pointing, rows, None if groups is None else tuple(groups))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield its rows in order.

        Raises:
            RuleBrokenError: it is damaged or has gone.
        """
        with telling_of(self.path), parquet.ParquetFile(self.path) as file:
            if file.schema_arrow != self.schema:
                raise RuleBrokenError(f"{self.path} has changed while it was read.", code="unreadable-file")
            yield from file.iter_batches(BATCH, row_groups=None if self.groups is None else list(self.groups))

    def write(
        self,
        path: Path,
        schema: pa.Schema,
        batches: Iterator[pa.RecordBatch],
        marks: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        """Write Parquet; ``marks`` go into its metadata, and are asked for when all is written."""
        # Measures hardly ever come twice; to try costs a third of all.
        words = [field.name for field in schema if not pa.types.is_floating(field.type)]
        with parquet.ParquetWriter(path, schema, use_dictionary=words) as writer:
            for batch in batches:
                writer.write_batch(batch)
            if marks is not None:
                writer.add_key_value_metadata(dict(marks()))


def row_groups(path: Path) -> list[int]:
    """Return the number of rows of each row group.

    Raises:
        RuleBrokenError: it is no Parquet.
    """
    with telling_of(path):
        meta = parquet.read_metadata(path)
        return [meta.row_group(number).num_rows for number in range(meta.num_row_groups)]


def marks_of(path: Path) -> Mapping[str, str]:
    """Return the texts in the metadata of a Parquet file; none for a file that is no Parquet."""
    try:
        found = parquet.read_metadata(path).metadata or {}
        return {key.decode(): value.decode() for key, value in found.items() if key != b"ARROW:schema"}
    except (pa.ArrowException, OSError, UnicodeError):
        return {}


def _pointing(path: Path, schema: pa.Schema, asked: Asked) -> Pointing:
    geo = (schema.metadata or {}).get(b"geo")
    if geo is None or asked.lon is not None or asked.lat is not None:
        return point_by_columns(path, schema, asked)
    name, column = _geometry_of(path, geo)
    place = schema.get_field_index(name)
    if place < 0:
        raise _unreadable(path, f"its metadata name the geometry {name}, which is not there")
    if str(column.get("encoding", "")).upper() != "WKB":
        raise _unreadable(path, f"its geometry has the encoding {column.get('encoding')}; WKB is read")
    declared = column.get("crs", "OGC:CRS84")
    return point_by_geometry(path, place, declared, asked)


def _geometry_of(path: Path, geo: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        told = orjson.loads(geo)
        name = str(told["primary_column"])
        column = dict(told["columns"][name])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        raise _unreadable(path, "its metadata 'geo' are damaged") from None
    return name, column


def _unreadable(path: Path, reason: str) -> RuleBrokenError:
    return RuleBrokenError(f"{path} is not readable as GeoParquet: {reason}.", code="unreadable-file")
