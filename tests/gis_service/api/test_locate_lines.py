from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from gis_service.api import locate_lines
from gis_service.api.locate_batch import locate_batch_routes
from gis_service.api.locate_lines import LineAnswers, _read_alike, _read_each
from gis_service.api.media_types import NDJSON
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.locate_batch import BatchGround
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from tests.support.lookup_clients import BATCH_LIMIT, lookup_client
from tests.support.lookups import SECOND
from tests.support.point_streams import json_lines, read_lines
from tests.support.tree import at

INSIDE, NOWHERE, TIED = at(2.5, 0.5), at(30, 30), at(1, 1)
JANUARY_5 = "2026-01-05T00:00:00Z"
WEST_AND_EAST = BatchGround(
    7,
    np.array(["E", "W", None], dtype=np.object_),
    lambda lons, _: np.where(lons == 0, -1, lons < 0).astype(np.int32),
)


@pytest.fixture(scope="module")
def client(lookup_sessions) -> Iterator[TestClient]:
    """The service on the 20th: edition 2 in memory, edition 1 in the database only."""
    with lookup_client(lambda: UnitOfWork(lookup_sessions), SECOND.replace(day=20), locate_batch_routes) as made:
        yield made


def post(client: TestClient, body: bytes, **query):
    answer = client.post("/v1/locate/batch", params=query, content=body, headers={"content-type": NDJSON})
    assert (answer.status_code, answer.headers["content-type"]) == (200, NDJSON)
    return answer


def point(place, **more):
    return {"lon": place[0], "lat": place[1], **more}


@pytest.mark.parametrize("longest", [1, 2, 10_000])
def test_each_line_is_answered_in_input_order(client, monkeypatch, longest):
    """Objects with and without an id, an array; many lines at once, two, and one; edition 1 from the database."""
    monkeypatch.setattr(locate_lines, "LINES_AT_ONCE", longest)
    body = json_lines([point(INSIDE, id="a", name="x"), point(NOWHERE, id=7), list(TIED), point(TIED, id=None)])
    answer = post(client, body, at=JANUARY_5)
    assert answer.headers["x-edition"] == "1"
    assert read_lines(answer.content) == [
        {"id": "a", "code": "C1x", "edition": 1},
        {"id": 7, "code": None, "edition": 1},
        {"code": "B2", "edition": 1},
        {"code": "B2", "edition": 1},
    ]


def test_lines_take_a_system_of_coordinates(client):
    """Places of AMap, in edition 1 and in the district X of edition 2."""
    lons, lats = wgs84_to_gcj02(*np.array([INSIDE, NOWHERE]).T)
    body = json_lines(np.column_stack([lons, lats]).tolist())
    for query, code in (({"at": JANUARY_5}, "C1x"), ({}, "X")):
        answer = read_lines(post(client, body, crs="gcj02", **query).content)
        assert [line["code"] for line in answer] == [code, None]


def test_a_stream_may_be_longer_than_a_batch(client):
    """One more than the limit, and none; the last line needs no newline, the others may end as on Windows."""
    body = b"\r\n".join([orjson.dumps(INSIDE)] * (BATCH_LIMIT + 1))
    assert len(read_lines(post(client, body).content)) == BATCH_LIMIT + 1
    assert post(client, b"").content == b""


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (b"{", "invalid-json", "the line is not valid JSON"),
        (b"NaN", "invalid-json", "the line is not valid JSON"),
        (b'{"lon":1,"lat":"\xff"}', "invalid-json", "the line is not valid JSON"),
        (b"[1,2],[3", "invalid-json", "the line is not valid JSON"),
        (b" ", "empty-line", "the line is empty"),
        (b"7", "invalid-input", "an object with lon and lat, or an array of the two"),
        (b"[1,2,3]", "invalid-input", "an object with lon and lat, or an array of the two"),
        (b'{"lat":25}', "invalid-input", "lon is missing"),
        (b'{"lon":102.7}', "invalid-input", "lat is missing"),
        (b'{"lon":"102.7","lat":25}', "invalid-input", "lon must be a number"),
        (b"[102.7,true]", "invalid-input", "lat must be a number"),
        (b'{"lon":102.7,"lat":25,"id":[1]}', "invalid-input", "id must be a string or an integer"),
        (b'{"lon":102.7,"lat":25,"id":18446744073709551616}', "invalid-input", "id must be a string or an integer"),
        (b'{"lon":102.7,"lat":25,"id":true}', "invalid-input", "id must be a string or an integer"),
        (b'{"lon":102.7,"lat":25,"crs":"gcj02"}', "invalid-input", "crs is the same for all lines"),
        (b'{"lon":102.7,"lat":25,"at":null}', "invalid-input", "at is the same for all lines"),
        (b"[1e300,25]", "coordinate-out-of-range", "lon is 1e+300: a longitude is a finite number"),
        (b"[25,102.7]", "coordinate-out-of-range", "longitude and latitude look swapped"),
        (b"[" * 2000, "invalid-json", "the line is not valid JSON"),
        (b" " * 20_000, "line-too-long", "longer than 16384 bytes"),
    ],
)
def test_a_bad_line_is_answered_by_its_number_and_reason(client, line, code, sentence):
    """And the lines before and after it by their owners."""
    good = orjson.dumps(INSIDE)
    first, bad, last = read_lines(post(client, b"\n".join([good, line, good])).content)
    assert first == last == {"code": "X", "edition": 2}
    assert bad.keys() == {"line", "error"}
    assert (bad["line"], bad["error"]["code"]) == (2, code)
    assert sentence in bad["error"]["detail"]


def test_degrees_among_metres_are_told_line_by_line(client):
    """A point of the zone, and one in degrees."""
    lines = [orjson.dumps([569_123.0, 2_770_456.0]), orjson.dumps(INSIDE)]
    _, bad = read_lines(post(client, b"\n".join(lines), crs="EPSG:4543").content)
    assert (bad["line"], bad["error"]["code"]) == (2, "looks-like-degrees")


def test_a_bad_line_keeps_its_id(client):
    """Two that are no places, and one that lacks a member."""
    values = [{"lon": 1, "id": "a"}, point((25, 102.7), id=2), point(INSIDE, id=3), point((181, 0), id="ö")]
    answer = read_lines(post(client, json_lines(values)).content)
    assert [line["id"] for line in answer] == ["a", 2, 3, "ö"]
    assert [line.get("line") for line in answer] == [1, 2, None, 4]


LINE = st.one_of(
    st.none(),
    st.binary(max_size=12),
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["lon", "lat", "id", "crs"]), inner)
        ),
        max_leaves=6,
    ).map(orjson.dumps),
    st.tuples(st.floats(-180, 180), st.integers(-90, 90)).map(orjson.dumps),
)


@given(st.lists(LINE, max_size=8))
def test_every_line_has_one_answer(lines):
    """Whatever the lines are; each answer is valid JSON with an owner or an error that counts right."""
    answers = LineAnswers(WEST_AND_EAST, "EPSG:4326")
    answered = read_lines(answers.answer(lines[:3]) + answers.answer(lines[3:]))
    assert len(answered) == len(lines)
    for number, answer in enumerate(answered, 1):
        assert answer["line"] == number if "error" in answer else answer["code"] in {"E", "W", None}


@given(
    st.lists(
        st.fixed_dictionaries(
            {"lon": st.integers() | st.floats(-9, 9), "lat": st.floats(-9, 9)},
            optional={"id": st.text(max_size=2) | st.integers(0, 9) | st.none(), "crs": st.just(1), "x": st.just(1)},
        ),
        max_size=4,
    )
)
def test_the_short_way_says_what_the_long_way_says(values):
    """Lines read all at once are those read one by one, unless one of them is refused."""
    lines = [orjson.dumps(value) for value in values if abs(value["lon"]) < 2**63]
    alike, each = _read_alike(lines), _read_each(lines)
    assert (alike is None) == bool(each.refused)
    assert alike is None or alike == each
