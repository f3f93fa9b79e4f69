from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from gis_service.api.locate_batch import LOCATE_BATCH_OPENAPI_PATHS, locate_batch_routes
from gis_service.api.media_types import ARROW, BINARY, JSON, NDJSON
from gis_service.database.unit_of_work import UnitOfWork
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from tests.support.lookup_clients import BATCH_LIMIT, lookup_client
from tests.support.lookups import SECOND
from tests.support.tree import at

JANUARY_5 = "2026-01-05T08:00:00+08:00"
PLACES = [at(2.5, 0.5), at(30, 30), at(1, 1)]


@pytest.fixture(scope="module")
def client(lookup_sessions) -> Iterator[TestClient]:
    """The service on the 10th of January: edition 1 in memory, edition 2 for tomorrow."""
    with lookup_client(lambda: UnitOfWork(lookup_sessions), SECOND.replace(day=10), locate_batch_routes) as made:
        yield made


@pytest.fixture(scope="module")
def later_client(lookup_sessions) -> Iterator[TestClient]:
    """The service on the 20th: edition 1 is in the database only."""
    with lookup_client(lambda: UnitOfWork(lookup_sessions), SECOND.replace(day=20), locate_batch_routes) as made:
        yield made


def columns(places=PLACES, **more):
    return {"lons": [lon for lon, _ in places], "lats": [lat for _, lat in places], **more}


def test_a_json_batch_answers_codes_in_input_order(client):
    """C1x, nobody, the tie of B2."""
    answer = client.post("/v1/locate/batch", json=columns())
    assert answer.json() == {"edition": 1, "codes": ["C1x", None, "B2"]}


def test_a_json_batch_takes_crs_and_date(client, later_client):
    """Edition 2 on the 15th; edition 1 from the database; places of AMap."""
    assert client.post("/v1/locate/batch", json=columns(at="2026-01-15T00:00:00Z")).json()["codes"] == [
        "X",
        None,
        "X",
    ]
    old = later_client.post("/v1/locate/batch", json=columns(at=JANUARY_5, crs="EPSG:4490"))
    assert old.json() == {"edition": 1, "codes": ["C1x", None, "B2"]}
    shifted = wgs84_to_gcj02(*np.array(PLACES).T)
    body = {"lons": shifted[0].tolist(), "lats": shifted[1].tolist(), "crs": "gcj02", "at": None}
    assert client.post("/v1/locate/batch", json=body).json()["codes"][:2] == ["C1x", None]


def test_null_is_as_good_as_nothing(client):
    """For crs and at alike."""
    answer = client.post("/v1/locate/batch", json=columns(crs=None, at=None))
    assert answer.json() == {"edition": 1, "codes": ["C1x", None, "B2"]}


def test_a_member_that_a_batch_has_not_is_refused(client):
    """Left unread, an edition would change the question; a name is written as JSON pointers write it."""
    answer = client.post("/v1/locate/batch", json=columns(edition=99) | {"known_at/~": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter")
    told = "is no member of this body; it has lons, lats, crs, at"
    pointers = ["/edition", "/known_at~1~0"]
    assert answer.json()["errors"] == [{"pointer": pointer, "detail": told} for pointer in pointers]


def test_a_binary_batch_answers_indices_into_the_codes_of_its_edition(client, later_client):
    """Three pairs of little-endian doubles in, three int32 out; -1 is nobody."""
    body = np.array(PLACES, dtype="<f8").tobytes()
    headers = {"content-type": "application/octet-stream"}
    for one, query in ((client, ""), (later_client, "?at=2026-01-05T00:00:00Z&crs=EPSG:4490")):
        answer = one.post(f"/v1/locate/batch{query}", content=body, headers=headers)
        assert answer.headers["content-type"] == "application/octet-stream"
        edition = answer.headers["x-edition"]
        codes = one.get(f"/v1/editions/{edition}/codes").json()
        owners = np.frombuffer(answer.content, "<i4").tolist()
        assert [None if owner == -1 else codes[owner] for owner in owners] == ["C1x", None, "B2"]


def test_the_codes_of_an_edition_never_change(client):
    """So any cache may keep them; an edition that is not there is 404, and no cache keeps that."""
    answer = client.get("/v1/editions/2/codes")
    assert answer.json() == ["X"]
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-edition"] == "2"
    missing = client.get("/v1/editions/99999999999/codes")
    assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")


@pytest.mark.parametrize("places", [0, BATCH_LIMIT])
def test_a_batch_may_be_empty_or_as_large_as_the_limit(client, places):
    """0 and 1,000 points, in both forms."""
    given = [at(2.5, 0.5)] * places
    assert client.post("/v1/locate/batch", json=columns(given)).json()["codes"] == ["C1x"] * places
    body = np.array(given, dtype="<f8").tobytes()
    answer = client.post("/v1/locate/batch", content=body, headers={"content-type": "application/octet-stream"})
    assert len(answer.content) == 4 * places


def test_a_larger_batch_is_refused(client):
    """1,001 points, in both forms."""
    given = [at(2.5, 0.5)] * (BATCH_LIMIT + 1)
    binary = {"content": np.array(given).tobytes(), "headers": {"content-type": "application/octet-stream"}}
    for body in ({"json": columns(given)}, binary):
        answer = client.post("/v1/locate/batch", **body)
        assert answer.status_code == 413
        assert answer.json()["code"] == "too-many-points"
        told = "1001 points are more than the 1000 that one batch takes; send them in parts, or as a stream"
        assert answer.json()["detail"] == told


def test_a_body_without_a_length_is_refused_while_it_comes(client):
    """1,002 pairs one by one, no length announced."""

    def pairs():
        for _ in range(BATCH_LIMIT + 2):
            yield np.array(at(2.5, 0.5), dtype="<f8").tobytes()

    answer = client.post("/v1/locate/batch", content=pairs(), headers={"content-type": BINARY})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-many-points")


@pytest.mark.parametrize(
    ("body", "pointer", "sentence"),
    [
        (b"[1, 2]", "", "must be an object"),
        (b"{}", "/lons", "must be an array of numbers"),
        (b'{"lons": [102.7], "lats": 25}', "/lats", "must be an array of numbers"),
        (b'{"lons": [102.7, "102.8"], "lats": [25, 25]}', "/lons/1", "must be a number"),
        (b'{"lons": [102.7], "lats": [true]}', "/lats/0", "must be a number"),
        (b'{"lons": [102.7, null], "lats": [25, 25]}', "/lons/1", "must be a number"),
        (b'{"lons": [102.7, 102.8], "lats": [25]}', "/lats", "has 1 numbers, lons has 2"),
        (b'{"lons": [102.7, 200], "lats": [25, 25]}', "/lons/1", "from -180 to 180"),
        (b'{"lons": [25], "lats": [102.7]}', "/lats/0", "look swapped"),
        (b'{"lons": [], "lats": [], "crs": "mars"}', "/crs", "is not known here"),
        (b'{"lons": [], "lats": [], "crs": ""}', "/crs", "is not known here"),
        (b'{"lons": [], "lats": [], "crs": 4326}', "/crs", "must be a string"),
        (b'{"lons": [], "lats": [], "at": 7}', "/at", "must be a string"),
        (b'{"lons": [], "lats": [], "at": "today"}', "/at", "must be RFC 3339"),
    ],
)
def test_a_wrong_body_is_refused_at_its_place(client, body, pointer, sentence):
    """422 with a JSON pointer."""
    answer = client.post("/v1/locate/batch", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    fault = answer.json()["errors"][0]
    assert fault["pointer"] == pointer
    assert sentence in fault["detail"]


@pytest.mark.parametrize("query", ["crs=gcj02", "at=2026-01-01T00:00:00Z"])
def test_what_belongs_into_a_json_body_is_refused_in_the_query(client, query):
    """Left unread, it would answer for another place or another day."""
    answer = client.post(f"/v1/locate/batch?{query}", json=columns([at(2.5, 0.5)]))
    assert answer.status_code == 422
    name = query.partition("=")[0]
    told = {"parameter": name, "detail": "goes into the body, beside lons and lats, when points come as JSON"}
    assert answer.json()["errors"] == [told]


@pytest.mark.parametrize("media_type", [JSON, BINARY, NDJSON, ARROW])
def test_a_parameter_that_is_not_there_is_refused_in_every_form(client, media_type):
    """An edition is chosen by at."""
    answer = client.post("/v1/locate/batch?edition=1", content=b"", headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter")
    told = {"parameter": "edition", "detail": "is no parameter of this address; it has crs, at"}
    assert answer.json()["errors"] == [told]


def test_codes_take_no_parameters(client):
    """They never change."""
    answer = client.get("/v1/editions/2/codes?at=2026-01-01T00:00:00Z")
    assert (answer.status_code, answer.json()["detail"]) == (422, "'at' is no parameter of this address; it has none")


def test_degrees_given_as_metres_refuse_the_batch(client):
    """In JSON at their place; in bytes no pointer reaches it."""
    metres, degrees = [569_123.0, 2_770_456.0], [*at(2.5, 0.5)]
    body = {"lons": [metres[0], degrees[0]], "lats": [metres[1], degrees[1]], "crs": "EPSG:4543"}
    answer = client.post("/v1/locate/batch", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "looks-like-degrees")
    assert answer.json()["errors"][0]["pointer"] == "/lons/1"
    pairs = np.array([metres, degrees], dtype="<f8").tobytes()
    answer = client.post("/v1/locate/batch?crs=EPSG:4543", content=pairs, headers={"content-type": BINARY})
    assert (answer.status_code, answer.json()["code"]) == (422, "looks-like-degrees")


@pytest.mark.parametrize("body", [b"{", b'{"lons": [NaN], "lats": [1]}', b"\xff", b""])
def test_what_is_no_json_is_told_so(client, body):
    """Cut off, not a number, not UTF-8, empty."""
    answer = client.post(
        "/v1/locate/batch", content=body, headers={"content-type": "application/json; charset=utf-8"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-json")


def test_bytes_that_are_no_pairs_are_refused(client):
    """17 bytes; and a pair whose second half is not a number."""
    headers = {"content-type": "application/octet-stream"}
    odd = client.post("/v1/locate/batch", content=b"x" * 17, headers=headers)
    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (422, "")
    wrong = np.array([*PLACES[0], 102.7, math.nan], dtype="<f8").tobytes()
    answer = client.post("/v1/locate/batch", content=wrong, headers=headers)
    assert answer.status_code == 422
    assert "lats[1] is nan" in answer.json()["detail"]


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-ndjsonx", ""])
def test_other_forms_are_not_taken(client, media_type):
    """415, with the four that are."""
    answer = client.post("/v1/locate/batch", content=b"1,2", headers={"content-type": media_type})
    assert answer.status_code == 415
    assert answer.json()["detail"] == (
        "the body must be application/json, application/octet-stream, application/x-ndjson"
        " or application/vnd.apache.arrow.stream"
    )


@pytest.mark.parametrize("media_type", [BINARY, NDJSON, ARROW])
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("crs=mars", 422, "unknown-crs"),
        ("crs=", 422, "unknown-crs"),
        ("at=", 422, "invalid-input"),
        ("at=today", 422, "invalid-input"),
        ("at=2020-01-01T00:00:00Z", 404, "no-edition"),
    ],
)
def test_a_wrong_query_is_refused_before_anything_is_answered(client, media_type, query, status, code):
    """In the forms that have crs and at there."""
    answer = client.post(f"/v1/locate/batch?{query}", content=b"", headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_date_before_the_first_edition_is_told_at_its_place(client):
    """In the query, and in the body of JSON; an edition that is not there, in the path."""
    then = "2020-01-01T00:00:00Z"
    query = client.post(f"/v1/locate/batch?at={then}", content=b"", headers={"content-type": BINARY})
    body = client.post("/v1/locate/batch", json={**columns([at(2.5, 0.5)]), "at": then})
    path = client.get("/v1/editions/99/codes")
    places = [answer.json()["errors"][0] for answer in (query, body, path)]
    assert [{*place} - {"detail"} for place in places] == [{"parameter"}, {"pointer"}, {"parameter"}]
    assert (places[0]["parameter"], places[1]["pointer"], places[2]["parameter"]) == ("at", "/at", "number")
    assert "the first edition came into force" in query.json()["detail"]


@given(body=st.binary(max_size=100), media_type=st.sampled_from([JSON, BINARY, NDJSON, ARROW]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_bytes_come_there_is_an_answer(client, body, media_type):
    """Owners or a refusal, in every form."""
    answer = client.post("/v1/locate/batch", content=body, headers={"content-type": media_type})
    assert answer.status_code in {200, 413, 422}


def test_every_route_is_described(client):
    """OpenAPI has the same paths and methods as the routes."""
    described = {
        (path, method.upper()) for path, operations in LOCATE_BATCH_OPENAPI_PATHS.items() for method in operations
    }
    routed = {
        (route.path.replace(":int", ""), method)
        for route in locate_batch_routes
        for method in route.methods - {"HEAD"}
    }
    assert described == routed
    assert orjson.dumps(LOCATE_BATCH_OPENAPI_PATHS)
