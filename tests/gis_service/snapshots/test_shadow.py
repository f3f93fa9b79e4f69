from __future__ import annotations

import time

import pytest
from structlog.testing import capture_logs

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.snapshots.shadow import WAITING, Answered, ShadowCheck
from tests.support.editions import store_ranks
from tests.support.lookups import NOT_LISTENING, store_two_editions
from tests.support.tree import at

PATIENCE_S = 20.0


@pytest.fixture
def open_work(open_session):
    """Two editions: the troubled tree, and then one district X around it."""
    store_ranks(open_session)
    store_two_editions(lambda: UnitOfWork(open_session))
    return lambda: UnitOfWork(open_session)


@pytest.mark.parametrize(
    ("place", "edition", "owner"),
    [((0.5, 2.5), 1, "B1"), ((1, 1.5), 1, "B2"), ((0.5, 2.5), 2, "X"), ((99, 99), 1, None)],
    ids=["inside", "edge", "other edition", "outside"],
)
def test_an_answer_that_is_right_is_found_so(open_work, place, edition, owner):
    shadow = ShadowCheck(open_work, 1)
    assert shadow.check(Answered(*at(*place), edition, owner)) is True
    assert (shadow.checked, shadow.mismatched) == (1, 0)


@pytest.mark.parametrize("owner", ["B2", None])
def test_an_answer_that_differs_is_counted_and_told(open_work, owner):
    """The line has the point, the edition and both answers."""
    shadow = ShadowCheck(open_work, 1)
    with capture_logs() as lines:
        assert shadow.check(Answered(*at(0.5, 2.5), 1, owner)) is False
    assert (shadow.checked, shadow.mismatched) == (1, 1)
    lon, lat = at(0.5, 2.5)
    [line] = lines
    assert {**line, "event": ""} == {
        "event": "",
        "log_level": "error",
        "lon": lon,
        "lat": lat,
        "edition": 1,
        "owner": owner,
        "owner_in_database": "B1",
    }


def test_one_in_three_is_taken(open_work):
    """Of ten answers three: the third, the sixth and the ninth."""
    shadow = ShadowCheck(open_work, 3)
    for number in range(10):
        shadow.offer(float(number), 0.0, 1, None)
    assert [shadow._waiting.get_nowait().lon for _ in range(shadow._waiting.qsize())] == [2.0, 5.0, 8.0]


def test_none_is_taken_when_it_is_off(open_work):
    shadow = ShadowCheck(open_work, 0)
    for _ in range(10):
        shadow.offer(0.0, 0.0, 1, None)
    shadow.start()
    shadow.stop()
    assert (shadow._waiting.qsize(), shadow.dropped) == (0, 0)


def test_what_does_not_fit_into_the_queue_is_dropped(open_work):
    """Nobody checks: a hundred wait, five go."""
    shadow = ShadowCheck(open_work, 1)
    for _ in range(WAITING + 5):
        shadow.offer(0.0, 0.0, 1, None)
    assert (shadow._waiting.qsize(), shadow.dropped) == (WAITING, 5)


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_the_thread_checks_what_was_offered_and_ends(open_work):
    shadow = ShadowCheck(open_work, 1)
    shadow.start()
    shadow.offer(*at(0.5, 2.5), 1, "B1")
    wait_until(lambda: shadow.checked == 1)
    thread = shadow._thread
    shadow.stop()
    assert not thread.is_alive()
    assert (shadow.mismatched, shadow.dropped) == (0, 0)


def test_it_rests_while_the_database_is_away():
    """Of three answers the first meets nobody; the others wait, and stopping does not."""
    engine = make_engine(NOT_LISTENING, pool_size=1, statement_timeout_ms=1000)
    sessions = make_session_factory(engine)
    shadow = ShadowCheck(lambda: UnitOfWork(sessions), 1, rest_s=3600.0)
    shadow.start()
    for _ in range(3):
        shadow.offer(*at(0.5, 2.5), 1, "B1")
    wait_until(lambda: shadow.dropped == 1)
    assert shadow._waiting.qsize() == 2
    shadow.stop()
    assert (shadow.checked, shadow.mismatched, shadow.dropped) == (0, 0, 1)
    engine.dispose()
