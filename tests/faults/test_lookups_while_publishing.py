from __future__ import annotations

import asyncio
import re
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx2
import pytest
from shapely.geometry import box
from sqlalchemy import create_engine, text

from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.migrate import upgrade
from gis_service.database.unit_of_work import UnitOfWork
from grid_boundaries.partition import Grid
from tests.support.editions import store_edition, store_ranks
from tests.support.server import free_port, start_server, wait_until_ready

WORKERS, CLIENTS = 2, 50
PATIENCE_S = 60.0
PAUSE_S = 0.05
"""Between two questions of a client, so that the test does not fill the machine."""
QUESTION = "/v1/locate?lon=102.705&lat=25.005"


def grids_of(edition):
    """A district with a row of communities, of which the first has the edition in its code."""
    codes = [f"E{edition}", *"ABCDFGH"]
    squares = [box(102.7 + 0.01 * step, 25, 102.71 + 0.01 * step, 25.01) for step in range(8)]
    communities = [Grid(code, square, "community", "P") for code, square in zip(codes, squares, strict=True)]
    return [Grid("P", box(102.7, 25, 102.78, 25.01), "district"), *communities]


class City:
    """A database server of its own, and editions in it."""

    def __init__(self, folder):
        self.cluster = EmbeddedCluster(folder / "postgres", durable=False)
        self.url = self.cluster.start()
        engine = create_engine(self.url)
        upgrade(engine)
        engine.dispose()
        self.edition = 0
        with self.sessions() as sessions:
            store_ranks(sessions)
        self.publish()

    @contextmanager
    def sessions(self):
        engine = make_engine(self.url, pool_size=1, statement_timeout_ms=30_000)
        yield make_session_factory(engine)
        engine.dispose()

    def publish(self):
        """Publish the next edition, in force at once, by what differs from the one before."""
        self.edition += 1
        with self.sessions() as sessions:
            if self.edition == 1:
                store_edition(UnitOfWork(sessions), 1, grids_of(1))
                return
            with UnitOfWork(sessions) as work:
                work.editions.append(
                    number=self.edition,
                    effective_from=datetime.now(UTC),
                    published_by="test",
                    note="",
                    grid_count=9,
                    checksum=f"checksum of {self.edition}",
                    certificate={},
                    bounds=(102.7, 25.0, 102.78, 25.01),
                )
                added = [grid for grid in grids_of(self.edition) if grid.code.startswith("E")]
                work.grids.publish(self.edition, closed=[f"E{self.edition - 1}"], added=added)
                work.commit()

    def cut_listeners(self):
        """Cut the connections on which workers wait for notices; tell how many there were."""
        with self.sessions() as sessions, sessions() as session:
            query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%edition%'"
            return session.scalar(text(query))


class Clients:
    """Fifty clients that ask and ask, each on a connection of its own, until they are told to stop."""

    def __init__(self, address):
        self._address = address
        self._stopping = False
        self.answers = [[] for _ in range(CLIENTS)]
        self.errors = []

    def __enter__(self):
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping = True
        self._thread.join()

    def wait_for_more(self, count):
        """Wait until every client has had so many answers more."""
        wanted = [len(answers) + count for answers in self.answers]
        deadline = time.monotonic() + PATIENCE_S
        while any(len(answers) < number for answers, number in zip(self.answers, wanted, strict=True)):
            assert time.monotonic() < deadline, f"lookups do not go on: {self.errors}"
            time.sleep(0.05)

    async def _all(self):
        await asyncio.gather(*(self._one(answers) for answers in self.answers))

    async def _one(self, answers):
        async with httpx2.AsyncClient(base_url=self._address, timeout=PATIENCE_S, verify=False) as client:
            while not self._stopping:
                try:
                    answer = await client.get(QUESTION)
                    answer.raise_for_status()
                except httpx2.HTTPError as error:
                    self.errors.append(error)
                    return
                found = answer.json()
                await asyncio.sleep(PAUSE_S)
                answers.append((found["edition"], found["owner"]["code"], len(found["chain"])))


def editions_of_workers(address):
    """The edition that each worker holds, by its process, as far as chance leads to them."""
    told = {}
    for _ in range(20):
        figures = httpx2.get(f"{address}/metrics", timeout=PATIENCE_S, verify=False).text
        pid, edition = (
            int(float(re.search(rf"^{name} (\S+)$", figures, re.MULTILINE)[1]))
            for name in ("gis_worker_pid", "gis_snapshot_edition")
        )
        told[pid] = edition
        if len(told) == WORKERS:
            break
    return told


def wait_until_all_have(address, edition):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        told = editions_of_workers(address)
        if len(told) == WORKERS and set(told.values()) == {edition}:
            return
        assert time.monotonic() < deadline, f"edition {edition} is not everywhere: {told}"
        time.sleep(0.05)


@pytest.fixture
def city(tmp_path):
    """A city with one edition."""
    made = City(tmp_path)
    yield made
    made.cluster.stop()


@contextmanager
def serving(city, folder):
    """Two workers over files in a folder of their own."""
    port = free_port()
    settings = {"GIS_HOME": str(folder), "GIS_SHADOW_CHECK": "10"}
    server = start_server(city.url, port, "--workers", str(WORKERS), **settings)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_lookups_never_fail_nor_mix_editions_whatever_happens_to_the_database(city, tmp_path):
    """No answer fails with two workers, fifty clients, and five editions.

    Two editions are published; the listeners are cut and another is; the database is stopped, started, and one more
    is.  Each answer has the owner of its own edition, no connection sees an older one after a newer one, and every
    worker gets every edition.
    """
    with serving(city, tmp_path) as address, Clients(address) as clients:
        wait_until_all_have(address, 1)
        for _ in range(2):
            city.publish()
            wait_until_all_have(address, city.edition)

        assert city.cut_listeners() == WORKERS
        city.publish()
        wait_until_all_have(address, city.edition)

        city.cluster.stop()
        assert httpx2.get(f"{address}/v1/levels", timeout=PATIENCE_S).status_code == 503
        clients.wait_for_more(10)

        assert city.cluster.start() == city.url
        city.publish()
        wait_until_all_have(address, city.edition)
        clients.wait_for_more(2)  # one may have been asked for before
        figures = [httpx2.get(f"{address}/metrics", timeout=PATIENCE_S).text for _ in range(20)]

    assert clients.errors == []
    assert all(answers for answers in clients.answers)
    mixed = [one for answers in clients.answers for one in answers if one != (one[0], f"E{one[0]}", 2)]
    assert mixed == []
    for answers in clients.answers:
        assert [edition for edition, _, _ in answers] == sorted(edition for edition, _, _ in answers)
    assert {answers[-1][0] for answers in clients.answers} == {city.edition}
    assert all("gis_shadow_mismatched_total 0.0" in one for one in figures)
    # Either worker may have got all connections.
    checked = [float(re.search(r"^gis_shadow_checked_total (\S+)$", one, re.MULTILINE)[1]) for one in figures]
    assert max(checked) > 0
