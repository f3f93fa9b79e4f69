"""Clients that go away while the database works for them: real commits, and a table that somebody holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from threading import Event

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from starlette.testclient import TestClient

from gis_service.app import create_app
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.settings import Settings
from tests.support.tile_ground import store_building, store_ground, tile_at

HERE = (102.719, 25.03)
PATH = f"/tiles/1/buildings/{tile_at(14, *HERE)}.mvt"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%tile_buildings%'"


@pytest.fixture
def other(own_database: str) -> Iterator[Engine]:
    """Somebody else at the same database, in which there is ground and a building."""
    made = make_engine(own_database, pool_size=2, statement_timeout_ms=30_000)
    work = UnitOfWork(make_session_factory(made))
    store_ground(work)
    store_building(work, "B1", *HERE, "U1")
    made.dispose()
    watching = create_engine(own_database, isolation_level="AUTOCOMMIT")
    yield watching
    watching.dispose()


@pytest.fixture
def client(other: Engine) -> Iterator[TestClient]:
    url = other.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, pool_size=4, statement_timeout_ms=90_000, tile_disk_bytes=0)
    with TestClient(create_app(settings)) as made:
        made.get(PATH)  # what is known of the edition is known from now on
        yield made


@contextmanager
def held(other: Engine) -> Iterator[Connection]:
    """Hold the table of buildings: whoever asks for it waits."""
    with other.connect() as watching, other.connect() as holding:
        holding.execute(text("BEGIN"))
        holding.execute(text("LOCK TABLE building IN ACCESS EXCLUSIVE MODE"))
        try:
            yield watching
        finally:
            holding.execute(text("ROLLBACK"))


def come_to(watching: Connection, number: int) -> None:
    """Wait until so many statements wait for the table."""
    until = time.monotonic() + 20
    while watching.execute(text(WAITING)).scalar_one() != number:
        assert time.monotonic() < until
        time.sleep(0.01)


async def ask(client: TestClient, path: str, go: Callable[[], bool]) -> int:
    """Ask as a client does that goes away when it is told to; returns the status."""
    status: list[int] = []
    asked = False

    async def receive() -> dict:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while not go():  # noqa: ASYNC110 - what is waited for is outside the loop
            await asyncio.sleep(0.005)
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        if "status" in message:
            status.append(message["status"])

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"x=1", "headers": []}
    await client.app({**scope, "state": dict(client.app_state)}, receive, send)
    return status[0]


def forget(client: TestClient) -> None:
    """Let the worker remember no tile."""
    cache = client.app_state["tile_cache"]
    cache._bodies.clear()
    cache._bytes = 0


def figure(client: TestClient, name: str) -> float:
    (line,) = (line for line in client.get("/metrics").text.splitlines() if line.startswith(f"{name} "))
    return float(line.removeprefix(name))


def test_the_statement_of_a_client_that_has_gone_is_ended(client: TestClient, other: Engine):
    """It waits for a table; the client goes, the statement too, while the table is still held; then all is well."""
    forget(client)
    gone = Event()
    with held(other) as watching:
        waits = client.portal.start_task_soon(ask, client, PATH, gone.is_set)
        come_to(watching, 1)
        gone.set()
        assert waits.result() == 499
        come_to(watching, 0)
        assert client.get(PATH.replace("buildings", "grids")).status_code == 200
    assert client.get(PATH).status_code == 200
    assert figure(client, "gis_tiles_called_off_total") == 1


def test_a_statement_goes_on_as_long_as_one_client_waits(client: TestClient, other: Engine):
    """Of two who wait for one tile the first goes: the second gets the tile, and no statement was ended."""
    forget(client)
    gone = Event()
    with held(other) as watching:
        first = client.portal.start_task_soon(ask, client, PATH, gone.is_set)
        second = client.portal.start_task_soon(ask, client, PATH, lambda: False)
        come_to(watching, 1)
        gone.set()
        assert first.result() == 499
    assert second.result() == 200
    assert figure(client, "gis_tiles_called_off_total") == 0


def test_the_other_connections_live_on(client: TestClient, other: Engine):
    """Two tiles wait, one client goes: the other one's statement and connection are not touched."""
    forget(client)
    gone, nearby = Event(), f"/tiles/1/buildings/{tile_at(13, *HERE)}.mvt"
    with held(other) as watching:
        leaving = client.portal.start_task_soon(ask, client, PATH, gone.is_set)
        staying = client.portal.start_task_soon(ask, client, nearby, lambda: False)
        come_to(watching, 2)
        gone.set()
        assert leaving.result() == 499
        come_to(watching, 1)
    assert staying.result() == 200


def test_clients_that_go_at_any_moment_hurt_nobody(client: TestClient):
    """Twenty rounds: five go before, during or after their statements; whoever stays gets every tile right."""
    cache = client.app_state["tile_cache"]
    cache._patience_s = 0
    paths = [f"/tiles/1/buildings,grids/{tile_at(zoom, *HERE)}.mvt" for zoom in range(13, 19)]
    right = {path: client.get(path).content for path in paths}
    chance = Random(5)

    async def round_of(moments: list[float]) -> list[int]:
        async def leave_after(path: str, moment: float) -> int:
            until = time.monotonic() + moment
            return await ask(client, path, lambda: time.monotonic() >= until)

        return await asyncio.gather(
            *(leave_after(path, moment) for path, moment in zip(paths[:-1], moments, strict=True)),
            ask(client, paths[-1], lambda: False),
        )

    for _ in range(20):
        forget(client)
        *left, stayed = client.portal.call(round_of, [chance.uniform(0, 0.03) for _ in paths[:-1]])
        assert stayed == 200
        assert set(left) <= {200, 499}
    forget(client)
    assert {path: client.get(path).content for path in paths} == right
    assert figure(client, "gis_tiles_waiting") == 0
