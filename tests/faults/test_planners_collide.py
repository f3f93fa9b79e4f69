"""Twenty planners on one district, through a real server: every edition is whole, and nobody's work is lost.

GIS_SOAK_S says for how many seconds they plan; a few in a usual run, sixty by hand.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import shapely
from shapely.geometry import LineString, mapping, shape
from shapely.geometry.base import BaseGeometry

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.checksum import checksum
from gis_service.use_cases.create_token import create_token
from grid_boundaries.check import CheckRules, check_tree
from grid_boundaries.partition import Grid
from tests.conftest import make_database
from tests.support.server import running_server

PLANNERS = 20
SOAK_S = float(os.environ.get("GIS_SOAK_S", "8"))
STREETS = ("530103001", "530103002")
"""Few enough that planners get into each other's way."""

NOTHING_DEG2 = 1e-10
"""A vertex on an edge of a kilometre moves it by half a step of the lattice at most."""


@dataclass
class Log:
    """What the planners met: answers by kind, and what each published edition must hold."""

    answers: Counter[str] = field(default_factory=Counter)
    published: dict[int, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@pytest.fixture
def district(server_url: str, demo_template: str) -> str:
    """A copy of the demo district of its own.  Returns its URL."""
    return make_database(server_url, "gis_test_collide", demo_template)


@pytest.fixture
def work(district: str) -> Iterator[UnitOfWork]:
    """A transaction on that district."""
    engine = make_engine(district, pool_size=2, statement_timeout_ms=60_000)
    yield UnitOfWork(make_session_factory(engine))
    engine.dispose()


class Planner:
    """One of many who redraw what they find, again and again."""

    def __init__(self, address: str, token: str, seed: int, log: Log) -> None:
        self._client = httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        self._rng = random.Random(seed)
        self._log = log

    def plan_until(self, deadline: float) -> None:
        """Begin plans, draw one or two changes in each, and publish them."""
        with self._client:
            while time.monotonic() < deadline:
                self._plan()

    def _plan(self) -> None:
        plan = self._send("POST", "/v1/plans", {"title": "collide"}).headers["location"]
        drawn = [self._draw(plan) for _ in range(self._rng.choice((1, 1, 2)))]
        if not any(drawn):
            self._send("DELETE", plan)
            return
        seen = self._send("GET", f"{plan}/grids").json()
        answer = self._send("POST", f"{plan}/publish", {"note": "collide"})
        if answer.status_code == 201:
            self._log.answers["published"] += 1
            self._log.published[answer.json()["number"]] = seen
            return
        body = answer.json()
        self._log.answers[f"{answer.status_code} {body['code']}"] += 1
        if body["code"] == "conflict" and not (body["grids"] and body["parents"]):
            self._log.faults.append(f"a conflict that names nothing: {body}")
        if answer.status_code != 409:
            self._log.faults.append(f"{answer.status_code}: {body}")

    def _draw(self, plan: str) -> bool:
        street = self._rng.choice(STREETS)
        communities = self._grids(parent=street)
        leaves = self._grids(parent=self._rng.choice(communities)["id"])
        if not leaves:
            return False
        answer = self._send("POST", f"{plan}/changes", self._operation(leaves))
        self._log.answers[f"change {answer.status_code}"] += 1
        if answer.status_code not in {201, 422}:
            self._log.faults.append(f"{answer.status_code}: {answer.text}")
        return answer.status_code == 201

    def _operation(self, leaves: list[dict[str, Any]]) -> dict[str, Any]:
        shapes = {one["id"]: shape(one["geometry"]) for one in leaves}
        code = self._rng.choice(sorted(shapes))
        beside = sorted(other for other, ground in shapes.items() if _have_an_edge(shapes[code], ground))
        kind = self._rng.choice(("split", "merge", "move-edge") if beside else ("split",))
        if kind == "split":
            return {"op": "split", "code": code, "line": mapping(self._line_across(shapes[code]))}
        other = self._rng.choice(beside)
        if kind == "merge":
            return {"op": "merge", "codes": [code, other], "into": code}
        edge = shapely.line_merge(shapely.intersection(shapes[code], shapes[other]))
        line = max(shapely.get_parts(edge), key=lambda part: part.length)
        middle = line.interpolate(self._rng.uniform(0.3, 0.7), normalized=True)
        bent = [middle.x + self._rng.uniform(-2e-4, 2e-4), middle.y + self._rng.uniform(-2e-4, 2e-4)]
        moved = LineString([line.coords[0], bent, line.coords[-1]])
        return {"op": "move-edge", "between": [code, other], "line": mapping(moved)}

    def _line_across(self, ground: BaseGeometry) -> LineString:
        west, south, east, north = ground.bounds
        inside = ground.representative_point()
        tilt = self._rng.uniform(-0.3, 0.3) * (north - south)
        return LineString([(west - 1e-4, inside.y - tilt), (east + 1e-4, inside.y + tilt)])

    def _grids(self, **asked: Any) -> list[dict[str, Any]]:
        answer = self._client.get("/v1/grids", params={**asked, "limit": 1000})
        return answer.json()["features"]

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        answer = self._client.request(method, path, json=body)
        if answer.status_code >= 500:
            self._log.faults.append(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer


def _have_an_edge(one: BaseGeometry, other: BaseGeometry) -> bool:
    return one is not other and shapely.intersection(one, other).length > 0


def test_twenty_planners_leave_every_edition_whole_and_lose_nothing(district, work):
    """Splits, merges and moved edges at random: numbers without gaps, losers told which grids, each win in place."""
    token, _ = create_token(role="planner", scope=None, label="t", lifetime=timedelta(hours=1), work=work)
    log = Log()
    with running_server(district) as address:
        deadline = time.monotonic() + SOAK_S
        with ThreadPoolExecutor(PLANNERS) as pool:
            for done in [pool.submit(Planner(address, token, seed, log).plan_until, deadline) for seed in range(20)]:
                done.result()

    print(f"{SOAK_S:.0f} s: {dict(log.answers)}, {len(log.published)} editions")  # noqa: T201 - figures for by hand
    assert log.faults == []
    assert log.answers["published"] > 0
    with work:
        editions = work.editions.list_all()
        levels = [level.code for level in work.levels.list_all()]
    assert [edition.number for edition in editions] == list(range(1, len(editions) + 1))
    assert sorted(log.published) == [edition.number for edition in editions[1:]]
    assert sorted(edition.effective_from for edition in editions) == [one.effective_from for one in editions]
    for edition in editions:
        with work:
            grids = work.grids.of_edition(edition.number)
            proofs = work.proofs.of_edition(edition.number)
        whole = check_tree(grids, CheckRules(), levels)
        assert whole.valid, (edition.number, [one.message for one in whole.findings if one.severity == "error"])
        assert edition.certificate == whole.certificate
        assert list(whole.proofs) == proofs
        assert edition.checksum == checksum(grids)
        assert edition.grid_count == len(grids)
        if edition.number > 1:
            assert_holds(log.published[edition.number], {grid.code: grid for grid in grids})


def assert_holds(drawn: dict[str, Any], grids: dict[str, Grid]) -> None:
    """What a planner drew is in the edition that the answer named; others may have set vertices into its edges."""
    parents = {grid.parent for grid in grids.values()}
    for one in drawn["features"]:
        code, properties = one["id"], one["properties"]
        if properties["change"] == "retired":
            assert code not in grids
        elif properties["change"] in {"added", "changed"}:
            there, ground = grids[code], shape(one["geometry"])
            assert (there.name, there.parent) == (properties["name"], properties["parent"])
            assert code in parents or there.households == properties["households"]
            assert corners(ground) <= corners(there.shape)
            assert shapely.symmetric_difference(ground, there.shape).area < NOTHING_DEG2


def corners(ground: BaseGeometry) -> set[tuple[float, ...]]:
    return {tuple(point) for point in shapely.get_coordinates(ground).tolist()}
