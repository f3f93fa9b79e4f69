"""Servers and database backends killed in the middle of publishing: the old edition or the new one, each whole.

GIS_KILL_ROUNDS says how often; a few in a usual run, fifty by hand.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.embedded.place import find_home
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.migrate import upgrade
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.checksum import checksum
from gis_service.use_cases.create_token import create_token
from grid_boundaries.check import CheckRules, check_tree
from grid_boundaries.check.certificate import combine_proofs
from tests.support.ground import FIRST_DAY, add_levels, publish_tree
from tests.support.town import add_houses, town

ROUNDS = int(os.environ.get("GIS_KILL_ROUNDS", "6"))
PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 40.0
SETTLE_S = 0.5
"""Within this time a database notices that a process of its own is gone."""


class Service:
    """Server processes, one after another, behind one listening socket."""

    def __init__(self, url: str, folder: Path, token: str) -> None:
        self._environment = os.environ | {"GIS_DATABASE_URL": url, "GIS_HOME": str(folder), "GIS_TOKEN_CACHE_S": "0"}
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start a server unless one is running; requests made before it is ready wait."""
        if self._server is not None and self._server.poll() is None:
            return
        descriptor = str(self._listening.fileno())
        factory = "gis_service.app:create_app_from_environment"
        self._server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "--factory", factory, "--fd", descriptor, "--log-level", "critical"],
            env=self._environment,
            cwd=PROJECT,
            pass_fds=[int(descriptor)],
            stdout=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self._server is not None:
            self._server.send_signal(signal.SIGKILL)
            self._server.wait()
            self._server = None

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        """Send one request on a connection of its own."""
        url = f"{self.address}{path}"
        return httpx2.request(method, url, json=body, headers=self._headers, timeout=PATIENCE_S)

    def insist(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        """Send a request again until the service and its database answer it."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.start()
            with suppress(httpx2.TransportError):
                answer = self.send(method, path, body)
                if answer.status_code < 500:
                    return answer
            time.sleep(0.1)
        message = f"{method} {path} was not answered within {PATIENCE_S} s"
        raise AssertionError(message)

    def close(self) -> None:
        """Leave nothing behind."""
        self.kill()
        self._listening.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """A PostgreSQL of its own, since killing a backend ends the sessions of all.  Returns its URL."""
    made = EmbeddedCluster(tmp_path / "postgres")
    yield made.start()
    made.stop()
    shutil.rmtree(find_home(made.directory))


@pytest.fixture
def engine(cluster: str) -> Iterator[Engine]:
    """That database, with the town and its houses, looked at from outside."""
    made = make_engine(cluster, pool_size=2, statement_timeout_ms=60_000)
    upgrade(made)
    factory = make_session_factory(made)
    add_levels(factory)
    publish_tree(UnitOfWork(factory), town(), FIRST_DAY)
    add_houses(UnitOfWork(factory))
    yield made
    made.dispose()


@pytest.fixture
def service(cluster: str, engine: Engine, tmp_path: Path) -> Iterator[Service]:
    """The service, started."""
    work = UnitOfWork(make_session_factory(engine))
    token, _ = create_token(role="planner", scope=None, label="t", lifetime=timedelta(hours=2), work=work)
    made = Service(cluster, tmp_path, token)
    made.start()
    yield made
    made.close()


def draft_something(service: Service, rng: random.Random) -> str:
    """Begin a plan that splits, merges or bends something, and return its address."""
    while True:
        plan = service.insist("POST", "/v1/plans", {"title": "kill"}).headers["location"]
        units = service.insist("GET", "/v1/grids?level=unit_grid&limit=1000").json()["features"]
        unit = rng.choice(units)
        code, lon, lat = unit["id"], *unit["properties"]["label_point"]
        siblings = [one["id"] for one in units if one["properties"]["parent"] == unit["properties"]["parent"]]
        line = {"type": "LineString", "coordinates": [[lon - 0.02, lat - 0.004], [lon + 0.02, lat + 0.004]]}
        if len(units) > 20 and len(siblings) > 1:
            merged = [code, rng.choice([one for one in siblings if one != code])]
            body = {"op": "merge", "codes": merged, "into": code}
        else:
            body = {"op": "split", "code": code, "line": line}
        answer = service.insist("POST", f"{plan}/changes", body)
        if answer.status_code == 201 and answer.json()["plan"]["state"] == "checked":
            return plan


def publish_backend(engine: Engine) -> int | None:
    """Return the process of the backend that publishes just now, if there is one."""
    publishing = (
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = CAST(x'67726964' AS bigint) AND granted"
    )
    with engine.connect() as connection:
        pid = connection.scalar(text(publishing))
    return None if pid is None else int(pid)


def catch_publishing(engine: Engine, deadline: float) -> int | None:
    """Return the process of the backend that publishes as soon as one is seen; None when none is by then."""
    while time.monotonic() < deadline:
        if (pid := publish_backend(engine)) is not None:
            return pid
    return None


def wait_for_database(engine: Engine) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with engine.connect() as connection:
                connection.scalar(text("SELECT 1"))
        except SQLAlchemyError:
            assert time.monotonic() < deadline, "the database did not come back"
            time.sleep(0.1)
        else:
            return


def assert_whole(engine: Engine) -> int:
    """The newest edition is all there: grids, proofs, checksum, lineage, owners of houses.  Return its number."""
    work = UnitOfWork(make_session_factory(engine))
    with work:
        edition = work.editions.latest()
        grids = work.grids.of_edition(edition.number)
        levels = [level.code for level in work.levels.list_all()]
        proofs = work.proofs.of_edition(edition.number)
        lineage = work.lineage.of_edition(edition.number)
        later = work.grids.of_edition(edition.number + 1)
        houses = work.buildings.in_boxes([(102.6, 24.9, 102.8, 25.1)])
        owners = work.owners.of_points(
            edition.number, [house.lon for house in houses], [house.lat for house in houses]
        )
    whole = check_tree(grids, CheckRules(), levels)
    assert whole.valid
    assert later == grids  # the open rows are those of the newest edition: nothing is left of one that is not there
    assert edition.grid_count == len(grids)
    assert edition.checksum == checksum(grids)
    assert edition.certificate == whole.certificate == combine_proofs(proofs)
    assert [house.owner for house in houses] == owners
    assert bool(lineage) == (edition.number > 1)
    return int(edition.number)


def test_whatever_is_killed_the_old_edition_or_the_new_one_is_there(service, engine):
    """Server or backend, at any moment of publishing; then the plan is published, or said to be so already."""
    rng = random.Random(20260722)
    took_s, met = 0.3, {"old": 0, "new": 0}
    number = 1
    with ThreadPoolExecutor(1) as pool:
        for turn in range(ROUNDS):
            plan = draft_something(service, rng)
            began = time.monotonic()
            answer: Future[httpx2.Response] = pool.submit(service.send, "POST", f"{plan}/publish", {"note": "kill"})
            backend = catch_publishing(engine, began + PATIENCE_S / 4)
            time.sleep(rng.uniform(0, took_s / 2))
            if turn % 2 or backend is None:
                service.kill()
                service.start()  # a request that had only knocked is let in by the next
            else:
                with suppress(ProcessLookupError):
                    os.kill(backend, signal.SIGKILL)
                    time.sleep(SETTLE_S)
            told = None
            with suppress(httpx2.TransportError):
                told = answer.result(timeout=PATIENCE_S).status_code
            wait_for_database(engine)
            wait_until_nobody_publishes(engine)

            found = assert_whole(engine)

            assert found in {number, number + 1}
            assert told != 201 or found == number + 1  # a promise is kept
            met["new" if found > number else "old"] += 1
            again = service.insist("POST", f"{plan}/publish", {"note": "again"})
            if found == number:
                assert again.status_code == 201, again.text
                took_s = 0.5 * took_s + 0.5 * again.elapsed.total_seconds()
            else:
                assert (again.status_code, again.json()["code"]) == (409, "not-a-draft")
                assert again.json()["edition"] == found
            number = assert_whole(engine)
            assert number == found + (again.status_code == 201)
    print(f"{ROUNDS} kills while publishing: {met}, {number} editions")  # noqa: T201 - figures for by hand


def wait_until_nobody_publishes(engine: Engine) -> None:
    """A backend whose server was killed notices at its next word to it."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert time.monotonic() < deadline, "a backend goes on publishing"
        # A database that has not yet noticed its loss answers once more, and then goes to recover.
        with suppress(SQLAlchemyError):
            if publish_backend(engine) is None:
                return
        time.sleep(0.02)
