"""One file through a locator: read, look up, join, written as it goes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa

from gis_service.bulk.asked import Asked, BadRowsError
from gis_service.bulk.csv_points import SUFFIXES as CSV
from gis_service.bulk.csv_points import CsvSource
from gis_service.bulk.ownership import Owned, Ownership
from gis_service.bulk.parquet_points import SUFFIXES as PARQUET
from gis_service.bulk.parquet_points import ParquetSource
from gis_service.bulk.sources import Columns, Source
from gis_service.bulk.tally import Tally
from gis_service.bulk.vector_points import WRITTEN, VectorSource
from gis_service.errors import RuleBrokenError


def open_source(path: Path, asked: Asked) -> Source:
    """Return a file of points, opened by its ending.

    Raises:
        RuleBrokenError: it is not there, cannot be read, or holds no coordinates.
    """
    if not path.is_file():
        raise RuleBrokenError(f"There is no file {path}.", code="unreadable-file")
    suffix = path.suffix.lower()
    if suffix in CSV or suffix in PARQUET:
        if asked.layer is not None:
            raise RuleBrokenError(f"{path} has no layers; leave --layer {asked.layer} out.", code="no-layers")
        return CsvSource.open(path, asked) if suffix in CSV else ParquetSource.open(path, asked)
    return VectorSource.open(path, asked)


def refuse_other_format(source: Source, out: Path) -> None:
    """Refuse to write another kind of format than is read.

    Raises:
        RuleBrokenError: the sentence names the endings that are written.
    """
    endings = CSV if isinstance(source, CsvSource) else PARQUET if isinstance(source, ParquetSource) else WRITTEN
    if out.suffix.lower() not in endings:
        raise RuleBrokenError(
            f"{source.path} is written in the format that it has: -o with one of {', '.join(endings)}.",
            code="other-format",
        )


class Stream:
    """The rows of a file with their owners, in order; at most a few batches are held.

    With more than one worker that many threads look up and join, while one reads and one writes; Arrow and the
    locator let go of Python's lock.
    """

    def __init__(self, source: Source, ownership: Ownership, asked: Asked, part: str = "", workers: int = 1) -> None:
        self._source, self._ownership, self._asked, self._part = source, ownership, asked, part
        self._workers = workers
        self._columns = Columns.of(source, ownership.schema, asked)
        self.schema = self._columns.schema
        self.tally = Tally()

    def batches(self, on_rows: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
        """Yield the rows; ``tally`` counts those that have been yielded, ``on_rows`` is told each number.

        Raises:
            BadRowsError: a row has no usable coordinates and ``asked.strict`` is set.
            RuleBrokenError: the file cannot be read to its end.
        """
        for joined, owned in self._answered():
            self.tally += Tally.of(owned, self._part, self.tally.points)
            if self.tally.bad and self._asked.strict:
                first = self.tally.first_bad[0]
                raise BadRowsError(f"{self._source.path}, row {first.row}: {first.reason}; nothing was written.")
            yield joined
            on_rows(len(owned.owners))

    def _answered(self) -> Iterator[tuple[pa.RecordBatch, Owned]]:
        if self._workers == 1:
            yield from map(self._answer, self._source.batches())
            return
        waiting = deque[Future[tuple[pa.RecordBatch, Owned]]]()
        with ThreadPoolExecutor(self._workers) as pool:
            try:
                for batch in self._source.batches():
                    waiting.append(pool.submit(self._answer, batch))
                    if len(waiting) > self._workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _answer(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, Owned]:
        pointing = self._source.pointing
        owned = self._ownership.of_points(pointing.points_of(batch), pointing.crs)
        return self._columns.joined(batch, owned.columns), owned
