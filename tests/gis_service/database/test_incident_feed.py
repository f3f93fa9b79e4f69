"""Positions in the feed: every committed event gets one, and who reads by them misses none."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.incident_feed import IncidentFeedRepository
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident_feed import FeedFilter
from gis_service.use_cases.read_feed import read_feed
from tests.conftest import TEMPLATE, make_database
from tests.support.feed import store_incidents, write_event

ALL = FeedFilter()
CITY = Principal("city desk", "dispatcher", None)


@pytest.fixture(scope="module")
def feed_engine(server_url, template_url):
    """A database with four incidents whose events are committed for real."""
    made = make_engine(
        make_database(server_url, "gis_test_feed", TEMPLATE), pool_size=12, statement_timeout_ms=30_000
    )
    with made.begin() as connection:
        store_incidents(connection, 4)
    yield made
    made.dispose()


def work_on(engine: Engine) -> UnitOfWork:
    return UnitOfWork(make_session_factory(engine))


def read_all(engine: Engine, after: int) -> tuple[list[tuple[int, UUID, int]], int]:
    """What a reader gets in pages of three: position, incident and id of each event; and where it is then."""
    seen = []
    while True:
        page = read_feed(after, ALL, CITY, 3, work_on(engine))
        seen += [(one.position, one.event.incident_id, one.event.id) for one in page.events]
        after = page.position
        if not page.has_more:
            return seen, after


def test_a_reader_that_never_rests_sees_each_event_once_and_in_order(feed_engine):
    """Six writers, each transaction rolled back or committed sooner or later; two readers all the time."""
    start = read_all(feed_engine, 0)[1]
    written: list[int] = []
    is_over = threading.Event()
    seen: list[list[tuple[int, UUID, int]]] = [[], []]

    def write(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(12):
            with feed_engine.connect() as connection:
                ids = [write_event(connection, chance.randrange(4))]
                time.sleep(chance.choice([0, 0, 0.002, 0.02]))
                if chance.random() < 0.2:
                    connection.rollback()
                else:
                    connection.commit()
                    written.extend(ids)

    def read(reader: int) -> None:
        after = start
        while True:
            last = is_over.is_set()
            found, after = read_all(feed_engine, after)
            seen[reader] += found
            if last:
                return

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(6)]
    readers = [threading.Thread(target=read, args=(reader,)) for reader in range(2)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    is_over.set()
    for thread in readers:
        thread.join()

    assert len(written) > 30
    for found in seen:
        assert Counter(event for _, _, event in found) == Counter(written)
        assert [place for place, _, _ in found] == sorted(place for place, _, _ in found)
        for incident in {one for _, one, _ in found}:
            ids = [event for _, one, event in found if one == incident]
            assert ids == sorted(ids)


STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "commit", "undo", "read", "number", "numbered"]), st.integers(0, 2)),
    max_size=14,
)


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
@example(steps=[("write", 0), ("write", 1), ("commit", 1), ("read", 0), ("commit", 0), ("read", 0)])
@example(steps=[("write", 0), ("write", 0), ("commit", 0), ("read", 0)])
@example(
    steps=[("write", 0), ("commit", 0), ("number", 0), ("write", 1), ("commit", 1), ("read", 0), ("numbered", 0)]
)
def test_whatever_the_order_of_commits_nothing_is_missed(feed_engine, steps):
    """Three writers and a numberer that may dawdle before its commit, interleaved by one thread in any order.

    Reading by id, in place of the position, fails this at "write 0, write 1, commit 1, read, commit 0, read".
    """
    start = read_all(feed_engine, 0)[1]
    writers = [feed_engine.connect() for _ in range(3)]
    pending: list[list[int]] = [[], [], []]
    numberer = feed_engine.connect()
    committed: list[int] = []
    orders: list[list[int]] = [[], [], []]
    seen: list[int] = []
    after = start

    def read() -> None:
        nonlocal after
        with make_session_factory(feed_engine)() as session:
            feed = IncidentFeedRepository(session)
            feed.number_waiting(1000)
            session.commit()
            head = feed.head()
            seen.extend(one.event.id for one in feed.read(after, head, ALL, CITY, 1000))
            after = head

    for step, who in steps:
        if step == "write":
            pending[who].append(write_event(writers[who], who))
        elif step == "commit":
            writers[who].commit()
            committed += pending[who]
            orders[who] += pending[who]
            pending[who] = []
        elif step == "undo":
            writers[who].rollback()
            pending[who] = []
        elif step == "number":
            IncidentFeedRepository(Session(numberer)).number_waiting(1000)
        elif step == "numbered":
            numberer.commit()
        else:
            read()
    for one in (*writers, numberer):
        one.close()
    read()

    assert sorted(seen) == sorted(committed)
    for events in orders:
        assert [event for event in seen if event in events] == events


def test_a_notice_comes_for_the_first_of_many(feed_engine):
    """Who inserts when others wait for a number does not ring: commits that notify stand in line."""
    read_all(feed_engine, 0)
    listening = create_engine(feed_engine.url, isolation_level="AUTOCOMMIT").connect()
    listening.execute(text("LISTEN incident_feed"))

    for _ in range(3):
        with feed_engine.begin() as connection:
            write_event(connection, 0)
    listening.execute(text("SELECT 1"))
    first = len(listening.connection.driver_connection.notifies)
    read_all(feed_engine, 0)
    with feed_engine.begin() as connection:
        write_event(connection, 0)
    listening.execute(text("SELECT 1"))
    then = len(listening.connection.driver_connection.notifies)
    listening.engine.dispose()

    assert (first, then) == (1, 2)
