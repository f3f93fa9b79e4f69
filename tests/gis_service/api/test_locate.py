from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import orjson
import pytest
from pyproj import Transformer
from starlette.testclient import TestClient

from gis_service.api.locate import LOCATE_OPENAPI_PATHS, PARAMETERS, locate_routes
from gis_service.database.unit_of_work import UnitOfWork
from grid_boundaries.locate.shifts import wgs84_to_bd09, wgs84_to_gcj02
from tests.support.editions import NEW_YEAR
from tests.support.lookup_clients import lookup_client
from tests.support.lookups import SECOND
from tests.support.tree import at

JANUARY_5 = "2026-01-05T08:00:00+08:00"


@pytest.fixture(scope="module")
def client(lookup_sessions) -> Iterator[TestClient]:
    """The service on the 10th of January: edition 1 in memory, edition 2 for tomorrow."""
    with lookup_client(lambda: UnitOfWork(lookup_sessions), SECOND.replace(day=10), locate_routes) as made:
        yield made


@pytest.fixture(scope="module")
def later_client(lookup_sessions) -> Iterator[TestClient]:
    """The service on the 20th: edition 1 is in the database only."""
    with lookup_client(lambda: UnitOfWork(lookup_sessions), SECOND.replace(day=20), locate_routes) as made:
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


def test_a_caller_who_has_seen_an_edition_gets_no_older_one(client, later_client):
    """Edition 2 is in force on the 20th, and for the database today; edition 3 nowhere: 503, to be asked again."""
    assert ask(client, 2.5, 0.5, min_edition=1).json()["edition"] == 1
    assert ask(client, 2.5, 0.5, min_edition=2).json()["edition"] == 2
    assert ask(later_client, 2.5, 0.5, min_edition=2).json()["edition"] == 2
    behind = ask(client, 2.5, 0.5, min_edition=3)
    assert (behind.status_code, behind.json()["code"]) == (503, "edition-behind")
    assert int(behind.headers["retry-after"]) > 0


def test_a_point_of_amap_sent_as_wgs84_comes_with_a_warning(client, later_client):
    """22 m inside the southern edge of C1x as AMap shows it: 300 m outside, in C1x when read as GCJ-02."""
    lons, lats = wgs84_to_gcj02(*(np.array([degrees]) for degrees in at(2.5, 0.02)))
    query = {"lon": lons[0], "lat": lats[0]}
    answer = client.get("/v1/locate", params=query).json()
    assert answer["match"] == "outside"
    warning = answer["warning"]
    assert (warning["code"], warning["crs"], warning["owner"]) == ("looks-like-other-crs", "gcj02", "C1x")
    assert set(warning) == {"code", "crs", "owner", "message", "message_zh"}
    assert later_client.get("/v1/locate", params={**query, "at": JANUARY_5}).json()["warning"] == warning
    declared = client.get("/v1/locate", params={**query, "crs": "gcj02"}).json()
    assert (declared["owner"]["code"], "warning" in declared) == ("C1x", False)


@pytest.mark.parametrize("when", ["2025-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_before_the_first_edition_there_is_none(client, when):
    """A second before New Year, and the earliest date that can be written."""
    answer = ask(client, 2.5, 0.5, at=when)
    assert answer.status_code == 404
    assert answer.json()["code"] == "no-edition"
    sentence = f"must be {NEW_YEAR.isoformat()} or later, when the first edition came into force"
    assert answer.json()["errors"] == [{"parameter": "at", "detail": sentence}]
    assert answer.json()["detail"].endswith(f"; at {sentence}")


def test_before_anything_was_published_there_is_none(client):
    """As known in 2020 of now: the other instant is at fault."""
    answer = ask(client, 2.5, 0.5, known_at="2020-01-01T00:00:00Z").json()
    assert answer["code"] == "no-edition"
    [fault] = answer["errors"]
    assert fault["parameter"] == "known_at"
    assert "when the first edition was published" in fault["detail"]


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
        ("lon=102.7&lat=25&min_edition=-1", "min_edition", "must be the number of an edition"),
        ("lon=102.7&lat=25&min_edition=1&at=2026-01-05T08:00:00Z", "min_edition", "goes with a question about now"),
        ("lon=102.7&lat=25&crs=EPSG:3857", "crs", "known are EPSG:4326"),
        ("lon=102.7&lat=25&crs=", "crs", "known are EPSG:4326"),
        ("lon=102.7&lat=25&at=", "at", "must be RFC 3339"),
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


@pytest.mark.parametrize("name", ["edition", "Lon", "at_", "callback", "", "/at"])
def test_a_parameter_that_is_not_there_is_refused(client, name):
    """Left unread it would change the question unnoticed; also beside a fault of another kind."""
    answer = client.get("/v1/locate", params={"lon": 102.725, "lat": 25.005, name: "2"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter")
    has = "lon, lat, crs, at, known_at, accuracy_m, confidence, min_edition"
    detail = f"is no parameter of this address; it has {has}"
    assert answer.json()["errors"] == [{"parameter": name.lstrip("/") or "?", "detail": detail}]
    assert answer.json()["detail"].endswith(detail)


def test_every_described_parameter_is_known():
    """What the route reads and what OpenAPI says of it are one list."""
    assert [one["name"] for one in LOCATE_OPENAPI_PATHS["/v1/locate"]["get"]["parameters"]] == [*PARAMETERS]


@pytest.mark.parametrize("crs", ["EPSG:4543", "EPSG:4522"])
def test_degrees_given_as_metres_are_refused(client, crs):
    """Read as metres in EPSG:4543 they would lie on the equator, 500 km west of the zone's middle."""
    answer = ask(client, 2.5, 0.5, crs=crs)
    assert (answer.status_code, answer.json()["code"]) == (422, "looks-like-degrees")
    [fault] = answer.json()["errors"]
    assert fault["parameter"] == "lon"
    assert fault["detail"].endswith("these look like degrees, which are crs=EPSG:4490 or EPSG:4326")


def test_an_unknown_system_has_a_code_of_its_own(client):
    """So that a client need not read sentences."""
    assert ask(client, 1, 1, crs="EPSG:3857").json()["code"] == "unknown-crs"


def test_every_route_is_described(client):
    """OpenAPI has the same paths and methods as the routes."""
    described = {(path, method.upper()) for path, operations in LOCATE_OPENAPI_PATHS.items() for method in operations}
    routed = {
        (route.path.replace(":int", ""), method) for route in locate_routes for method in route.methods - {"HEAD"}
    }
    assert described == routed
    assert orjson.dumps(LOCATE_OPENAPI_PATHS)
