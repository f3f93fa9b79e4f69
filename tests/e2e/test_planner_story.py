"""A planner's day over HTTP, on a copy of the demo district: draw, be refused, mend, publish, look back, undo."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely
from httpx2 import Client
from shapely.geometry import mapping, shape

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_token import create_token
from tests.conftest import make_database
from tests.support.server import running_server

STREET = "530103006"


@pytest.fixture(scope="module")
def town(server_url, demo_template) -> Iterator[tuple[str, dict[str, str]]]:
    """The demo district behind a service of its own, and tokens by role."""
    url = make_database(server_url, "gis_test_planner_story", demo_template)
    engine = make_engine(url, pool_size=1, statement_timeout_ms=60_000)
    work = UnitOfWork(make_session_factory(engine))
    day = timedelta(days=1)
    tokens = {
        role: create_token(role=role, scope="530103", label="story", lifetime=day, work=work)[0]
        for role in ("planner", "dispatcher", "auditor")
    }
    engine.dispose()
    with running_server(url, GIS_SNAPSHOT_POLL_S="1") as address:
        yield address, tokens


@pytest.fixture
def planner(town) -> Iterator[Client]:
    """A client with a planner's token."""
    address, tokens = town
    with Client(base_url=address, headers={"Authorization": f"Bearer {tokens['planner']}"}, timeout=60) as client:
        yield client


@pytest.fixture
def dispatcher(town) -> Iterator[Client]:
    """A client with a dispatcher's token."""
    address, tokens = town
    with Client(base_url=address, headers={"Authorization": f"Bearer {tokens['dispatcher']}"}, timeout=60) as client:
        yield client


def done(response: Any, status: int = 201) -> Any:
    assert response.status_code == status, response.text
    return response.json()


def within(seconds: float, say: Callable[[], Any], wanted: Any) -> None:
    """Wait until a question has the wanted answer."""
    deadline = time.monotonic() + seconds
    while (said := say()) != wanted:
        assert time.monotonic() < deadline, said
        time.sleep(0.1)


def grid(client: Client, code: str, **query: Any) -> Any:
    return done(client.get(f"/v1/grids/{code}", params=query), 200)


def unit_grids(client: Client) -> list[Any]:
    """The unit grids of the community of the street that has most of them."""
    communities = done(client.get(f"/v1/grids/{STREET}/children"), 200)["features"]
    families = [done(client.get(f"/v1/grids/{one['id']}/children"), 200)["features"] for one in communities]
    return max(families, key=len)


def cut_across(ring: Any) -> dict[str, Any]:
    """A line from west to east through the middle of a grid, past its border on both sides."""
    west, _, east, _ = shape(ring).bounds
    inside = shape(ring).representative_point()
    return mapping(shapely.LineString([(west - 0.001, inside.y), (east + 0.001, inside.y)]))


def test_a_split_is_drawn_weighed_published_looked_back_on_and_undone(planner, dispatcher):
    """From the first line to the inverse plan; every answer about ground names its edition."""
    victim = unit_grids(planner)[0]
    code = victim["id"]
    before = done(planner.get("/v1/editions"), 200)["editions"][-1]["number"]
    plan = done(planner.post("/v1/plans", json={"title": "拆分网格"}))
    path = f"/v1/plans/{plan['id']}"

    step = done(
        planner.post(f"{path}/changes", json={"op": "split", "code": code, "line": cut_across(victim["geometry"])})
    )
    pieces = [one["id"] for one in step["grids"]["features"] if one["properties"]["change"] == "added"]
    assert len(pieces) == 2
    assert step["report"]["valid"], step["report"]["summary"]

    impact = done(planner.get(f"{path}/impact"), 200)
    assert {one["to"] for one in impact["moves"] if one["from"] == code} == set(pieces)
    # One grid more is 20,000 yuan a year more; the households only change places.
    assert impact["summary"]["yearly_yuan"]["after"] - impact["summary"]["yearly_yuan"]["before"] == 20_000
    assert impact["summary"]["households"] == victim["properties"]["households"]

    published = done(planner.post(f"{path}/publish", json={"note": "拆分"}))
    number = published["number"]
    assert number == before + 1
    assert published["certificate"]
    assert planner.get(f"/v1/grids/{code}").status_code == 404
    assert (
        sum(grid(planner, piece)["properties"]["households"] for piece in pieces)
        == victim["properties"]["households"]
    )

    # Memory switches at the notice; lookups and tiles answer with the new edition.
    point = shape(grid(planner, pieces[0])["geometry"]).representative_point()
    ask = {"lon": point.x, "lat": point.y}
    within(5, lambda: done(planner.get("/v1/locate", params=ask), 200)["owner"]["code"], pieces[0])
    then = done(planner.get("/v1/editions/1"), 200)["effective_from"]
    assert done(planner.get("/v1/locate", params={**ask, "at": then}), 200)["owner"]["code"] == code

    history = done(planner.get(f"/v1/grids/{code}/history"), 200)
    assert not history["alive"]
    assert {one["to"] for one in history["lineage"]} >= set(pieces)
    diff = done(planner.get(f"/v1/editions/{before}/diff", params={"to": number}), 200)
    assert {one["code"]: one["changes"] for one in diff["grids"]}[code] == ["retired"]
    area = sum(one["area_m2"] for one in diff["transfers"] if one["from"] == code)
    assert area == pytest.approx(victim["properties"]["area_m2"], rel=1e-4)

    waiting = done(dispatcher.get(f"/v1/editions/{number}/hand-overs"), 200)["incidents"]
    assert {one["owner"] for one in waiting} <= {code}
    # On the outer border the smallest code wins: there a neighbour may have a smaller one than the new pieces.
    assert {one["proposed_owner"] for one in waiting} & set(pieces)
    # Nothing is handed over by itself.
    for one in waiting[:3]:
        assert done(dispatcher.get(f"/v1/incidents/{one['id']}"), 200)["owner"]["code"] == code

    undo = done(planner.post(f"/v1/editions/{number}/revert"))
    back = done(planner.post(f"/v1/plans/{undo['id']}/publish", json={"note": "撤销"}))
    assert grid(planner, code)["properties"]["households"] == victim["properties"]["households"]
    assert done(planner.get(f"/v1/editions/{before}/diff", params={"to": back["number"]}), 200)["grids"] == []


def test_a_gap_is_refused_repaired_and_published(planner):
    """A grid shrunk by a metre leaves a gap: 409 with the report; the proposal is taken as it is; 201."""
    victim = unit_grids(planner)[-1]
    plan = done(planner.post("/v1/plans", json={"title": "画小了"}))
    path = f"/v1/plans/{plan['id']}"
    small = mapping(shape(victim["geometry"]).buffer(-1e-5, join_style="mitre"))
    feature = {"type": "Feature", "geometry": small, "properties": victim["properties"]}
    told = {key: victim["properties"][key] for key in ("code", "name", "level", "parent", "kind", "households")}

    step = done(
        planner.post(f"{path}/changes", json={"op": "replace", "features": [{**feature, "properties": told}]})
    )
    assert not step["report"]["valid"]
    gaps = [one for one in step["report"]["findings"] if one["rule"] in {"gap", "uncovered-parent"}]
    assert gaps
    assert all(one["buildings"] is not None and one["message_zh"] for one in gaps)

    refused = planner.post(f"{path}/publish", json={"note": "故事"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "not-publishable"
    assert refused.json()["report"]["findings"]

    repair = done(planner.get(f"{path}/repair"), 200)
    assert repair["complete"]
    assert {one["why"] for one in repair["assignments"]} <= {"before", "snap", "longest-edge"}
    for change in repair["changes"]:
        step = done(planner.post(f"{path}/changes", json=change))
    assert step["report"]["valid"], step["report"]["summary"]
    done(planner.post(f"{path}/publish", json={"note": "故事"}))


def test_an_accepted_gap_lets_the_plan_through(planner):
    """A pond is cut out of a grid; the finding is accepted with a reason, and the edition says who is not proved."""
    victim = max(unit_grids(planner), key=lambda one: one["properties"]["area_m2"])
    whole = shape(victim["geometry"])
    pond = whole.representative_point().buffer(2e-4)
    told = {key: victim["properties"][key] for key in ("code", "name", "level", "parent", "kind", "households")}
    drawn = {"type": "Feature", "geometry": mapping(whole.difference(pond)), "properties": told}
    plan = done(planner.post("/v1/plans", json={"title": "水塘"}))
    path = f"/v1/plans/{plan['id']}"
    report = done(planner.post(f"{path}/changes", json={"op": "replace", "features": [drawn]}))["report"]
    errors = [one for one in report["findings"] if one["severity"] == "error"]

    for one in errors:
        grant = {
            "finding_id": one["id"],
            "rule": one["rule"],
            "grids": one["grids"] or [victim["id"]],
            "reason": "水塘, 无住户",
            "owner": "区水务局",
            "expires_on": (datetime.now(UTC) + timedelta(days=30)).date().isoformat(),
        }
        done(planner.post("/v1/exceptions", json=grant))

    report = done(planner.get(f"{path}/report"), 200)
    assert report["valid"]
    assert report["summary"]["excepted"] == len(errors)
    edition = done(planner.post(f"{path}/publish", json={"note": "故事"}))
    assert edition["certificate"]["unproved"] == [victim["properties"]["parent"]]
    undo = done(planner.post(f"/v1/editions/{edition['number']}/revert"))
    done(planner.post(f"/v1/plans/{undo['id']}/publish", json={"note": "故事"}))


def test_a_future_date_switches_lookups_and_tiles_by_the_clock(planner):
    """Published for three seconds from now: until then the old name, after it the new one, with nobody's help."""
    victim = unit_grids(planner)[1]
    code, point = victim["id"], shape(victim["geometry"]).representative_point()
    ask = {"lon": point.x, "lat": point.y}
    plan = done(planner.post("/v1/plans", json={"title": "改名"}))
    done(planner.post(f"/v1/plans/{plan['id']}/changes", json={"op": "rename", "code": code, "name": "明日网格"}))
    effective = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()

    edition = done(
        planner.post(f"/v1/plans/{plan['id']}/publish", json={"note": "故事", "effective_from": effective})
    )

    def answered() -> Any:
        owner = done(planner.get("/v1/locate", params=ask), 200)
        tiles = done(planner.get("/tiles/current/grids.json"), 200)
        return owner["edition"], owner["owner"]["name"], f"/tiles/{edition['number']}/" in str(tiles)

    if datetime.now(UTC) < datetime.fromisoformat(effective) - timedelta(seconds=1):
        assert answered()[:2] == (edition["number"] - 1, victim["properties"]["name"])
    within(8, lambda: answered()[:2], (edition["number"], "明日网格"))
