from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from fastapi import FastAPI
from shapely.geometry import box, mapping
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from gis_service.api import plans
from gis_service.api.access import TokenCache
from gis_service.api.plan_tiles import PLAN_TILE_OPENAPI_PATHS, make_plan_cache, plan_tile_routes
from gis_service.api.problems import install_problems
from gis_service.api.tile_cache import TileCache
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.create_token import create_token
from tests.support.ground import FIRST_DAY, PLANNER, UNITS, add_levels, publish_tree, tiny_tree
from tests.support.tile_ground import features, tile_at
from tiles.address import TileAddress

FIRST, SECOND, THIRD, _ = UNITS
INSIDE = tile_at(14, 102.705, 25.015)
ALL = "grids,changes,findings"


@pytest.fixture
def client(work: UnitOfWork, open_session: sessionmaker[Session]) -> Iterator[TestClient]:
    """The routes of plans and their tiles, on the tiny tree as edition 1, for a planner without a scope."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)

    @asynccontextmanager
    async def lifespan(_: FastAPI):
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "tile_cache": TileCache(1_000_000),
            "plan_cache": make_plan_cache(),
            "token_cache": TokenCache(60),
            "attribution": "© 高德",
        }

    app = FastAPI(lifespan=lifespan, routes=plan_tile_routes)
    app.include_router(plans.router)
    install_problems(app)
    with TestClient(app) as made:
        made.headers["Authorization"] = f"Bearer {secret_of('planner', work)}"
        yield made


def secret_of(role: str, work: UnitOfWork) -> str:
    return create_token(role=role, scope=None, label=role, lifetime=timedelta(hours=1), work=work)[0]


@pytest.fixture
def plan(work: UnitOfWork, client: TestClient) -> int:
    return create_plan("重划", PLANNER, work).id


def url(plan: int, layers: str = ALL, address: TileAddress = INSIDE) -> str:
    return f"/tiles/plans/{plan}/{layers}/{address}.mvt"


def merge(client: TestClient, plan: int) -> None:
    answer = client.post(f"/v1/plans/{plan}/changes", json={"op": "merge", "codes": [FIRST, SECOND], "into": FIRST})
    assert answer.status_code == 201, answer.text


def test_a_plan_is_shown_with_its_changes(client: TestClient, plan: int):
    """Two grids merged into the first: the second is removed, its square kilometre merged; private, never stale."""
    merge(client, plan)
    answer = client.get(url(plan), headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Accept-Encoding, Authorization"
    assert (answer.headers["x-plan-version"], answer.headers["x-edition"]) == ("2", "1")
    assert answer.headers["etag"].endswith('-gzip"')
    assert "access-control-allow-origin" not in answer.headers
    states = {one["properties"]["code"]: one["properties"]["state"] for one in features(answer.content, "grids")}
    assert {code: states[code] for code in (FIRST, SECOND, THIRD)} == {
        FIRST: "moved",
        SECOND: "removed",
        THIRD: "unchanged",
    }
    (change,) = (one["properties"] for one in features(answer.content, "changes"))
    assert (change["change"], change["from"], change["to"], change["level"]) == (
        "merged",
        SECOND,
        FIRST,
        "unit_grid",
    )
    assert change["area_m2"] == pytest.approx(1.117e6, rel=0.01)


def narrow(client: TestClient, plan: int) -> None:
    """Give up the western tenth of the third grid."""
    (third,) = (one for one in tiny_tree() if one.code == THIRD)
    told = {"code": THIRD, "level": third.level, "parent": third.parent, "name": third.name}
    ground = mapping(box(102.711, 25.01, 102.72, 25.02))
    body = {"op": "replace", "features": [{"type": "Feature", "properties": told, "geometry": ground}]}
    assert client.post(f"/v1/plans/{plan}/changes", json=body).status_code == 201


def test_findings_are_those_of_the_report(client: TestClient, plan: int):
    """Ground that no grid has any more is a finding in both, and ground that is removed."""
    narrow(client, plan)
    answer = client.get(url(plan, address=tile_at(12, 102.7105, 25.015)))
    report = {one["id"]: one for one in client.get(f"/v1/plans/{plan}/report").json()["findings"]}
    drawn = {one["properties"]["finding"]: one["properties"] for one in features(answer.content, "findings")}
    assert drawn.keys() == {key for key, one in report.items() if one["geometry"] is not None} != set()
    for key, properties in drawn.items():
        for name in ("rule", "severity", "message", "message_zh"):
            assert properties[name] == report[key][name]
        assert properties.get("class") == report[key]["class"]
        assert properties["grids"].split(",") == report[key]["grids"]
    (change,) = (one["properties"] for one in features(answer.content, "changes"))
    assert (change["change"], change["from"], "to" in change) == ("removed", THIRD, False)


def test_each_change_moves_the_tag_and_what_is_known_is_not_drawn_again(
    client: TestClient, plan: int, count_queries: Callable
):
    """The same version is one query and a 304, or one query and the same bytes; after a change it is another tile."""
    first = client.get(url(plan, "grids,changes"))
    tag = first.headers["etag"]
    with count_queries() as statements:
        again = client.get(url(plan, "grids,changes"), headers={"If-None-Match": tag})
        same = client.get(url(plan, "changes,grids"))
        other = client.get(url(plan, "grids,changes", tile_at(15, 102.705, 25.015)))
    assert (again.status_code, again.content, again.headers["x-plan-version"]) == (304, b"", "1")
    assert (same.content, same.headers["etag"]) == (first.content, tag)
    assert features(other.content, "grids") != features(first.content, "grids")
    assert len(statements) == 3
    merge(client, plan)
    moved = client.get(url(plan, "grids,changes"), headers={"If-None-Match": tag})
    assert (moved.status_code, moved.headers["x-plan-version"]) == (200, "2")


def test_a_tag_is_answered_before_anything_is_drawn(client: TestClient, plan: int, count_queries: Callable):
    """A worker that has just begun reads the version alone."""
    tag = client.head(url(plan, "grids")).headers["etag"]
    client.app_state["plan_cache"] = make_plan_cache()
    with count_queries() as statements:
        assert client.get(url(plan, "grids"), headers={"If-None-Match": tag}).status_code == 304
    assert len(statements) == 1


def test_codings_differ_in_bytes_and_tag(client: TestClient, plan: int):
    """Unpacked, gzip is the tile as it is; HEAD has the same length and no body."""
    with client.stream("GET", url(plan), headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
    plain = client.get(url(plan), headers={"Accept-Encoding": "identity"})
    assert gzip.decompress(raw) == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    head = client.head(url(plan), headers={"Accept-Encoding": "identity"})
    assert (head.content, head.headers["content-length"]) == (b"", str(len(plain.content)))


def test_a_plan_without_changes_has_an_empty_tile(client: TestClient, plan: int):
    """204 with a tag."""
    answer = client.get(url(plan, "changes"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(url(plan, "changes"), headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_any_tag_stands_for_a_tile_that_is_there(client: TestClient, plan: int):
    """If-None-Match * is 304 inside the bounds and 404 outside."""
    star = {"If-None-Match": "*"}
    found = [client.get(url(plan, address=one), headers=star).status_code for one in (INSIDE, tile_at(14, 103, 25))]
    assert found == [304, 404]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("{plan}/grids/14/12900/7014.mvt", 404, "not-found"),
        ("{plan}/grids/23/0/0.mvt", 404, "not-found"),
        ("{plan}/grids/2/4/0.mvt", 400, "bad-address"),
        ("{plan}/grids/14/1.5/0.mvt", 400, "bad-address"),
        ("{plan}/grids,grids/14/0/0.mvt", 400, "bad-address"),
        ("{plan}/buildings/14/0/0.mvt", 404, "no-layer"),
        ("{plan}/incidents.json", 404, "no-layer"),
        ("{plan}/grids,.json", 400, "bad-address"),
        ("999999/grids/0/0/0.mvt", 404, "not-found"),
        ("999999/grids.json", 404, "not-found"),
        ("2147483648/grids/0/0/0.mvt", 404, "not-found"),
        ("0/grids/0/0/0.mvt", 404, "not-found"),
        ("1;drop/grids/0/0/0.mvt", 404, "not-found"),
    ],
)
def test_a_refusal_says_which(client: TestClient, plan: int, path: str, status: int, code: str):
    """As for the tiles of an edition."""
    answer = client.get(f"/tiles/plans/{path.format(plan=plan)}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("what", [f"grids/{INSIDE}.mvt", "grids.json"])
def test_plans_are_shown_to_whom_the_other_routes_show_them(
    client: TestClient, work: UnitOfWork, plan: int, what: str
):
    """Planners, auditors and admins; others are 403, and the public is 401, whether there is such a plan or not."""
    path = f"/tiles/plans/{plan}/{what}"
    found = {
        role: client.get(path, headers={"Authorization": f"Bearer {secret_of(role, work)}"}).status_code
        for role in ("auditor", "admin", "worker", "dispatcher")
    }
    del client.headers["Authorization"]
    unknown = client.get(f"/tiles/plans/999999/{what}").status_code
    assert found == {"auditor": 200, "admin": 200, "worker": 403, "dispatcher": 403}
    assert (client.get(path).status_code, unknown) == (401, 401)


def test_tilejson_describes_what_the_tiles_hold(client: TestClient, plan: int):
    """Its fields are those of the features, and its address answers."""
    narrow(client, plan)
    answer = client.get(f"/tiles/plans/{plan}/{ALL}.json")
    described = answer.json()
    assert answer.headers["cache-control"] == "private, no-cache"
    assert (described["plan"], described["plan_version"], described["edition"]) == (plan, 2, 1)
    assert described["tiles"] == [f"http://testserver/tiles/plans/{plan}/{ALL}/{{z}}/{{x}}/{{y}}.mvt"]
    assert described["bounds"] == pytest.approx([102.70, 25.00, 102.72, 25.02])
    one = tile_at(12, 102.7105, 25.015)
    tile = client.get(described["tiles"][0].format(z=12, x=one.x, y=one.y)).content
    for layer in described["vector_layers"]:
        used = set().union(*(one["properties"] for one in features(tile, layer["id"])))
        assert used <= set(layer["fields"])
        assert used
    tag = answer.headers["etag"]
    assert client.get(f"/tiles/plans/{plan}/{ALL}.json", headers={"If-None-Match": tag}).status_code == 304


def test_openapi_describes_every_route():
    """Each path of the description is a path that is served."""
    assert set(PLAN_TILE_OPENAPI_PATHS) == {route.path for route in plan_tile_routes}
