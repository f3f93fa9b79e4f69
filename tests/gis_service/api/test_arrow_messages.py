from __future__ import annotations

import gzip
import re
import struct
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from gis_service.api.arrow_messages import Kind, MessageSplitter
from gis_service.errors import RuleBrokenError, ServiceError, TooLargeError
from tests.support.point_streams import arrow_stream, point_batch

WORDS = pa.array(["a", "b", "a"]).dictionary_encode()
WORDS_TABLE = pa.table({"word": WORDS})
STREAM = arrow_stream(point_batch([(102.7, 25.0)] * 3, word=WORDS), point_batch([(102.7, 25.0)] * 3, word=WORDS))
KINDS = [Kind.SCHEMA, Kind.DICTIONARY, Kind.RECORD_BATCH, Kind.RECORD_BATCH, Kind.END]


def split(body: bytes) -> None:
    splitter = MessageSplitter()
    splitter.feed(body)
    splitter.end()


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_messages_do_not_depend_on_how_they_come(cuts):
    """However the stream is cut, its messages are these and make up the whole."""
    splitter = MessageSplitter()
    messages = []
    for start, end in pairwise(sorted({0, len(STREAM), *cuts})):
        messages += splitter.feed(STREAM[start:end])
    splitter.end()
    assert [message.kind for message in messages] == KINDS
    assert b"".join(message.content for message in messages) == STREAM


@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda rest: b"\xff\xff\xff\xff\x18\0\0\0" + rest))
def test_any_bytes_are_messages_or_are_refused(body):
    """Nothing else can happen."""
    try:
        split(body)
    except ServiceError as error:
        assert error.code in {"invalid-arrow", "message-too-large", "compressed-arrow"}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"\0\1lon,lat\n1,2\n", "does not begin with FF FF FF FF"),
        (STREAM[:-8] + b"ARROW1\0\0", "does not begin with FF FF FF FF"),
        (STREAM[:-20], "ends within a message"),
        (STREAM + b"\0", "bytes follow the end"),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff", "negative length"),
        (b"\xff\xff\xff\xff" + struct.pack("<i", 2**30), "metadata of 1073741824 bytes, more than"),
    ],
)
def test_a_broken_stream_is_refused_with_its_reason(body, sentence):
    """Any bytes, a stream cut short, one with something behind it, and lengths that cannot be."""
    with pytest.raises(ServiceError, match=sentence):
        split(body)


def arrow_file() -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, WORDS_TABLE.schema) as writer:
        writer.write_table(WORDS_TABLE)
    return sink.getvalue().to_pybytes()


def parquet_file() -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(WORDS_TABLE, sink)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (arrow_file(), "this is an Arrow file (Feather); write the record batches with pyarrow.ipc.new_stream"),
        (parquet_file(), "this is Parquet; read it, and send its record batches"),
        (gzip.compress(STREAM), "this is gzip; send the stream as it is"),
        (b"PK\3\4\x14\0\0\0", "this is a ZIP archive"),
        (b"lon,lat\n1,2\n", "this is text, such as CSV or JSON"),
        ("\ufeff经度,纬度\n".encode(), "this is text, such as CSV or JSON"),
        (b'{"lons":[1],"lats":[2]}', "this is text, such as CSV or JSON"),
    ],
)
@pytest.mark.parametrize("piece_bytes", [1, 3, 65536])
def test_another_format_is_called_by_its_name(body, sentence, piece_bytes):
    """Real files of each kind, whole and byte by byte."""
    splitter = MessageSplitter()
    pieces = [body[start : start + piece_bytes] for start in range(0, len(body), piece_bytes)]
    with pytest.raises(RuleBrokenError, match=re.escape(sentence)) as refused:
        list(map(splitter.feed, pieces))
    assert refused.value.code == "invalid-arrow"


def test_a_body_that_announces_too_much_is_refused_before_it_comes():
    """The length of the first body, found in its metadata, made 2^40."""
    schema, dictionary, *_ = MessageSplitter().feed(STREAM)
    body_bytes = len(dictionary.content) - 8 - struct.unpack_from("<i", dictionary.content, 4)[0]
    metadata = dictionary.content[:-body_bytes]
    assert metadata.count(struct.pack("<q", body_bytes)) >= 1
    announced = metadata.replace(struct.pack("<q", body_bytes), struct.pack("<q", 2**40))
    with pytest.raises(TooLargeError, match="a body of 1099511627776 bytes"):
        MessageSplitter().feed(schema.content + announced)


def test_compressed_batches_are_refused():
    """A small body may claim any size."""
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    sink = pa.BufferOutputStream()
    batch = point_batch([(102.7, 25.0)] * 3)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    with pytest.raises(RuleBrokenError, match="without compression"):
        MessageSplitter().feed(sink.getvalue().to_pybytes())
