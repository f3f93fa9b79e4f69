from __future__ import annotations

import os
import signal
import time

import httpx2
import pytest
from sqlalchemy import create_engine

from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.migrate import upgrade
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.ground import add_levels, publish_tree, tiny_tree
from tests.support.server import running_server

INSIDE = "lon=102.705&lat=25.015"


@pytest.fixture
def cluster(tmp_path):
    """A database server of its own, since it is going to be killed."""
    made = EmbeddedCluster(tmp_path / "postgres", durable=False)
    url = made.start()
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()
    made_engine = make_engine(url, pool_size=2, statement_timeout_ms=30_000)
    sessions = make_session_factory(made_engine)
    add_levels(sessions)
    publish_tree(UnitOfWork(sessions), tiny_tree())
    made_engine.dispose()
    yield made
    made.stop()


def until(seconds, condition):
    """Wait until something holds; tell whether it came to hold."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_lookups_go_on_without_the_database_and_the_rest_says_503(cluster):
    """The server of the database is killed with SIGKILL, and started again.

    Lookups answer all the time; what needs the database answers 503 with Retry-After, and works again after.
    """
    with running_server(cluster.start(), GIS_SNAPSHOT_POLL_S="0.2") as address:
        before = httpx2.get(f"{address}/v1/locate?{INSIDE}").json()
        os.kill(cluster.status().pid, signal.SIGKILL)

        assert until(10, lambda: httpx2.get(f"{address}/v1/levels").status_code == 503)
        refused = httpx2.get(f"{address}/v1/levels")
        assert refused.json()["code"] == "database-unavailable"
        assert refused.headers["retry-after"]
        assert httpx2.get(f"{address}/v1/locate?{INSIDE}").json() == before
        assert httpx2.get(f"{address}/healthz").is_success

        cluster.start()
        assert until(20, lambda: httpx2.get(f"{address}/v1/levels").is_success)
        assert until(20, lambda: httpx2.get(f"{address}/readyz").is_success)
