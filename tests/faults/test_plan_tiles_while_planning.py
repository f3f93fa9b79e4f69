"""A planner splits and undoes while a map asks for the plan's tiles: each answer is of one version."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import shapely
from fastapi import FastAPI
from sqlalchemy import event
from starlette.testclient import TestClient

from gis_service.api.access import TokenCache
from gis_service.api.plan_tiles import make_plan_cache, plan_tile_routes
from gis_service.api.problems import install_problems
from gis_service.api.tile_cache import TileCache
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.plan_operation import Operation
from gis_service.errors import UnavailableError
from gis_service.use_cases.change_plan import change_plan
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.create_token import create_token
from gis_service.use_cases.draw_plan import read_base, read_drawn_plan
from gis_service.use_cases.undo_change import undo_change
from tests.support.ground import FIRST_DAY, PLANNER, UNITS, add_levels, publish_tree, tiny_tree
from tests.support.tile_ground import features, tile_at

TIMES = 15
FIRST = next(iter(UNITS))
LINE = shapely.LineString([(102.699, 25.015), (102.711, 25.015)])


@pytest.mark.parametrize(("changes", "version"), [(1, 2), (4, 5), (5, None)])
def test_a_plan_that_moves_while_it_is_read_is_read_again(own_database: str, changes: int, version: int | None):
    """Renamed between the version and the draft, once or four times, the name is the version's; at last it is 503."""
    engine = make_engine(own_database, pool_size=2, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    work, other = UnitOfWork(sessions), UnitOfWork(sessions)
    add_levels(sessions)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    plan = create_plan("重划", PLANNER, work)
    base = read_base(1, work)
    coming = iter(range(2, 2 + changes))
    is_reading = True

    def change_in_between(*arguments: Any) -> None:
        nonlocal is_reading
        if not is_reading or "FROM plan_grid" not in arguments[2]:
            return
        is_reading = False
        number = next(coming, None)
        if number is not None:
            rename = Operation("rename", {"code": FIRST, "name": f"name of version {number}"})
            change_plan(plan.id, rename, PLANNER, other)
        is_reading = True

    event.listen(engine, "before_cursor_execute", change_in_between)
    try:
        if version is None:
            with pytest.raises(UnavailableError, match="is being changed; ask again"):
                read_drawn_plan(plan.id, base, work)
        else:
            drawn = read_drawn_plan(plan.id, base, work)
            assert drawn.plan.version == version
            assert drawn.features[FIRST].properties["name"] == f"name of version {version}"
    finally:
        engine.dispose()


def test_each_tile_is_of_the_version_that_it_names(own_database: str):
    """Even versions are split, odd ones are not: grids, changes and the header always agree, and so does a tag."""
    engine = make_engine(own_database, pool_size=8, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    work = UnitOfWork(sessions)
    add_levels(sessions)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    plan = create_plan("重划", PLANNER, work)
    secret, _ = create_token(role="planner", scope=None, label="map", lifetime=timedelta(hours=1), work=work)

    @asynccontextmanager
    async def lifespan(_: FastAPI):
        yield {
            "open_work": lambda: UnitOfWork(sessions),
            "tile_cache": TileCache(1_000_000),
            "plan_cache": make_plan_cache(),
            "token_cache": TokenCache(60),
            "attribution": "",
        }

    app = FastAPI(lifespan=lifespan, routes=plan_tile_routes)
    install_problems(app)
    faults: list[BaseException] = []
    done = threading.Event()

    def redraw() -> None:
        mine = UnitOfWork(sessions)
        try:
            for _ in range(TIMES):
                change_plan(plan.id, Operation("split", {"code": FIRST, "line": LINE}), PLANNER, mine)
                undo_change(plan.id, PLANNER, mine)
        except BaseException as fault:  # noqa: BLE001 - told by the test
            faults.append(fault)
        finally:
            done.set()

    seen: dict[int, str] = {}
    with TestClient(app, headers={"Authorization": f"Bearer {secret}"}) as client:
        planner = threading.Thread(target=redraw)
        planner.start()
        while not done.is_set() or len(seen) < 1:
            answer = client.get(f"/tiles/plans/{plan.id}/grids,changes/{tile_at(14, 102.705, 25.015)}.mvt")
            assert answer.status_code == 200
            version = int(answer.headers["x-plan-version"])
            states = {
                one["properties"]["code"]: one["properties"]["state"] for one in features(answer.content, "grids")
            }
            changes = {one["properties"]["change"] for one in features(answer.content, "changes")}
            assert (states[FIRST], changes) == (("removed", {"split"}) if version % 2 == 0 else ("unchanged", set()))
            assert version >= max(seen, default=0)
            assert seen.setdefault(version, answer.headers["etag"]) == answer.headers["etag"]
        planner.join()
    engine.dispose()
    assert faults == []
    assert len(set(seen.values())) == len(seen) > 2
