from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from gis_service.api.arrow_messages import MessageSplitter
from gis_service.api.locate_arrow import ArrowAnswers
from gis_service.api.locate_batch import locate_batch_routes
from gis_service.api.media_types import ARROW
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import ServiceError
from gis_service.use_cases.locate_batch import BatchGround
from tests.support.lookup_clients import BATCH_LIMIT, lookup_client
from tests.support.lookups import SECOND
from tests.support.point_streams import arrow_stream, point_batch, read_arrow
from tests.support.tree import at

PLACES = [at(2.5, 0.5), at(30, 30), at(1, 1)]
JANUARY_5 = "2026-01-05T00:00:00Z"
NOBODY_THERE = BatchGround(
    7, np.array(["A", None], dtype=np.object_), lambda lons, _: np.full(len(lons), -1, np.int32)
)
WORDS = pa.array(["a", None, "c"]).dictionary_encode()
STREAM = arrow_stream(point_batch(PLACES, word=WORDS, text=["x", None, "zz"], many=[[1], [], [2, 3]]))


@pytest.fixture(scope="module")
def client(lookup_sessions) -> Iterator[TestClient]:
    """The service on the 20th: edition 2 in memory, edition 1 in the database only."""
    with lookup_client(lambda: UnitOfWork(lookup_sessions), SECOND.replace(day=20), locate_batch_routes) as made:
        yield made


def post(client: TestClient, body: bytes, **query):
    return client.post("/v1/locate/batch", params=query, content=body, headers={"content-type": ARROW})


def test_record_batches_come_back_with_owners(client):
    """Two batches, their other columns and metadata as they were; edition 1 from the database, 2 from memory."""
    batch = point_batch(PLACES, word=WORDS, many=[[1], [], None])
    batch = batch.replace_schema_metadata({"made by": "us", "edition": "?"})
    stream = arrow_stream(batch, batch.slice(1))
    for query, edition, codes in (({"at": JANUARY_5}, 1, ["C1x", None, "B2"]), ({}, 2, ["X", None, "X"])):
        answer = post(client, stream, **query)
        assert (answer.status_code, answer.headers["content-type"]) == (200, ARROW)
        assert answer.headers["x-edition"] == str(edition)
        table = read_arrow(answer.content)
        assert table.schema.metadata == {b"made by": b"us", b"edition": str(edition).encode()}
        assert [part.num_rows for part in table.to_batches()] == [3, 2]
        assert table.drop_columns("grid_code").equals(pa.Table.from_batches([batch, batch.slice(1)]))
        assert table["grid_code"].type == pa.string()
        assert table["grid_code"].to_pylist() == codes + codes[1:]


def test_single_precision_and_other_systems_are_taken(client):
    """float32 degrees in CGCS2000; a dictionary that changes from batch to batch."""
    lons, lats = np.array(PLACES, dtype=np.float32).T
    word = [pa.array([text] * 3).dictionary_encode() for text in ("a", "b")]
    batches = [pa.record_batch({"lat": lats, "word": one, "lon": lons}) for one in word]
    table = read_arrow(post(client, arrow_stream(*batches), crs="EPSG:4490").content)
    assert table["grid_code"].to_pylist() == ["X", None, "X"] * 2
    assert table["word"].to_pylist() == ["a"] * 3 + ["b"] * 3


def test_a_stream_may_hold_no_points_or_more_than_a_batch(client):
    """No record batch, an empty one, and two of the largest size."""
    largest = point_batch([PLACES[0]] * BATCH_LIMIT)
    for batches in ([], [largest.slice(0, 0)], [largest, largest]):
        table = read_arrow(post(client, arrow_stream(*batches, schema=largest.schema)).content)
        assert table["grid_code"].to_pylist() == ["X"] * sum(batch.num_rows for batch in batches)


NUMBERS = pa.array([102.7, 102.8])


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"lon": NUMBERS}, "column lat: there must be one column of this name"),
        ({"lon": NUMBERS, "lat": pa.array([25, 25])}, "column lat: must be float64 or float32, not int64"),
        ({"lon": NUMBERS, "lat": NUMBERS.cast(pa.string())}, "must be float64 or float32, not string"),
        ({"lon": pa.array([102.7, None]), "lat": NUMBERS}, "column lon: has 1 nulls, the first in row 1"),
        ({"lon": NUMBERS, "lat": pa.array([25.0, np.nan])}, "lats[1] is nan: a latitude is a finite number"),
        ({"lon": NUMBERS, "lat": pa.array([25.0, np.inf])}, "lats[1] is inf: a latitude is a finite number"),
        ({"lon": pa.array([25.0, 25.0]), "lat": NUMBERS}, "longitude and latitude look swapped"),
        ({"lon": NUMBERS, "lat": NUMBERS, "grid_code": NUMBERS}, "column grid_code: is what the answer adds"),
    ],
)
def test_wrong_columns_are_refused_with_their_names(client, columns, sentence):
    """422 and not one byte of an answer."""
    answer = post(client, arrow_stream(pa.record_batch(columns)))
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "it has no schema"),
        (b"\xff\xff\xff\xff\0\0\0\0", "it has no schema"),
        (b"lon,lat\n1,2\n", "this is text, such as CSV or JSON"),
        (STREAM[:400], "the stream ends within a message"),
        (STREAM + STREAM, "bytes follow the end of the stream"),
        (STREAM[:-8] + STREAM, "begins with its schema, which comes once"),
    ],
)
def test_what_is_no_arrow_stream_is_told_so(client, body, sentence):
    """Empty, CSV, cut short, twice; a fault after the first record batch cuts the answer instead."""
    if body.startswith(STREAM[:-8]):
        with pytest.raises(ServiceError, match=sentence):
            answer_all(body)
        return
    answer = post(client, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-arrow")
    assert sentence in answer.json()["detail"]


def test_a_record_batch_over_the_limit_is_refused(client):
    """1,001 points."""
    answer = post(client, arrow_stream(point_batch([PLACES[0]] * (BATCH_LIMIT + 1))))
    assert (answer.status_code, answer.json()["code"]) == (413, "too-many-points")


def answer_all(body: bytes) -> bytes:
    splitter, answers = MessageSplitter(), ArrowAnswers(NOBODY_THERE, "EPSG:4326", 10)
    answered = b"".join(answers.answer(message) for message in splitter.feed(body))
    splitter.end()
    return answered + answers.end()


@given(st.lists(st.tuples(st.integers(0, len(STREAM) - 1), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_damaged_stream_is_answered_or_refused(changes):
    """Any bytes of a stream with a dictionary, texts and lists changed: owners that can be read, or a refusal."""
    body = bytearray(STREAM)
    for place, value in changes:
        body[place] = value
    try:
        answer = answer_all(bytes(body))
    except ServiceError as error:
        assert error.detail
    else:
        assert read_arrow(answer).num_columns >= 3
