"""Several dispatchers move the same incidents at once, each on a connection of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.move_request import MoveRequest
from gis_service.errors import ServiceError
from gis_service.use_cases.move_incident import RetryKey, move_incident
from gis_service.use_cases.read_incidents import read_events, read_incident
from tests.support.desk import prepare
from tests.support.reports import report

DESK = Principal("desk", "dispatcher")
AT_ONCE = 4


@pytest.fixture
def open_work(own_database) -> Iterator[Callable[[], UnitOfWork]]:
    """Transactions on the small ground that really commit."""
    engine = make_engine(own_database, pool_size=AT_ONCE + 1, statement_timeout_ms=20_000)
    sessions = make_session_factory(engine)
    prepare(UnitOfWork(sessions))
    yield lambda: UnitOfWork(sessions)
    engine.dispose()


@pytest.fixture
def all_at_once(open_work):
    """Make moves in as many threads; returns of each the version after it, or the code of its refusal."""

    def act(*moves: tuple[UUID, MoveRequest, dict[str, Any]]) -> list[int | str]:
        ready = Barrier(len(moves))

        def one(move: tuple[UUID, MoveRequest, dict[str, Any]]) -> int | str:
            incident_id, request, more = move
            ready.wait()
            try:
                return move_incident(
                    incident_id,
                    request,
                    principal=DESK,
                    clock=lambda: datetime.now(UTC),
                    zone=ZoneInfo("Asia/Shanghai"),
                    work=open_work(),
                    **more,
                ).incident.version
            except ServiceError as refusal:
                return refusal.code

        with ThreadPoolExecutor(len(moves)) as threads:
            return list(threads.map(one, moves))

    return act


def test_of_those_who_saw_the_same_version_one_wins(open_work, all_at_once):
    """Four hand over to four places; one is heard, three are told to look again."""
    one = report(open_work()).id
    grids = ("D07B", "D08A", "D07", "D08")

    told = all_at_once(*((one, MoveRequest("reported", to_grid=code), {"expected": {1}}) for code in grids))

    assert sorted(map(str, told)) == ["2", "stale", "stale", "stale"]
    assert len(read_events(one, DESK, open_work())) == 2


def test_without_a_version_all_are_heard_one_after_the_other(open_work, all_at_once):
    """Each hand-over begins with the grid at which the one before it ended, and instants rise with the order."""
    one = report(open_work()).id
    grids = ("D07B", "D08A", "D07", "D08")

    told = all_at_once(*((one, MoveRequest("reported", to_grid=code), {}) for code in grids))

    assert sorted(told) == [2, 3, 4, 5]
    events = read_events(one, DESK, open_work())
    assert [event.from_grid for event in events[1:]] == [event.to_grid for event in events[:-1]]
    assert [event.at for event in events[1:]] == sorted(event.at for event in events[1:])
    assert read_incident(one, DESK, open_work()).owner == events[-1].to_grid


def test_the_same_move_is_made_once(open_work, all_at_once):
    """Accepted by one; to the others it is not reported any more."""
    one = report(open_work()).id

    told = all_at_once(*[(one, MoveRequest("accepted"), {})] * AT_ONCE)

    assert sorted(map(str, told)) == ["2"] + ["move-not-allowed"] * (AT_ONCE - 1)


def test_the_same_key_moves_once(open_work, all_at_once):
    """The others are told to wait, or get the answer of the first."""
    one = report(open_work()).id

    told = all_at_once(*[(one, MoveRequest("accepted"), {"retry": RetryKey("k", b"x")})] * AT_ONCE)

    assert set(told) <= {2, "idempotency-in-flight"}
    assert 2 in told
    assert len(read_events(one, DESK, open_work())) == 2


def test_two_that_are_merged_into_each_other_make_no_ring(open_work, all_at_once):
    """One of the two merges happens; nobody waits for the other for ever."""
    for _ in range(5):
        a, b = (report(open_work()).id for _ in range(2))

        told = all_at_once((a, MoveRequest("merged", into=b), {}), (b, MoveRequest("merged", into=a), {}))

        assert sorted(map(str, told)) == ["2", "target-closed"]
