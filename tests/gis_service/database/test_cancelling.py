from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from gis_service.database.cancelling import CalledOffError
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import UnavailableError

SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(25)' AND state = 'active'"


@pytest.fixture
def pool(engine: Engine) -> Iterator[Engine]:
    """An engine of two connections."""
    url = engine.url.render_as_string(hide_password=False)
    made = make_engine(url, pool_size=2, statement_timeout_ms=30_000)
    yield made
    made.dispose()


def pids(pool: Engine) -> set[int]:
    with pool.connect() as one, pool.connect() as other:
        return {each.execute(text("SELECT pg_backend_pid()")).scalar_one() for each in (one, other)}


def test_a_statement_that_runs_is_ended_and_its_connection_thrown_away(pool: Engine, engine: Engine):
    """It would sleep for 25 s, and is refused and gone long before; the other connection is the one of before."""
    before = pids(pool)
    work = UnitOfWork(make_session_factory(pool))
    call_off = work.allow_calling_off()

    def sleep() -> None:
        with work:
            work._session.execute(text("SELECT pg_sleep(25)"))

    with ThreadPoolExecutor(1) as threads, engine.connect() as watching:
        sleeping = threads.submit(sleep)
        while not watching.execute(text(SLEEPING)).scalar_one():
            assert not sleeping.done()
            watching.rollback()  # a transaction sees the same activity to its end
        assert call_off()
        with pytest.raises(UnavailableError):
            sleeping.result()
        until = time.monotonic() + 15
        while watching.execute(text(SLEEPING)).scalar_one():
            assert time.monotonic() < until
            watching.rollback()
    assert len(before & pids(pool)) == 1


def test_what_is_called_off_does_not_begin(pool: Engine):
    """Before its first statement: nothing was ended, nothing is run, and the connection is kept."""
    before = pids(pool)
    work = UnitOfWork(make_session_factory(pool))
    assert work.allow_calling_off()() is False
    with pytest.raises(CalledOffError), work:
        work.ping()
    assert pids(pool) == before


def test_between_and_after_statements_nothing_is_ended(pool: Engine):
    """Called off between two statements the second does not begin; called off afterwards nobody notices."""
    before = pids(pool)
    work = UnitOfWork(make_session_factory(pool))
    call_off = work.allow_calling_off()
    with work:
        work.ping()
        assert call_off() is False
        with pytest.raises(CalledOffError):
            work.ping()
    assert call_off() is False
    assert pids(pool) == before
