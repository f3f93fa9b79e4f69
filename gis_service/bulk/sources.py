"""A file of points, read batch by batch, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from gis_service.bulk.asked import Asked
from gis_service.bulk.pointing import Pointing
from gis_service.errors import RuleBrokenError


class Source(Protocol):
    """An open file of points."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""

    @property
    def pointing(self) -> Pointing:
        """Where its points are."""

    @property
    def rows(self) -> int | None:
        """How many rows it has; None where only reading it would tell."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield its rows in order.

        Raises:
            RuleBrokenError: it cannot be read to its end.
        """

    def write(self, path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        """Write a file of its own format with these columns.

        Raises:
            OSError: the disk is full or the like.
            RuleBrokenError: the format cannot hold them.
        """


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a file are kept, and the schema of what is written."""

    kept: tuple[int, ...]
    schema: pa.Schema

    @classmethod
    def of(cls, source: Source, added: pa.Schema, asked: Asked) -> Columns:
        """Return the columns of a file with those added at their end.

        Raises:
            RuleBrokenError: one is there already and ``asked.overwrite_columns`` is not set.
        """
        new = {name.lower() for name in added.names}
        there = [name for name in source.schema.names if name.lower() in new]
        if there and not asked.overwrite_columns:
            raise RuleBrokenError(
                f"{source.path} has the columns {', '.join(there)} already; rename them, or replace them with "
                "--overwrite-columns. 输入已有同名列，请改名或使用 --overwrite-columns。",
                code="columns-there",
            )
        kept = tuple(place for place, name in enumerate(source.schema.names) if name.lower() not in new)
        fields = [*(source.schema.field(place) for place in kept), *added]
        return cls(kept, pa.schema(fields, source.schema.metadata))

    def joined(self, batch: pa.RecordBatch, added: list[pa.Array]) -> pa.RecordBatch:
        """Return a batch of the file with its new columns."""
        return pa.RecordBatch.from_arrays([*(batch.column(place) for place in self.kept), *added], schema=self.schema)
