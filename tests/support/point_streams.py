"""Points in the forms that batches take."""

from __future__ import annotations

import io
from collections.abc import Iterable

import orjson
import pyarrow as pa


def arrow_stream(*batches: pa.RecordBatch, schema: pa.Schema | None = None) -> bytes:
    """An Arrow stream of record batches."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema or batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def point_batch(places: Iterable[tuple[float, float]], **more) -> pa.RecordBatch:
    """A record batch of points, with further columns."""
    lons, lats = zip(*places, strict=True)
    return pa.record_batch({"lon": pa.array(lons, pa.float64()), "lat": pa.array(lats, pa.float64()), **more})


def read_arrow(stream: bytes) -> pa.Table:
    """The table of an Arrow stream."""
    return pa.ipc.open_stream(stream).read_all()


def json_lines(values: Iterable[object]) -> bytes:
    """A line of JSON for each value."""
    return b"".join(orjson.dumps(value) + b"\n" for value in values)


def read_lines(answer: bytes) -> list[dict]:
    """The values of lines of JSON."""
    return [orjson.loads(line) for line in answer.splitlines()]
