from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import brotli
import pyogrio
import pytest
import shapely
import shapely.affinity
from fastapi import FastAPI
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.api.tile_cache import TileCache
from gis_service.api.tile_figures import TileFigures
from gis_service.api.tile_folder import TileFolder
from gis_service.api.tile_openapi import TILE_OPENAPI_PATHS
from gis_service.api.tiles import tile_routes
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.tokens import hash_secret
from gis_service.use_cases import render_tile
from tests.support.tile_ground import (
    BOUNDS,
    features,
    set_building_version,
    shapes_by_code,
    store_building,
    store_event,
    store_ground,
    store_incident,
    tile_at,
)
from tiles.address import EXTENT, TileAddress
from tiles.layers import LAYERS

U1 = ["D", "S1", "C1", "U1"]
INSIDE = tile_at(14, 102.719, 25.03)
WHOLE = tile_at(10, 102.73, 25.03)
ROUTER = {"Authorization": "Bearer router-of-U1"}
STRANGER = {"Authorization": "Bearer router-of-K"}
YEAR = "max-age=31536000, immutable"


@pytest.fixture
def snapshots() -> SimpleNamespace:
    """The edition in force, which a test may take away or move on."""
    return SimpleNamespace(current=SimpleNamespace(edition=1, bounds=BOUNDS))


@pytest.fixture
def client(work: UnitOfWork, open_session: sessionmaker[Session], snapshots: SimpleNamespace) -> Iterator[TestClient]:
    store_ground(work)
    tokens = TokenCache(3600)
    for name, scope in (("router-of-U1", "U1"), ("router-of-K", "K")):
        tokens.put(hash_secret(name), Principal(name=name, role="router", scope=scope))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, object]]:
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "open_reading": lambda: UnitOfWork(open_session),
            "snapshots": snapshots,
            "tile_cache": TileCache(1_000_000),
            "tile_folder": None,
            "tile_figures": TileFigures(TileCache(0)),
            "token_cache": tokens,
            "attribution": "© 高德",
        }

    app = FastAPI(lifespan=lifespan, routes=tile_routes)
    install_problems(app)
    with TestClient(app) as made:
        yield made


@pytest.fixture
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements that reach the database."""
    seen: list[str] = []

    def note(_connection, _cursor, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def url(layers: str = "grids", address: TileAddress = INSIDE, edition: int | str = 1) -> str:
    return f"/tiles/{edition}/{layers}/{address}.mvt"


def test_a_tile_of_a_numbered_edition_is_public_and_immutable(client: TestClient):
    """Boundaries of edition 1 stay for a year in any cache, under a strong ETag that names the coding."""
    answer = client.get(url("grids,grid_labels", WHOLE), headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["cache-control"] == f"public, {YEAR}"
    assert answer.headers["vary"] == "Accept-Encoding, Authorization"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-edition"] == "1"
    assert answer.headers["etag"].endswith('-gzip"')
    assert set(shapes_by_code(answer.content)) == {"S1", "S2", "K"}
    assert set(shapes_by_code(answer.content, "grid_labels")) == {"S1", "S2", "K"}


@pytest.mark.parametrize(
    ("path", "lifetime"),
    [
        (url(edition="current"), "max-age=30, stale-while-revalidate=30"),
        (url("incidents"), "max-age=5, stale-while-revalidate=10"),
        (url("grids,buildings"), "max-age=5, stale-while-revalidate=10"),
    ],
)
def test_what_may_move_is_kept_for_seconds(client: TestClient, path: str, lifetime: str):
    """The edition in force may change, and so may buildings and incidents of any edition."""
    assert client.get(path).headers["cache-control"] == f"public, {lifetime}"


def test_each_coding_has_its_own_bytes_and_its_own_tag(client: TestClient):
    """Unpacked, br and gzip are the tile as it is; the three tags differ, and each is the same again."""
    got = {}
    for coding in ("br", "gzip", "identity"):
        with client.stream("GET", url(), headers={"Accept-Encoding": coding}) as answer:
            got[coding] = (b"".join(answer.iter_raw()), answer.headers)
    plain = got["identity"][0]
    assert brotli.decompress(got["br"][0]) == plain == gzip.decompress(got["gzip"][0])
    assert [got[coding][1].get("content-encoding") for coding in got] == ["br", "gzip", None]
    assert len({headers["etag"] for _, headers in got.values()}) == 3


def test_a_tag_that_is_known_is_answered_without_cache_or_database(client: TestClient, statements: list[str]):
    """A tile never rendered before is 304 by its tag alone, with no statement sent."""
    tag = client.head(url()).headers["etag"]
    client.app_state["tile_cache"] = TileCache(0)
    statements.clear()
    answer = client.get(url(), headers={"If-None-Match": f'"other", W/{tag}'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert answer.headers["cache-control"] == f"public, {YEAR}"
    assert statements == []


def test_a_tile_is_rendered_once(client: TestClient, statements: list[str]):
    """The second answer comes from memory."""
    first = client.get(url())
    statements.clear()
    assert client.get(url()).content == first.content
    assert statements == []


def test_an_empty_tile_inside_the_bounds_is_204_with_a_tag(client: TestClient):
    """There is no building anywhere; asked again with the tag it is 304."""
    answer = client.get(url("buildings"))
    again = client.get(url("buildings"), headers={"If-None-Match": answer.headers["etag"]})
    assert (answer.status_code, answer.content, again.status_code) == (204, b"", 304)


def test_head_is_get_without_the_body(client: TestClient):
    """Same headers, length included."""
    got, asked = client.get(url()), client.head(url())
    assert asked.status_code == 200
    assert asked.content == b""
    for name in ("content-length", "etag", "content-encoding", "cache-control", "content-type"):
        assert asked.headers.get(name) == got.headers.get(name)


def test_any_tag_stands_for_a_tile_that_is_there(client: TestClient):
    """If-None-Match * is 304 inside the bounds and 404 outside."""
    star = {"If-None-Match": "*"}
    found = [client.get(url(address=one), headers=star).status_code for one in (INSIDE, tile_at(14, 103, 25))]
    assert found == [304, 404]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (url(address=tile_at(14, 103, 25)), 404, "not-found"),
        ("/tiles/1/grids/23/0/0.mvt", 404, "not-found"),
        (url("buildings", tile_at(12, 102.719, 25.03)), 404, "not-found"),
        (url("tracks"), 404, "no-layer"),
        (url(edition=9), 404, "no-edition"),
        (url(edition=0), 404, "no-edition"),
        (url(edition=2**31), 404, "no-edition"),
        (url(edition="latest"), 404, "no-edition"),
        ("/tiles/1/grids/14/1.5/0.mvt", 400, "bad-address"),
        ("/tiles/1/grids/14/-1/0.mvt", 400, "bad-address"),
        ("/tiles/1/grids/2/4/0.mvt", 400, "bad-address"),
        ("/tiles/1/grids/2/٣/0.mvt", 400, "bad-address"),
        ("/tiles/1/grids/02/3/1.mvt", 400, "bad-address"),
        (url("grids,grids"), 400, "bad-address"),
        (url("grids,"), 400, "bad-address"),
        (url("a,b,c,d,e,f,g,h,i,j"), 400, "bad-address"),
        (url() + "?level=village", 422, "unknown-level"),
        (url() + "?kind=odd", 422, "invalid-input"),
        (url() + "?state=lost", 422, "invalid-input"),
        (url("grids,incidents") + "?category=hazards", 422, "unknown-category"),
        (url("incidents") + "?category=hazard.none", 422, "unknown-category"),
        (url() + "?since=yesterday", 422, "invalid-input"),
    ],
)
def test_a_refusal_says_which(client: TestClient, path: str, status: int, code: str):
    """No such tile, edition or layer is 404; an address that cannot be one is 400; a bad filter is 422."""
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["cache-control"] == "no-store"


def test_before_the_first_edition_there_is_no_current(client: TestClient, snapshots: SimpleNamespace):
    """404 no-edition, for the tile and for its description."""
    snapshots.current = None
    found = [client.get(path).json()["code"] for path in (url(edition="current"), "/tiles/current/grids.json")]
    assert found == ["no-edition", "no-edition"]


def test_current_moves_on_with_the_edition_in_force(client: TestClient, snapshots: SimpleNamespace):
    """The next edition shows C1 in place of U1 and U2, under another tag."""
    before = client.get(url(edition="current"))
    snapshots.current = SimpleNamespace(edition=2, bounds=BOUNDS)
    after = client.get(url(edition="current"), headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "U1" in shapes_by_code(before.content)
    assert "C1" in shapes_by_code(after.content)


def test_the_tag_of_current_is_that_of_its_edition(client: TestClient):
    """Both addresses name the same bytes, and share them in the cache."""
    assert client.get(url(edition="current")).headers["etag"] == client.get(url()).headers["etag"]


def test_the_order_of_layers_and_filters_of_others_make_no_other_tile(client: TestClient):
    """The address buildings,grids with a category is the tile grids,buildings: neither layer has categories."""
    tags = {
        client.get(path).headers["etag"]
        for path in (url("grids,buildings"), url("buildings,grids") + "?category=hazard")
    }
    assert len(tags) == 1


def test_buildings_that_change_change_the_tag(client: TestClient, work: UnitOfWork):
    """Their version is part of the key; what is remembered of it is at most a second old."""
    before = client.get(url("buildings"))
    store_building(work, "B1", 102.719, 25.03, "U1")
    set_building_version(work, 2)
    client.app_state["tile_cache"] = TileCache(1_000_000)
    after = client.get(url("buildings"), headers={"If-None-Match": before.headers["etag"]})
    assert (before.status_code, after.status_code) == (204, 200)


def test_a_filter_narrows_the_tile(client: TestClient):
    """One level alone, then dedicated grids alone."""
    found = [
        set(shapes_by_code(client.get(url() + query).content)) for query in ("?level=community", "?kind=dedicated")
    ]
    assert found == [{"C1", "C2"}, {"U2"}]


def test_incidents_are_counts_for_the_public_and_clusters_for_their_scope(client: TestClient, work: UnitOfWork):
    """Five in U1: the public sees 5 in their street, the router of U1 their cluster, the router of K nothing.

    From zoom 15 on the router sees them one by one.
    """
    for number in range(5):
        store_incident(work, number, U1, lon=102.7012, lat=25.0012)
    path = url("incidents", WHOLE) + "?state=reported"
    public, own, other = (client.get(path, headers=headers) for headers in ({}, ROUTER, STRANGER))
    counted = {
        one["properties"]["grid"]: one["properties"].get("count") for one in features(public.content, "incidents")
    }
    assert counted["S1"] == 5
    assert b"0000-0000" not in public.content
    assert [one["properties"]["count"] for one in features(own.content, "incidents")] == [5]
    near = client.get(url("incidents", tile_at(15, 102.7012, 25.0012)), headers=ROUTER)
    assert [one["properties"]["owner"] for one in features(near.content, "incidents")] == ["U1"] * 5
    assert other.status_code == 204
    assert len({answer.headers["etag"] for answer in (public, own, other)}) == 3


def test_the_tag_of_a_scope_does_not_open_the_tile_of_another(client: TestClient, work: UnitOfWork):
    """What the router of U1 has is no news for the public: its tag is answered with the public's tile."""
    store_incident(work, 1, U1)
    tag = client.get(url("incidents", WHOLE), headers=ROUTER).headers["etag"]
    answer = client.get(url("incidents", WHOLE), headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "incident" not in features(answer.content, "incidents")[0]["properties"]


def test_what_a_token_shows_is_private(client: TestClient):
    """Not for shared caches and not for pages of other origins, whatever the layer."""
    for layers, lifetime in (("grids", YEAR), ("incidents", "max-age=5, stale-while-revalidate=10")):
        answer = client.get(url(layers), headers=ROUTER)
        assert answer.headers["cache-control"] == f"private, {lifetime}"
        assert "access-control-allow-origin" not in answer.headers


def test_a_bad_token_is_refused_even_with_a_known_tag(client: TestClient):
    """401 comes before 304."""
    tag = client.get(url()).headers["etag"]
    headers = {"Authorization": "Basic eA==", "If-None-Match": tag}
    assert client.get(url(), headers=headers).status_code == 401


def test_tilejson_names_the_edition_and_what_its_layers_hold(client: TestClient):
    """Asked for current it names edition 1 in an absolute address; fields are those of the features."""
    answer = client.get("/tiles/current/incidents,grids.json?level=street&since=2026-01-01T00:00:00%2B08:00")
    described = answer.json()
    assert described["tilejson"] == "3.0.0"
    assert described["tiles"] == [
        "http://testserver/tiles/1/grids,incidents/{z}/{x}/{y}.mvt?level=street&since=2026-01-01T00%3A00%3A00%2B08%3A00"
    ]
    assert described["bounds"] == pytest.approx(BOUNDS)
    assert described["attribution"] == "© 高德"
    assert described["edition"] == 1
    layers = {one["id"]: one for one in described["vector_layers"]}
    (d,) = features(client.get(url("grids", tile_at(8, 102.73, 25.03)) + "?level=district").content, "grids")
    assert set(d["properties"]) <= set(layers["grids"]["fields"])
    assert set(layers["incidents"]["fields"]) == {"grid", "level", "count"}
    assert (described["minzoom"], described["maxzoom"]) == (0, 22)
    assert answer.headers["cache-control"] == "public, max-age=5, stale-while-revalidate=10"


def test_the_address_in_tilejson_answers(client: TestClient):
    """Filled in and followed, filters and all."""
    template = client.get("/tiles/current/grids.json?kind=dedicated").json()["tiles"][0]
    answer = client.get(template.format(z=INSIDE.z, x=INSIDE.x, y=INSIDE.y))
    assert set(shapes_by_code(answer.content)) == {"U2"}


def test_tilejson_tells_a_scope_the_fields_it_gets(client: TestClient):
    """With a token incidents come in clusters and one by one, and the answer is private."""
    answer = client.get("/tiles/1/incidents.json", headers=ROUTER)
    fields = answer.json()["vector_layers"][0]["fields"]
    single, cluster = (
        {"incident", "category", "severity", "state", "owner"},
        {"count", "expands_at", "open", "larger", "major"},
    )
    assert set(fields) == single | cluster
    assert answer.headers["cache-control"] == "private, max-age=300"


def test_tilejson_is_304_by_its_tag(client: TestClient):
    """The tag is that of the text."""
    tag = client.get("/tiles/1/grids.json").headers["etag"]
    assert client.get("/tiles/1/grids.json", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [("grids,grids", 400), ("roads", 404), ("grids.json?kind=odd&x=", 422), ("grids.json?level=nope", 422)],
)
def test_tilejson_is_refused_like_its_tiles(client: TestClient, path: str, status: int):
    """400, 404 and 422 as for a tile."""
    assert client.get(f"/tiles/1/{path if '.json' in path else path + '.json'}").status_code == status


def test_gdal_reads_what_was_meant(client: TestClient, tmp_path: Path):
    """GDAL and mapbox-vector-tile find the same grids, ids and places in one tile, within a tile unit."""
    tile = client.get(url()).content
    file = tmp_path / str(INSIDE.z) / str(INSIDE.x) / f"{INSIDE.y}.mvt"
    file.parent.mkdir(parents=True)
    file.write_bytes(tile)
    meta, _, shapes, columns = pyogrio.raw.read(file, layer="grids", CLIP="NO")
    found = dict(zip(meta["fields"], columns, strict=True))
    read = dict(zip(found["code"], shapely.from_wkb(shapes), strict=True))
    assert dict(zip(found["code"], found["mvt_id"], strict=True)) == {
        one["properties"]["code"]: one["id"] for one in features(tile, "grids")
    }
    west, _, east, north = INSIDE.bounds_3857
    unit_m = (east - west) / EXTENT
    decoded = shapes_by_code(tile)
    assert set(read) == set(decoded)
    for code, shape in decoded.items():
        placed = shapely.affinity.affine_transform(shape, [unit_m, 0, 0, -unit_m, west, north])
        assert shapely.hausdorff_distance(placed, read[code]) <= unit_m


def test_openapi_describes_every_route(client: TestClient):
    """Each path of the description is a path that is served."""
    assert set(TILE_OPENAPI_PATHS) == {route.path for route in tile_routes}
    assert client.get("/tiles/1/grids.json").status_code == 200


def test_a_tile_whose_generalised_shapes_are_still_to_be_made_has_no_tag(
    client: TestClient, open_session: sessionmaker[Session]
):
    """Below zoom 14 its bytes will be others one day, so nobody may keep it; above, and for points, nothing waits."""
    with open_session() as session:
        session.execute(text("DELETE FROM generalised_band"))
        session.commit()
    answer = client.get(url("grids", WHOLE))
    assert answer.status_code == 200
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=30"
    for settled in (url("grids", INSIDE), url("grid_labels", WHOLE)):
        assert client.get(settled).headers["cache-control"] == f"public, {YEAR}"


def test_boundaries_are_on_disk_for_the_next_worker(client: TestClient, statements: list[str], tmp_path: Path):
    """Of three tiles the one without a layer that moves is found by a worker that has nothing in memory."""
    client.app_state["tile_folder"] = TileFolder(tmp_path, 1 << 20)
    paths = [url("grids,grid_labels"), url("grids,incidents"), url("buildings")]
    before = [client.get(path) for path in paths]
    client.app_state["tile_cache"] = TileCache(1_000_000)
    client.app_state["tile_folder"] = TileFolder(tmp_path, 1 << 20)
    statements.clear()
    after = client.get(paths[0])
    assert (after.content, after.headers) == (before[0].content, before[0].headers)
    assert not any("ST_AsMVT" in statement for statement in statements)
    assert len(list(tmp_path.glob("??/*"))) == 1


def current(layers: str, query: str, address: TileAddress = INSIDE) -> str:
    return url(layers, address, "current") + f"?{query}"


@pytest.mark.parametrize(
    ("at", "edition", "lifetime"),
    [
        ("2026-01-01T08:00:00%2B08:00", "1", YEAR),
        ("2026-01-02T07:59:59.9%2B08:00", "1", YEAR),
        ("2026-01-02T00:00:00Z", "2", "max-age=30, stale-while-revalidate=30"),
        ("2026-01-02T08:00:00%2B08:00", "2", "max-age=30, stale-while-revalidate=30"),
        ("2099-01-01T00:00:00Z", "2", "max-age=30, stale-while-revalidate=30"),
    ],
)
def test_an_instant_shows_the_edition_in_force_then(client: TestClient, at: str, edition: str, lifetime: str):
    """Edition 1 is in force from the first of January, 2 from the second, midnight UTC; 1 is in force now.

    The tile is that of the numbered edition, by the same tag.  Before the date of the newest edition it holds for
    ever; after it a publication may still be given a date that has passed.
    """
    answer = client.get(current("grids", f"at={at}"))
    numbered = client.get(url("grids", INSIDE, int(edition)))
    assert (answer.headers["x-edition"], answer.headers["cache-control"]) == (edition, f"public, {lifetime}")
    assert (answer.headers["etag"], answer.content) == (numbered.headers["etag"], numbered.content)


def test_there_is_no_edition_before_the_first(client: TestClient):
    """The year 2025, as a tile and as TileJSON."""
    for path in (current("grids", "at=2025-01-01T00:00:00Z"), "/tiles/current/grids.json?at=2025-01-01T00:00:00Z"):
        refused = client.get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "no-edition")
        assert refused.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (current("grids", "at=yesterday"), "at"),
        (current("grids", "at=2026-01-01T00:00:00"), "at"),
        (current("grids", "at="), "at"),
        (current("grids", "at=2026-01-01T00:00:00Z&at=2026-01-01T00:00:00Z"), "at"),
        (url("grids") + "?at=2026-01-01T00:00:00Z", "at"),
        (current("incidents", "at=2026-01-01T00:00:00Z&as_of=2026-01-01T00:00:00Z"), "as_of"),
        ("/tiles/1/grids.json?at=2026-01-01T00:00:00Z", "at"),
        (url("incidents") + "?as_of=then", "as_of"),
    ],
)
def test_an_instant_that_is_none_or_says_too_much_is_a_422(client: TestClient, path: str, name: str):
    """No offset, no instant, given twice, with an edition by number, or with as_of."""
    refused = client.get(path)
    assert refused.status_code == 422
    assert [fault["parameter"] for fault in refused.json()["errors"]] == [name]


def test_tilejson_of_an_instant_names_edition_and_instant(client: TestClient):
    """Its tiles are of the edition by number, and where incidents are among them, of these as of the instant."""
    path = "/tiles/current/{}.json?at=2026-01-01T20:00:00%2B08:00&state=reported"
    with_incidents, without = (client.get(path.format(layers)).json() for layers in ("grids,incidents", "grids"))
    assert with_incidents["edition"] == without["edition"] == 1
    assert without["tiles"] == ["http://testserver/tiles/1/grids/{z}/{x}/{y}.mvt?state=reported"]
    (tiles_url,) = with_incidents["tiles"]
    assert tiles_url.endswith("?state=reported&as_of=2026-01-01T12%3A00%3A00%2B00%3A00")
    filled = tiles_url.removeprefix("http://testserver").format(z=INSIDE.z, x=INSIDE.x, y=INSIDE.y)
    same = client.get(current("grids,incidents", "at=2026-01-01T12:00:00Z&state=reported"))
    assert client.get(filled).headers["etag"] == same.headers["etag"]
    assert same.headers["cache-control"] == "public, max-age=5, stale-while-revalidate=10"


def test_incidents_of_an_instant_are_those_of_then(client: TestClient, work: UnitOfWork):
    """Reported on the second of March: nobody knew of it on the first, and it is there from then on."""
    store_incident(work, 1, U1)
    store_event(work, 1, datetime(2026, 3, 2, tzinfo=UTC), "reported")
    address = tile_at(15, 102.71, 25.01)
    seen = [
        client.get(current("incidents", f"at=2026-03-0{day}T12:00:00Z", address), headers=ROUTER).status_code
        for day in (1, 2)
    ]
    assert seen == [204, 200]


def bound(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Let the layer of buildings be another one."""
    layers = {**LAYERS, "buildings": replace(LAYERS["buildings"], **changes)}
    monkeypatch.setattr(render_tile, "LAYERS", layers)


def test_a_tile_tells_what_it_lacks(client: TestClient, work: UnitOfWork, monkeypatch: pytest.MonkeyPatch):
    """Three buildings where one has room: from the database, from memory, and as a head; a 304 tells no more."""
    for code in ("B1", "B2", "B3"):
        store_building(work, code, 102.719, 25.03, "U1")
    bound(monkeypatch, most_features=1)
    answers = [
        client.get(url("grids,buildings")),
        client.get(url("grids,buildings")),
        client.head(url("grids,buildings")),
    ]
    assert [answer.headers["x-truncated"] for answer in answers] == ["buildings=2"] * 3
    assert len(features(answers[1].content, "buildings")) == 1
    known = client.get(url("grids,buildings"), headers={"If-None-Match": answers[0].headers["etag"]})
    assert (known.status_code, "x-truncated" in known.headers) == (304, False)
    bound(monkeypatch, most_features=3)
    client.app_state["tile_cache"] = TileCache(1_000_000)
    assert "x-truncated" not in client.get(url("grids,buildings")).headers


def test_a_tile_on_disk_tells_what_it_lacks(
    client: TestClient, work: UnitOfWork, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Were buildings part of an edition, their tiles would be on disk: the next worker tells the same."""
    for code in ("B1", "B2", "B3"):
        store_building(work, code, 102.719, 25.03, "U1")
    bound(monkeypatch, most_features=2, moves=False)
    answers = []
    for _ in range(2):
        client.app_state["tile_folder"] = TileFolder(tmp_path, 1 << 20)
        client.app_state["tile_cache"] = TileCache(1_000_000)
        answers.append(client.get(url("buildings")))
    assert len(list(tmp_path.glob("??/*"))) == 1
    assert client.app_state["tile_figures"].of(("buildings",), 14).from_disk == 1
    assert [answer.headers["x-truncated"] for answer in answers] == ["buildings=1"] * 2
    assert answers[0].content == answers[1].content


def test_tilejson_tells_the_bound_of_a_layer(client: TestClient):
    """Buildings have one, grids none: a cover with a hole would be no cover."""
    told = client.get("/tiles/1/grids,buildings.json").json()["vector_layers"]
    assert [layer.get("most_features") for layer in told] == [None, 20_000]


def test_a_tile_on_disk_is_not_given_for_an_edition_of_another_database(
    client: TestClient, work: UnitOfWork, tmp_path: Path
):
    """The same number, published at another time: as after a restore, or with another GIS_DATABASE_URL."""
    client.app_state["tile_folder"] = TileFolder(tmp_path, 1 << 20)
    client.get(url())
    with work:
        work._session.execute(text("UPDATE edition SET published_at = published_at + interval '1 s'"))
        work.commit()
    client.app_state["tile_cache"] = TileCache(1_000_000)
    client.get(url())
    assert len(list(tmp_path.glob("??/*"))) == 2


def test_a_tile_that_takes_the_database_too_long_is_a_503(client: TestClient, work: UnitOfWork, engine: Engine):
    """Somebody holds the table of buildings: after the time limit the client is told to come again."""
    with engine.connect() as other:
        other.execute(text("LOCK TABLE building IN ACCESS EXCLUSIVE MODE"))
        with work:
            work._session.execute(text("SET LOCAL statement_timeout = 50"))
            work.commit()
        refused = client.get(url("buildings"))
        other.rollback()
    assert (refused.status_code, refused.json()["code"]) == (503, "database-timeout")
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["cache-control"] == "no-store"


@pytest.fixture
def busy(client: TestClient) -> Iterator[TileCache]:
    """A cache whose only thread for tiles is taken, and in which none may wait but as the test says."""
    cache = client.app_state["tile_cache"] = TileCache(1_000_000, threads=1, most_waiting=0)
    client.portal.call(cache._turns.acquire)
    return cache


def test_more_tiles_than_may_wait_are_a_503(client: TestClient, busy: TileCache):
    """None may: the client is told when to come again, and a tag that it knows is a 304 all the same."""
    refused = client.get(url())
    assert (refused.status_code, refused.json()["code"]) == (503, "tiles-busy")
    assert (refused.headers["retry-after"], refused.headers["cache-control"]) == ("2", "no-store")
    busy._turns.release()
    tag = client.get(url()).headers["etag"]
    client.portal.call(busy._turns.acquire)
    assert client.get(url(), headers={"If-None-Match": tag}).status_code == 304


def test_a_tile_whose_client_goes_away_as_it_waits_is_not_drawn(
    client: TestClient, busy: TileCache, statements: list[str]
):
    """The server tells the request and then that the client is gone; the database is never asked for the tile."""
    busy._most_waiting = 1
    told = iter([{"type": "http.request"}, {"type": "http.disconnect"}])
    sent: list[dict] = []

    async def ask() -> None:
        async def receive() -> dict:
            return next(told)

        async def send(message: dict) -> None:
            sent.append(message)

        # Read beforehand, so that nothing but the tile is left to wait for.
        await client.app({**scope, "method": "HEAD", "headers": [(b"if-none-match", b"*")]}, receive, send)
        await client.app(scope, receive, send)

    scope = {"type": "http", "method": "GET", "path": url(), "query_string": b"", "headers": []}
    scope["state"] = client.app_state
    client.portal.call(ask)
    assert [message["status"] for message in sent if "status" in message] == [304, 499]
    assert (busy.dropped, busy.waiting) == (1, 0)
    assert not any("ST_AsMVT" in statement for statement in statements)
