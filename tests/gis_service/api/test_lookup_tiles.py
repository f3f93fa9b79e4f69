"""Tiles of what lookups see, decoded and held against the answers of the lookups themselves."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from fastapi import FastAPI
from pyproj import Geod
from shapely.geometry import box, mapping, shape
from starlette.testclient import TestClient

from gis_service.api import locate_area
from gis_service.api.access import TokenCache
from gis_service.api.area_parameter import LONGEST_AREA
from gis_service.api.locate import locate_routes
from gis_service.api.lookup_tiles import LOOKUP_TILE_OPENAPI_PATHS, lookup_tile_routes, make_lookup_cache
from gis_service.api.problems import install_problems
from gis_service.api.tiles import tile_routes
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import UnavailableError
from gis_service.snapshots.shadow import ShadowCheck
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from tests.support.lookups import SECOND, loaded_holder
from tests.support.strict_tiles import faults_of
from tests.support.tile_ground import features, tile_at
from tests.support.tree import at
from tiles.address import EXTENT, TileAddress
from tiles.encoding import hashed_id
from tiles.lookup_layers import AREA_LAYERS, MOST_AFFECTED, POINT_LAYERS

ALL_OF_POINT, ALL_OF_AREA = ",".join(POINT_LAYERS), ",".join(AREA_LAYERS)
MAP = TileAddress(10, 804, 438)
"""A tile around the whole tree."""
WGS84 = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def client(lookup_sessions) -> Iterator[TestClient]:
    """Lookups and their tiles on the 10th of January: edition 1 in memory, edition 2 for tomorrow."""

    def open_work() -> UnitOfWork:
        return UnitOfWork(lookup_sessions)

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "snapshots": loaded_holder(open_work, SECOND.replace(day=10)),
            "shadow": ShadowCheck(open_work, 0),
            "open_work": open_work,
            "lookup_cache": make_lookup_cache(),
            "token_cache": TokenCache(60),
            "timezone": ZoneInfo("Asia/Shanghai"),
            "area_vertex_limit": 50,
            "attribution": "© 高德",
        }

    app = FastAPI(lifespan=lifespan, routes=[*locate_routes, *lookup_tile_routes, *tile_routes])
    app.include_router(locate_area.router)
    install_problems(app)
    with TestClient(app) as made:
        yield made


def place(across: float, up: float, **more: object) -> dict[str, Any]:
    lon, lat = at(across, up)
    return {"lon": lon, "lat": lat, **more}


def area(across: float, up: float, to_across: float, to_up: float, **more: object) -> dict[str, Any]:
    return {"area": json.dumps(mapping(box(*at(across, up), *at(to_across, to_up)))), **more}


def get_point(
    client: TestClient, query: dict, layers: str = ALL_OF_POINT, address: TileAddress = MAP, **headers: str
):
    return client.get(f"/tiles/lookup/{layers}/{address}.mvt", params=query, headers=headers)


def get_area(client: TestClient, query: dict, layers: str = ALL_OF_AREA, address: TileAddress = MAP, **headers: str):
    return client.get(f"/tiles/lookup/area/{layers}/{address}.mvt", params=query, headers=headers)


def told(tile: bytes, layer: str) -> list[dict[str, Any]]:
    return [one["properties"] for one in features(tile, layer)]


def in_degrees(geometry: dict[str, Any], address: TileAddress) -> np.ndarray:
    """Return the places of a decoded feature, lon and lat a row."""
    x, y = shapely.get_coordinates(shape(geometry)).T
    count = 1 << address.z
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (address.y + y / EXTENT) / count))))
    return np.column_stack([(address.x + x / EXTENT) / count * 360 - 180, lat])


# ------------------------------------------------------------------------------------------------ points


def test_a_preview_of_a_point_says_what_the_lookup_says(client: TestClient):
    """70 m from the corner of B2, B3 and B4, known to 100 m: the same owner and probabilities, the owner first."""
    query = place(1.05, 1.05, accuracy_m=100, confidence=0.3)
    answer, sent = client.get("/v1/locate", params=query).json(), get_point(client, query)
    assert (sent.status_code, sent.headers["content-type"]) == (200, "application/vnd.mapbox-vector-tile")
    assert (sent.headers["x-edition"], sent.headers["cache-control"]) == ("1", "private, max-age=30")
    assert faults_of(sent.content) == []
    assert told(sent.content, "position") == [
        {"edition": answer["edition"], "match": answer["match"], "owner": answer["owner"]["code"]}
    ]
    candidates = sorted(told(sent.content, "candidates"), key=lambda one: one["order"])
    assert {one["code"]: one["probability"] for one in candidates} == {
        one["code"]: one["probability"] for one in answer["candidates"]
    }
    assert [(one["order"], one["role"]) for one in candidates] == [(1, "owner"), (2, "candidate"), (3, "candidate")]
    first = candidates[0]
    assert {name: first[name] for name in ("code", "name", "level")} == answer["owner"]
    assert (first["parent"], first["kind"]) == (answer["chain"][-2]["code"], "standard")
    assert features(sent.content, "nearest") == []


def test_the_circle_has_the_radius_that_was_given(client: TestClient):
    """Each corner in a tile of zoom 16 lies 100 m away, to a tile unit of 15 cm; no accuracy, no circle."""
    query = place(1.05, 1.05, accuracy_m=100)
    lon, lat = at(1.05, 1.05)
    address = tile_at(16, lon, lat)
    (circle,) = features(get_point(client, query, "uncertainty", address).content, "uncertainty")
    assert circle["properties"] == {"accuracy_m": 100.0, "confidence": 0.95}
    corners = in_degrees(circle["geometry"], address)
    west, south, east, north = address.box(60)
    seen = corners[(corners > [west, south]).all(axis=1) & (corners < [east, north]).all(axis=1)]
    metres = WGS84.inv(np.full(len(seen), lon), np.full(len(seen), lat), *seen.T)[2]
    assert len(seen) > 30
    assert metres == pytest.approx(100, abs=0.3)
    assert get_point(client, place(1.05, 1.05), "uncertainty").status_code == 204


def test_outside_the_way_to_the_nearest_grid_is_drawn(client: TestClient):
    """As long as the lookup says, and from the position to the grid that it names."""
    query = place(3, -1)
    answer, tile = client.get("/v1/locate", params=query).json(), get_point(client, query).content
    (way,), (grid,) = features(tile, "nearest"), features(tile, "candidates")
    assert way["properties"] == answer["nearest"]
    assert (grid["properties"]["code"], grid["properties"]["role"]) == (answer["nearest"]["code"], "nearest")
    assert "probability" not in grid["properties"]
    assert told(tile, "position") == [{"edition": 1, "match": "outside"}]
    address = tile_at(14, *at(3, -0.5))
    (near,) = features(get_point(client, query, "nearest", address).content, "nearest")
    (lon, lat), (other_lon, other_lat) = in_degrees(near["geometry"], address)
    assert (lon, lat) == pytest.approx(at(3, -1), abs=1e-5) or (other_lon, other_lat) == pytest.approx(at(3, -1))
    assert WGS84.inv(lon, lat, other_lon, other_lat)[2] == pytest.approx(answer["nearest"]["distance_m"], abs=1)


def test_grids_tied_on_an_edge_are_all_drawn(client: TestClient):
    """The corner of B2, B3 and B4, without any doubt about the place: no probabilities."""
    query = place(1, 1)
    answer, tile = client.get("/v1/locate", params=query).json(), get_point(client, query).content
    roles = {one["code"]: one["role"] for one in told(tile, "candidates")}
    assert answer["match"] == told(tile, "position")[0]["match"] == "edge"
    assert roles == {answer["owner"]["code"]: "owner", **dict.fromkeys(answer["tied_with"], "tied")}
    assert not any("probability" in one for one in told(tile, "candidates"))


def test_a_doubt_is_told_with_the_position(client: TestClient):
    """A point just inside the southern edge, written in GCJ-02 and declared to be WGS 84: that is 300 m south."""
    lon, lat = at(2.5, 0.02)
    shifted = [float(one[0]) for one in wgs84_to_gcj02(np.array([lon]), np.array([lat]))]
    query = {"lon": shifted[0], "lat": shifted[1]}
    answer, tile = client.get("/v1/locate", params=query).json(), get_point(client, query).content
    (position,) = told(tile, "position")
    assert answer["match"] == position["match"] == "outside"
    warning = answer["warning"]
    assert (position["warning"], position["message"], position["message_zh"]) == (
        warning["code"],
        warning["message"],
        warning["message_zh"],
    )


def test_a_point_of_another_system_is_drawn_where_it_lies(client: TestClient):
    """The same place in GCJ-02 gives the same tile but for the last digit of the place."""
    lon, lat = at(2.5, 0.5)
    shifted = [float(one[0]) for one in wgs84_to_gcj02(np.array([lon]), np.array([lat]))]
    plain = get_point(client, {"lon": lon, "lat": lat}).content
    assert get_point(client, {"lon": shifted[0], "lat": shifted[1], "crs": "gcj02"}).content == plain
    assert told(plain, "position")[0]["owner"] == "C1x"


def test_neighbouring_tiles_fit(client: TestClient):
    """What two tiles both show of circle and grids has the same ids and, but for the cut, the same vertices."""
    lon, lat = at(1.05, 1.05)
    west = tile_at(16, lon, lat)
    query = {"lon": west.bounds[2] + 0.0002, "lat": lat, "accuracy_m": 100}
    tiles = [west, TileAddress(west.z, west.x + 1, west.y)]
    shown = []
    for address, offset in zip(tiles, (0, EXTENT), strict=True):
        tile = get_point(client, query, "uncertainty,candidates", address).content
        strip = shapely.box(EXTENT - 63, -63, EXTENT + 63, EXTENT + 63)
        shown.append(
            {
                one["id"]: {
                    (x + offset, y)
                    for x, y in shapely.get_coordinates(shape(one["geometry"])).tolist()
                    if shapely.intersects_xy(strip, x + offset, y)
                }
                for layer in ("uncertainty", "candidates")
                for one in features(tile, layer)
            }
        )
    assert shown[0] == shown[1]
    assert len(shown[0]) >= 2
    assert len(shown[0][hashed_id("uncertainty")]) >= 3


def test_an_edition_in_memory_needs_no_database(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    """With the database away the position, the candidates and the way are drawn, as the lookup answers."""

    def away() -> UnitOfWork:
        raise UnavailableError("the database is away")

    monkeypatch.setitem(client.app_state, "open_work", away)
    for query in (place(1.06, 1.05, accuracy_m=80), place(3, -2), place(1, 1)):
        assert get_point(client, query).status_code == 200


def test_a_date_asks_its_own_edition(client: TestClient):
    """The 15th is edition 2's, which has the one grid X, and its tag is another."""
    then = place(2.5, 0.5, at="2026-01-15T00:00:00Z")
    sent = get_point(client, then)
    assert sent.headers["x-edition"] == "2"
    assert [one["code"] for one in told(sent.content, "candidates")] == ["X"]
    assert sent.headers["etag"] != get_point(client, place(2.5, 0.5)).headers["etag"]


def test_a_tag_stands_for_question_and_edition(client: TestClient):
    """304 for the tag and for any; another question, layer, tile or coding has another tag; HEAD has no body."""
    query = place(1.05, 1.05, accuracy_m=100)
    plain = get_point(client, query, **{"Accept-Encoding": "identity"})
    tag = plain.headers["etag"]
    again = get_point(client, query, **{"Accept-Encoding": "identity", "If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert get_point(client, query, **{"If-None-Match": "*"}).status_code == 304
    same = get_point(client, {**query, "at": "2026-01-05T00:00:00Z"}, **{"Accept-Encoding": "identity"})
    assert (same.content, same.headers["etag"]) == (plain.content, tag)
    others = [
        get_point(client, {**query, "accuracy_m": 101}, **{"Accept-Encoding": "identity"}),
        get_point(client, query, "position", **{"Accept-Encoding": "identity"}),
        get_point(client, query, address=tile_at(11, *at(1, 1)), **{"Accept-Encoding": "identity"}),
        get_point(client, query, **{"Accept-Encoding": "gzip"}),
    ]
    assert len({tag, *(one.headers["etag"] for one in others)}) == 5
    head = client.head(
        f"/tiles/lookup/{ALL_OF_POINT}/{MAP}.mvt", params=query, headers={"Accept-Encoding": "identity"}
    )
    assert (head.content, head.headers["content-length"]) == (b"", str(len(plain.content)))
    address = f"/tiles/lookup/{ALL_OF_POINT}/{MAP}.mvt"
    with client.stream("GET", address, params=query, headers={"Accept-Encoding": "gzip"}) as packed:
        assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content


def test_a_tile_far_away_is_empty(client: TestClient):
    """204 with a tag."""
    answer = get_point(client, place(1, 1), address=tile_at(14, 110.0, 30.0))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["etag"]


POSITION = "position/10/804/438.mvt?lon=102.71&lat=25.01"
REFUSED = [
    ("position/10/804/438.mvt", 422, "invalid-input"),
    (f"{POSITION}&accuracy_m=-1", 422, "invalid-input"),
    (f"{POSITION}&confidence=1", 422, "invalid-input"),
    (f"{POSITION}&radius_m=5", 422, "unknown-parameter"),
    (f"{POSITION}&at=yesterday", 422, "invalid-input"),
    (f"{POSITION}&at=2020-01-01T00:00:00Z", 404, "no-edition"),
    (f"{POSITION}&crs=EPSG:3857", 422, "unknown-crs"),
    (f"{POSITION}&min_edition=7", 503, "edition-behind"),
    ("position/10/804/438.mvt?lon=NaN&lat=25", 422, "invalid-input"),
    ("position/10/804/438.mvt?lon=1e999&lat=25", 422, "coordinate-out-of-range"),
    ("position/10/804/438.mvt?lon=25&lat=102", 422, "coordinate-out-of-range"),
    ("position/10/804/438.mvt?lon=1;DROP TABLE grid&lat=25", 422, "invalid-input"),
]
"""What the lookup refuses too."""


@pytest.mark.parametrize(("path", "status", "code"), REFUSED)
def test_a_refusal_is_that_of_the_lookup(client: TestClient, path: str, status: int, code: str):
    """Of tile and TileJSON, word for word."""
    query = path.partition("?")[2]
    answers = [client.get(f"/tiles/lookup/{path}"), client.get(f"/tiles/lookup/position.json?{query}")]
    asked = client.get(f"/v1/locate?{query}")
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json() == asked.json()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("lookup/position/23/0/0.mvt", 404, "not-found"),
        (f"lookup/position/{'9' * 40}/0/0.mvt", 400, "bad-address"),
        ("lookup/position/2/4/0.mvt", 400, "bad-address"),
        ("lookup/position/2/1.5/0.mvt", 400, "bad-address"),
        ("lookup/position/-1/0/0.mvt", 400, "bad-address"),
        ("lookup/grids/2/0/0.mvt", 404, "no-layer"),
        ("lookup/affected/2/0/0.mvt", 404, "no-layer"),
        ("lookup/position'--/2/0/0.mvt", 404, "no-layer"),
        ("lookup/position,position/2/0/0.mvt", 400, "bad-address"),
        ("lookup/area/position/2/0/0.mvt", 404, "no-layer"),
        ("lookup/area.json", 404, "no-layer"),
    ],
)
def test_an_address_of_no_tile_is_refused(client: TestClient, path: str, status: int, code: str):
    """As for all tiles, whatever the query is."""
    answer = client.get(f"/tiles/{path}", params=place(1, 1))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


# ------------------------------------------------------------------------------------------------ areas


def test_a_preview_of_an_area_says_what_the_lookup_says(client: TestClient):
    """A box over four grids, two of them whole: the same grids, shares and areas; the area as it was asked."""
    query = area(-0.5, 0.5, 2.5, 2, edition=1)
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/locate/area?edition=1", content=query["area"], headers=headers).json()
    sent = get_area(client, query)
    assert (sent.status_code, sent.headers["x-edition"], "x-truncated" in sent.headers) == (200, "1", False)
    assert faults_of(sent.content) == []
    drawn = sorted(told(sent.content, "affected"), key=lambda one: one["code"])
    assert drawn == answer["grids"]
    assert {one["code"] for one in drawn if one["whole"]} == {"B2", "B3"}
    assert told(sent.content, "area") == [
        {name: answer[name] for name in ("edition", "area_m2", "grids_total", "buildings", "households")}
    ]
    (asked,) = features(sent.content, "area")
    found = in_degrees(asked["geometry"], MAP)
    assert [*found.min(axis=0), *found.max(axis=0)] == pytest.approx([*at(-0.5, 0.5), *at(2.5, 2)], abs=1e-4)


def test_a_level_an_edition_and_a_date_choose(client: TestClient):
    """Communities; the one grid of edition 2, by its number and by a date."""
    at_level = get_area(client, area(2.1, 0.1, 3.9, 0.9, level="community"), "affected")
    assert [one["code"] for one in told(at_level.content, "affected")] == ["C1"]
    for more in ({"edition": 2}, {"at": "2026-01-15T00:00:00Z"}):
        sent = get_area(client, area(2.1, 0.1, 3.9, 0.9, **more), "affected")
        assert (sent.headers["x-edition"], [one["code"] for one in told(sent.content, "affected")]) == ("2", ["X"])


def test_an_area_of_another_system_is_drawn_where_it_lies(client: TestClient):
    """A box of GCJ-02 has the grids of the box that it is on the ground."""
    corners = shapely.get_coordinates(box(*at(0.2, 1.2), *at(0.8, 1.8)))
    moved = shapely.Polygon(np.column_stack(wgs84_to_gcj02(*corners.T)))
    sent = get_area(client, {"area": json.dumps(mapping(moved)), "crs": "gcj02"}, "affected")
    assert [one["code"] for one in told(sent.content, "affected")] == ["B2"]


def test_more_grids_than_are_drawn_are_counted(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    """With room for two of the five leaves three are left out, and the tile says so."""
    described = client.get("/tiles/lookup/area/affected.json", params=area(0, 0, 4, 3)).json()
    assert described["vector_layers"][0]["most_features"] == MOST_AFFECTED
    monkeypatch.setattr("gis_service.api.area_parameter.MOST_AFFECTED", 2)
    sent = get_area(client, area(0.01, 0, 4, 3))
    left_out = told(sent.content, "area")[0]["grids_total"] - 2
    assert len(told(sent.content, "affected")) == 2
    assert sent.headers["x-truncated"] == f"affected={left_out}"
    assert left_out > 0


def test_what_was_drawn_once_is_not_asked_again(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    """Of an edition in memory the second tile of an area needs no database; a 304 never does."""
    query = area(0.2, 0.2, 1.2, 1.2)
    first = get_area(client, query)

    def away() -> UnitOfWork:
        raise UnavailableError("the database is away")

    monkeypatch.setitem(client.app_state, "open_work", away)
    assert get_area(client, query, address=tile_at(12, *at(1, 1))).status_code == 200
    assert get_area(client, query, **{"If-None-Match": first.headers["etag"]}).status_code == 304
    assert get_area(client, area(0.2, 0.2, 1.2, 1.3)).status_code == 503


RING = "[[102.71,25.01],[102.72,25.01],[102.72,25.02],[102.71,25.01]]"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 422, "invalid-input"),
        ({"area": "POLYGON((1 1,2 2,3 1,1 1))"}, 422, "invalid-json"),
        ({"area": "[]"}, 422, "invalid-geojson"),
        ({"area": '{"type":"Point","coordinates":[1,2]}'}, 422, "invalid-geojson"),
        ({"area": '{"type":"Polygon","coordinates":[[[1,1],[2,2],[3,1]]]}'}, 422, "invalid-geojson"),
        ({"area": '{"type":"Polygon","coordinates":[[[1,1],[1,500],[3,1],[1,1]]]}'}, 422, "coordinate-out-of-range"),
        ({"area": '{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}'}, 422, "invalid-geometry"),
        ({"area": "'; DROP TABLE grid; --"}, 422, "invalid-json"),
        ({"area": f'{{"type":"Polygon","coordinates":[{RING}{" " * LONGEST_AREA}]}}'}, 413, "area-too-long"),
        ({"area": json.dumps(mapping(shapely.Point(102.7, 25).buffer(0.01)))}, 413, "too-many-vertices"),
        ({"crs": "EPSG:3857"}, 422, "unknown-crs"),
        ({"level": "' OR 1=1"}, 422, "unknown-level"),
        ({"level": "x" * 65}, 422, "invalid-input"),
        ({"edition": "0"}, 422, "invalid-input"),
        ({"edition": "99"}, 404, "no-edition"),
        ({"edition": "9999999999"}, 404, "no-edition"),
        ({"edition": "1", "at": "2026-01-05T00:00:00Z"}, 422, "edition-and-at"),
        ({"at": "2020-01-01T00:00:00Z"}, 404, "no-edition"),
        ({"limit": "5"}, 422, "unknown-parameter"),
    ],
)
def test_a_bad_area_is_refused_by_its_parameter(client: TestClient, query: dict[str, str], status: int, code: str):
    """With the codes of the lookup; a fault of the GeoJSON is one of the parameter ``area``."""
    asked = (
        query if "area" in query or not query else {"area": f'{{"type":"Polygon","coordinates":[{RING}]}}', **query}
    )
    for answer in (get_area(client, asked), client.get("/tiles/lookup/area/area.json", params=asked)):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        if "area" in query and code != "too-many-vertices":
            assert answer.json()["errors"][0]["parameter"] == "area"


def test_a_bad_token_is_refused_as_the_lookup_refuses_it(client: TestClient):
    """An area's lookup reads tokens, a point's does not."""
    bad = {"Authorization": "Basic abc"}
    assert get_area(client, area(0, 0, 1, 1), **bad).status_code == 401
    assert get_point(client, place(1, 1), **bad).status_code == 200


# ------------------------------------------------------------------------------------------------ descriptions


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (f"/tiles/lookup/{ALL_OF_POINT}", place(1.05, 1.05, accuracy_m=100)),
        (f"/tiles/lookup/{ALL_OF_POINT}", place(3, -1, at="2026-01-05T08:00:00+08:00")),
        (f"/tiles/lookup/area/{ALL_OF_AREA}", area(-0.5, 0.5, 2.5, 2)),
    ],
)
def test_tilejson_describes_what_the_tiles_hold(client: TestClient, path: str, query: dict[str, Any]):
    """One URL for a map: its bounds hold what is drawn, its fields are those of the features, its address answers."""
    answer = client.get(f"{path}.json", params=query)
    described = answer.json()
    assert (answer.headers["cache-control"], described["edition"]) == ("private, max-age=5", 1)
    assert (described["tilejson"], described["minzoom"], described["maxzoom"]) == ("3.0.0", 0, 22)
    assert described["attribution"] == "© 高德"
    (template,) = described["tiles"]
    assert template.startswith(f"http://testserver{path}/{{z}}/{{x}}/{{y}}.mvt?")
    lon, lat, zoom = described["center"]
    assert 8 <= zoom <= 18
    west, south, east, north = described["bounds"]
    sent = client.get(template.format(z=MAP.z, x=MAP.x, y=MAP.y))
    assert sent.status_code == 200
    for layer in described["vector_layers"]:
        found = features(sent.content, layer["id"])
        assert set().union(*(one["properties"] for one in found)) <= set(layer["fields"])
        for one in found:
            assert shapely.box(west, south, east, north).contains(
                shapely.MultiPoint(in_degrees(one["geometry"], MAP))
            )
    middle = tile_at(zoom, lon, lat)
    assert client.get(template.format(z=zoom, x=middle.x, y=middle.y)).status_code == 200
    tag = answer.headers["etag"]
    assert client.get(f"{path}.json", params=query, headers={"If-None-Match": tag}).status_code == 304


def test_the_address_of_the_tiles_keeps_to_the_edition(client: TestClient):
    """By the instant from which it is in force, or by its number; what was for the moment alone is left out."""
    tiles = client.get("/tiles/lookup/position.json", params=place(1, 1, min_edition=1)).json()["tiles"][0]
    assert parse_qs(urlsplit(tiles).query) == {
        "lon": ["102.71"],
        "lat": ["25.01"],
        "at": ["2026-01-01T00:00:00+00:00"],
    }
    query = area(0, 0, 1, 1, at="2026-01-15T00:00:00Z")
    tiles = client.get("/tiles/lookup/area/area.json", params=query).json()["tiles"][0]
    assert parse_qs(urlsplit(tiles).query) == {"area": [query["area"]], "edition": ["2"]}


def test_openapi_describes_every_route():
    """Each path of the description is a path that is served."""
    assert set(LOOKUP_TILE_OPENAPI_PATHS) == {route.path for route in lookup_tile_routes}
