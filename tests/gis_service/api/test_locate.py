from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import asynccontextmanager

import numpy as np
import orjson
import pytest
from fastapi import FastAPI
from pyproj import Transformer
from sqlalchemy.orm import sessionmaker
from starlette.testclient import TestClient

from gis_service.api.locate import LOCATE_OPENAPI_PATHS, locate_routes
from gis_service.api.problems import install_problems
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.snapshots.shadow import ShadowCheck
from grid_boundaries.locate.shifts import wgs84_to_bd09, wgs84_to_gcj02
from tests.support.editions import store_ranks
from tests.support.lookups import SECOND, loaded_holder, store_two_editions
from tests.support.tree import at

LIMIT = 1000
JANUARY_5 = "2026-01-05T08:00:00+08:00"


def client_of(open_work, now) -> TestClient:
    @asynccontextmanager
    async def lifespan(_):
        yield {
            "snapshots": loaded_holder(open_work, now),
            "shadow": ShadowCheck(open_work, 0),
            "open_work": open_work,
            "batch_limit": LIMIT,
        }

    app = FastAPI(lifespan=lifespan, routes=list(locate_routes))
    install_problems(app)
    return TestClient(app)


@pytest.fixture(scope="module")
def sessions(server_url, template_url) -> Iterator[sessionmaker]:
    """A database with two editions: the troubled tree, and from the 11th of January one district X."""
    from tests.conftest import TEMPLATE, make_database

    engine = make_engine(
        make_database(server_url, "gis_test_locate", TEMPLATE), pool_size=5, statement_timeout_ms=9000
    )
    made = make_session_factory(engine)
    store_ranks(made)
    store_two_editions(lambda: UnitOfWork(made))
    yield made
    engine.dispose()


@pytest.fixture(scope="module")
def client(sessions) -> Iterator[TestClient]:
    """The service on the 10th of January: edition 1 in memory, edition 2 for tomorrow."""
    with client_of(lambda: UnitOfWork(sessions), SECOND.replace(day=10)) as made:
        yield made


@pytest.fixture(scope="module")
def later_client(sessions) -> Iterator[TestClient]:
    """The service on the 20th: edition 1 is in the database only."""
    with client_of(lambda: UnitOfWork(sessions), SECOND.replace(day=20)) as made:
        yield made


def ask(client: TestClient, across: float, up: float, **more):
    lon, lat = at(across, up)
    return client.get("/v1/locate", params={"lon": lon, "lat": lat, **more})


def grid(code: str, name: str, level: str) -> dict[str, str]:
    return {"code": code, "name": name, "level": level}


def test_a_point_inside_a_grid_has_an_owner_and_a_chain(client):
    """Every member of the contract, and no other."""
    answer = ask(client, 2.5, 0.5)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "edition": 1,
        "point": {"lon": 102.725, "lat": 25.005},
        "match": "inside",
        "owner": grid("C1x", "一网格", "unit_grid"),
        "chain": [
            grid("A", "甲区", "district"),
            grid("C", "东街", "street"),
            grid("C1", "五社区", "community"),
            grid("C1x", "一网格", "unit_grid"),
        ],
        "tied_with": [],
        "nearest": None,
        "candidates": [],
    }


def test_a_point_on_an_edge_names_those_it_is_tied_with(client):
    """The corner of B2, B3 and B4."""
    answer = ask(client, 1, 1).json()
    assert (answer["match"], answer["owner"]["code"], answer["tied_with"]) == ("edge", "B2", ["B3", "B4"])


def test_a_point_with_nobody_below_is_partial(client):
    """The gap of street C."""
    answer = ask(client, 3, 2.5).json()
    assert (answer["match"], answer["owner"]["code"]) == ("partial", "C")


def test_a_point_outside_has_a_nearest_grid(client):
    """A hundredth of a degree to the south."""
    answer = ask(client, 3, -1).json()
    assert (answer["match"], answer["owner"], answer["chain"]) == ("outside", None, [])
    assert answer["nearest"] == {"code": "C1x", "distance_m": pytest.approx(1107.728, abs=0.001)}


def test_an_uncertain_point_has_candidates(client):
    """70 m from the corner of B2, B3 and B4; with more confidence in its 100 m the point is better known."""
    wide = ask(client, 1.05, 1.05, accuracy_m=100, confidence=0.3).json()["candidates"]
    assert {one["code"] for one in wide} == {"B2", "B3", "B4"}
    assert wide[0]["code"] == "B3"
    assert sum(one["probability"] for one in wide) == pytest.approx(1.0)
    narrow = ask(client, 1.05, 1.05, accuracy_m=100).json()["candidates"]
    assert narrow[0]["probability"] > wide[0]["probability"]


def test_every_system_of_coordinates_is_the_same_place(client):
    """A place in C1x as AMap and Baidu show it, in CGCS2000 degrees, and in a Gauss-Kruger zone."""
    lon, lat = at(2.5, 0.5)
    here = (np.array([lon]), np.array([lat]))
    given = {
        "EPSG:4490": (lon, lat),
        "gcj02": tuple(float(one[0]) for one in wgs84_to_gcj02(*here)),
        "bd09": tuple(float(one[0]) for one in wgs84_to_bd09(*here)),
        "EPSG:4543": Transformer.from_crs("EPSG:4490", "EPSG:4543", always_xy=True).transform(lon, lat),
    }
    for crs, (x, y) in given.items():
        answer = client.get("/v1/locate", params={"lon": x, "lat": y, "crs": crs}).json()
        assert answer["owner"]["code"] == "C1x"
        assert answer["point"] == {"lon": pytest.approx(lon, abs=2e-9), "lat": pytest.approx(lat, abs=2e-9)}


def test_a_date_picks_the_edition(client, later_client):
    """The 5th is edition 1's, the 15th edition 2's: from memory today, from the database later."""
    for one in (client, later_client):
        assert ask(one, 2.5, 0.5, at=JANUARY_5).json()["owner"]["code"] == "C1x"
        assert ask(one, 2.5, 0.5, at="2026-01-15T00:00:00Z").json()["edition"] == 2
    assert ask(later_client, 2.5, 0.5, at=JANUARY_5).content == ask(client, 2.5, 0.5).content


@pytest.mark.parametrize("when", ["2025-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_before_the_first_edition_there_is_none(client, when):
    """A second before New Year, and the earliest date that can be written."""
    answer = ask(client, 2.5, 0.5, at=when)
    assert answer.status_code == 404
    assert answer.json()["code"] == "no-edition"


@pytest.mark.parametrize(
    ("query", "parameter", "sentence"),
    [
        ("lat=25", "lon", "is missing"),
        ("lon=102.7", "lat", "is missing"),
        ("lon=102.7&lat=25&lon=102.8", "lon", "is given more than once"),
        ("lon=nan&lat=25", "lon", "must be a finite decimal number"),
        ("lon=102.7&lat=inf", "lat", "must be a finite decimal number"),
        ("lon=1e999&lat=25", "lon", "a longitude is a finite number from -180 to 180"),
        ("lon=102.7&lat=90.1", "lat", "a latitude is a finite number from -90 to 90"),
        ("lon=25.04&lat=102.71", "lat", "longitude and latitude look swapped"),
        ("lon=102.7&lat=25&accuracy_m=-1", "accuracy_m", "must be metres from 0 to 100000"),
        ("lon=102.7&lat=25&accuracy_m=5&confidence=1", "confidence", "must lie between 0.01 and 0.9999"),
        ("lon=102.7&lat=25&at=2026-01-05T08:00:00", "at", "must be RFC 3339 with an offset"),
        ("lon=102.7&lat=25&at=2026-01-05T08:00:00+08:00", "at", "a plus sign is written %2B"),
        ("lon=102.7&lat=25&crs=EPSG:3857", "crs", "known are EPSG:4326"),
        ("lon=102.7&lat=25&crs=EPSG:4522", "lon", "takes metres, easting first"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(client, query, parameter, sentence):
    """422 with the parameter at fault and a sentence that says what would be right."""
    answer = client.get(f"/v1/locate?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    fault = answer.json()["errors"][0]
    assert fault["parameter"] == parameter
    assert sentence in fault["detail"]


def test_an_unknown_system_has_a_code_of_its_own(client):
    """So that a client need not read sentences."""
    assert ask(client, 1, 1, crs="EPSG:3857").json()["code"] == "unknown-crs"


# ------------------------------------------------------------------------------------------------------------ batch

PLACES = [at(2.5, 0.5), at(30, 30), at(1, 1)]


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


@pytest.mark.parametrize("places", [0, LIMIT])
def test_a_batch_may_be_empty_or_as_large_as_the_limit(client, places):
    """0 and 1,000 points, in both forms."""
    given = [at(2.5, 0.5)] * places
    assert client.post("/v1/locate/batch", json=columns(given)).json()["codes"] == ["C1x"] * places
    body = np.array(given, dtype="<f8").tobytes()
    answer = client.post("/v1/locate/batch", content=body, headers={"content-type": "application/octet-stream"})
    assert len(answer.content) == 4 * places


def test_a_larger_batch_is_refused(client):
    """1,001 points, in both forms."""
    given = [at(2.5, 0.5)] * (LIMIT + 1)
    binary = {"content": np.array(given).tobytes(), "headers": {"content-type": "application/octet-stream"}}
    for body in ({"json": columns(given)}, binary):
        answer = client.post("/v1/locate/batch", **body)
        assert answer.status_code == 413
        assert answer.json()["code"] == "too-many-points"
        assert "1001 points are more than the 1000" in answer.json()["detail"]


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
        (b'{"lons": [], "lats": [], "crs": null}', "/crs", "must be a string"),
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


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-ndjson", ""])
def test_other_forms_are_not_taken(client, media_type):
    """415, with those that are."""
    answer = client.post("/v1/locate/batch", content=b"1,2", headers={"content-type": media_type})
    assert answer.status_code == 415
    assert "application/json or application/octet-stream" in answer.json()["detail"]


def test_every_route_is_described(client):
    """OpenAPI has the same paths and methods as the routes."""
    described = {(path, method.upper()) for path, operations in LOCATE_OPENAPI_PATHS.items() for method in operations}
    routed = {
        (route.path.replace(":int", ""), method) for route in locate_routes for method in route.methods - {"HEAD"}
    }
    assert described == routed
    assert orjson.dumps(LOCATE_OPENAPI_PATHS)
