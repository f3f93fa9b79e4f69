"""The feed of a real server: streams that wake, resume and end; webhooks that survive; a database restarted."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import create_engine

from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.migrate import upgrade
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_token import create_token
from tests.conftest import TEMPLATE, make_database
from tests.support.event_stream import following
from tests.support.feed import store_incidents, write_event
from tests.support.ground import add_levels, publish_tree, tiny_tree
from tests.support.receiver import receiver
from tests.support.server import free_port, running_server, start_server, wait_until_ready

# A notice alone can wake anybody within the patience of a test.
SETTINGS = {"GIS_FEED_POLL_S": "3600", "GIS_WEBHOOK_ALLOW_PRIVATE": "true", "GIS_WEBHOOK_TIMEOUT_S": "1"}


class Town:
    """A database with ground, three incidents and a token for all of it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url, pool_size=4, statement_timeout_ms=30_000)
        sessions = make_session_factory(self.engine)
        add_levels(sessions)
        publish_tree(UnitOfWork(sessions), tiny_tree())
        with self.engine.begin() as connection:
            store_incidents(connection, 3)
        self.token, _ = create_token(
            role="dispatcher", scope=None, label="test", lifetime=timedelta(hours=1), work=UnitOfWork(sessions)
        )
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def happen(self, *numbers: int) -> list[int]:
        ids = []
        for number in numbers:
            with self.engine.begin() as connection:
                ids.append(write_event(connection, number))
        return ids

    def subscribe(self, address: str, url: str) -> str:
        made = httpx2.post(f"{address}/v1/webhooks", json={"url": url}, headers=self.headers)
        assert made.status_code == 201, made.text
        return f"{address}{made.headers['Location']}"


@pytest.fixture(scope="module")
def town(server_url, template_url):
    made = Town(make_database(server_url, "gis_test_feed_faults", TEMPLATE))
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def address(town):
    """One server for those who do it no harm."""
    with running_server(town.url, GIS_FEED_STREAMS="2", **SETTINGS) as at:
        yield at


def test_a_stream_is_woken_and_goes_on_where_it_broke_off(town, address):
    """By a notice alone; by Last-Event-ID it resumes in the middle, and JSON says the same as the stream."""
    with following(address, town.token) as stream:
        ids = town.happen(0, 1, 2)
        first, second, third = stream.take(3)
    assert [one.data["id"] for one in (first, second, third)] == ids
    assert first.kind == first.data["kind"] == "noted"

    ids += town.happen(1)
    with following(address, town.token, last_id=first.id) as stream:
        assert [one.data["id"] for one in stream.take(3)] == ids[1:]
    page = httpx2.get(
        f"{address}/v1/incidents/events", params={"after": first.id, "limit": 2}, headers=town.headers
    ).json()
    assert page["events"] == [second.data, third.data]
    assert (page["next"], page["has_more"]) == (third.id, True)


def test_one_stream_too_many_is_told_to_come_back(town, address):
    """Two may be open; the third is a 503 with Retry-After; when one has gone there is room again."""
    headers = {**town.headers, "Accept": "text/event-stream"}
    with following(address, town.token):
        with following(address, town.token):
            refused = httpx2.get(f"{address}/v1/incidents/events", headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (503, "streams-busy")
            assert refused.headers["Retry-After"]
        for _ in range(100):
            with httpx2.stream("GET", f"{address}/v1/incidents/events", headers=headers) as again:
                if again.status_code == 200:
                    break
        assert again.status_code == 200


def test_a_receiver_that_hangs_slows_nobody(town, address):
    """One never answers; the other gets everything meanwhile, in order; the hanging one is told of."""
    release = threading.Event()
    with receiver() as slow, receiver() as quick:
        slow.answer = lambda _: release.wait(20) and 204
        hanging, good = town.subscribe(address, slow.url), town.subscribe(address, quick.url)
        ids = town.happen(0)
        assert slow.wait_for(lambda: True)
        ids += town.happen(1, 2, 0, 1)
        assert quick.wait_for(lambda: len(quick.taken) == 5)
        assert quick.taken == ids
        release.set()
        assert slow.wait_for(lambda: set(slow.taken) == set(ids))
        assert list(dict.fromkeys(slow.taken)) == ids
        figures = httpx2.get(f"{address}/metrics").text
        assert "gis_webhook_lag_events" in figures
        for one in (hanging, good):
            assert httpx2.delete(one, headers=town.headers).status_code == 204


def test_a_server_that_is_killed_sends_again_and_one_that_is_stopped_ends_its_streams(own_database):
    """SIGKILL while the receiver holds the answer: the next server begins with the same event, by the same id.

    SIGTERM while a stream is open: the server ends the answer itself; nothing is broken or waited for.
    """
    town = Town(own_database)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    killed = start_server(town.url, port, **SETTINGS)
    with receiver() as there, ExitStack() as running:
        running.callback(_end, killed)
        there.answer = lambda number: _end(killed) if number == 0 else 204
        wait_until_ready(address, killed)
        webhook = town.subscribe(address, there.url)
        ids = town.happen(0, 1, 0)
        assert there.wait_for(lambda: bool(there.posts), 60)

        stopped = start_server(town.url, port, **{**SETTINGS, "GIS_FEED_POLL_S": "1"})
        running.callback(_end, stopped)
        wait_until_ready(address, stopped)
        ids += town.happen(2)
        assert there.wait_for(lambda: len(there.taken) >= 5, 60)
        assert there.taken == [ids[0], *ids]
        assert httpx2.delete(webhook, headers=town.headers).status_code == 204

        with following(address, town.token) as stream:
            [event] = town.happen(0)
            assert stream.next().data["id"] == event
            stopped.send_signal(signal.SIGTERM)
            assert stream.next() is None
            assert stream.failure is None
        assert stopped.wait(timeout=20) in {0, -signal.SIGTERM}
    town.engine.dispose()


def _end(server) -> int:
    """Kill a server at once; the status of an answer that it does not hear."""
    server.kill()
    server.wait()
    return 204


def test_a_stream_and_a_webhook_survive_a_restart_of_the_database(tmp_path):
    """The stream goes on with what happened after, on the same connection; the webhook gets it too."""
    cluster = EmbeddedCluster(tmp_path / "postgres", durable=False)
    url = cluster.start()
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()
    town = Town(url)
    with running_server(url, **{**SETTINGS, "GIS_FEED_POLL_S": "0.5"}) as address, receiver() as there:
        town.subscribe(address, there.url)
        with following(address, town.token) as stream:
            before = town.happen(0, 1)
            assert [one.data["id"] for one in stream.take(2)] == before
            assert there.wait_for(lambda: len(there.taken) == 2)
            town.engine.dispose()
            cluster.stop()
            cluster.start()
            after = town.happen(1, 0)
            assert [one.data["id"] for one in stream.take(2)] == after
            assert there.wait_for(lambda: len(there.taken) == 4)
            assert there.taken == before + after
    town.engine.dispose()
    cluster.stop()
