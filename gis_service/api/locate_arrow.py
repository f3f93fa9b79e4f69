"""Points as an Arrow stream, answered by the same record batches with the owner of each row."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np
import pyarrow as pa
from anyio import to_thread
from numpy.typing import NDArray

from gis_service.api.arrow_messages import ArrowMessage, Kind, MessageSplitter, broken
from gis_service.domain.coordinates import points_in_wgs84
from gis_service.errors import InputFault, RuleBrokenError, ServiceError, TooLargeError
from gis_service.use_cases.locate_batch import BatchGround

OWNER_COLUMN = "grid_code"
EDITION_KEY = b"edition"

BROKEN_OFF = b"\xff\xff\xff\xff\x10\x00\x00\x00"
"""Announces a message that does not come: what ends with it fails to be read, also where the connection's end is
taken for that of the stream.
"""


async def answer_arrow(
    pieces: AsyncIterator[bytes], ground: BatchGround, crs: str, most_points: int
) -> AsyncGenerator[bytes]:
    """Yield the answer to a stream, record batch by record batch; the first piece answers the first batch.

    A refusal before that is raised with nothing yielded; a later one breaks the stream off and is raised then.
    """
    splitter, answers = MessageSplitter(), ArrowAnswers(ground, crs, most_points)
    has_begun = False
    try:
        async for piece in pieces:
            for message in splitter.feed(piece):
                answer = await to_thread.run_sync(answers.answer, message)
                if answer:
                    has_begun = True
                    yield answer
        splitter.end()
        yield await to_thread.run_sync(answers.end)
    except ServiceError:
        if has_begun:
            yield BROKEN_OFF
        raise


class ArrowAnswers:
    """Answers the messages of one stream."""

    def __init__(self, ground: BatchGround, crs: str, most_points: int) -> None:
        self._ground = ground
        self._crs = crs
        self._most_points = most_points
        self._codes: pa.StringArray | None = None
        self._waiting = _Waiting()
        self._reader: pa.RecordBatchStreamReader | None = None
        self._written = io.BytesIO()
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._answered: pa.Schema | None = None

    def answer(self, message: ArrowMessage) -> bytes:
        """Return what the next message is answered with: empty but for a record batch.

        Raises:
            RuleBrokenError: the stream cannot be read, code ``invalid-arrow``; a column is missing, of another type
                or has nulls; a point is no place on earth.
            TooLargeError: the batch has too many points, code ``too-many-points``.
            UnavailableError: the database is asked and does not answer.
        """
        if message.kind is Kind.END:
            return b""
        if (self._reader is None) is not (message.kind is Kind.SCHEMA):
            raise broken("a stream begins with its schema, which comes once")
        self._waiting.add(message.content)
        try:
            if self._reader is None:
                self._reader = pa.ipc.open_stream(self._waiting)
                self._begin(self._reader.schema)
            if message.kind is not Kind.RECORD_BATCH:
                return b""
            batch = self._reader.read_next_batch()
            # What comes from outside may point outside itself.
            batch.validate(full=True)
        except (pa.ArrowException, OSError, StopIteration, UnicodeDecodeError) as error:
            raise broken(f"{error}") from None
        return self._answer_batch(batch)

    def end(self) -> bytes:
        """Return the end of the answer.

        Raises:
            RuleBrokenError: there was no schema, code ``invalid-arrow``.
        """
        if self._writer is None:
            raise broken("it has no schema")
        self._writer.close()
        return self._take()

    def _begin(self, schema: pa.Schema) -> None:
        for name in ("lon", "lat"):
            if len(schema.get_all_field_indices(name)) != 1:
                raise _wrong_column(name, "there must be one column of this name")
            if schema.field(name).type not in {pa.float64(), pa.float32()}:
                raise _wrong_column(name, f"must be float64 or float32, not {schema.field(name).type}")
        if OWNER_COLUMN in schema.names:
            raise _wrong_column(OWNER_COLUMN, "is what the answer adds; give the column another name")
        metadata = {**(schema.metadata or {}), EDITION_KEY: str(self._ground.edition)}
        self._answered = schema.append(pa.field(OWNER_COLUMN, pa.string())).with_metadata(metadata)
        self._codes = pa.array(self._ground.codes[:-1].tolist(), pa.string())
        self._writer = pa.ipc.new_stream(self._written, self._answered)

    def _answer_batch(self, batch: pa.RecordBatch) -> bytes:
        if batch.num_rows > self._most_points:
            sentence = f"a record batch has {batch.num_rows} points, more than the {self._most_points} taken"
            raise TooLargeError(f"{sentence}; send smaller ones", code="too-many-points")
        lons, lats = points_in_wgs84(_numbers(batch, "lon"), _numbers(batch, "lat"), self._crs, pointers=("", ""))
        owners = self._ground.owners_of(lons, lats)
        assert self._codes is not None  # noqa: S101 - a schema has gone before
        assert self._writer is not None  # noqa: S101 - as above
        codes = self._codes.take(pa.array(owners, mask=owners < 0))
        answer = pa.RecordBatch.from_arrays([*batch.columns, codes], schema=self._answered)
        try:
            self._writer.write_batch(answer)
        except pa.ArrowException as error:
            raise broken(f"{error}") from None
        return self._take()

    def _take(self) -> bytes:
        """Return what has been written since the last time."""
        taken = self._written.getvalue()
        self._written.seek(0)
        self._written.truncate()
        return taken


class _Waiting:
    """Messages that the reader has not read yet, as the file that it reads from."""

    closed = False

    def __init__(self) -> None:
        self._content = bytearray()

    def add(self, content: bytes) -> None:
        """Append a message."""
        self._content += content

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer only when no more are there."""
        taken = bytes(self._content[:size])
        del self._content[:size]
        return taken

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _numbers(batch: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    """Return a column as numbers that own or borrow aligned memory.

    Raises:
        RuleBrokenError: it has nulls.
    """
    column = batch.column(name)
    if column.null_count:
        row = column.is_null().index(True).as_py()
        raise _wrong_column(name, f"has {column.null_count} nulls, the first in row {row}; every point needs both")
    return np.require(column.to_numpy(), np.float64, ["C", "A"])


def _wrong_column(name: str, sentence: str) -> RuleBrokenError:
    return RuleBrokenError(f"column {name}: {sentence}", faults=[InputFault(f"/{name}", sentence)])
