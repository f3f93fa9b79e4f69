from __future__ import annotations

import threading
import time

import psycopg2
import pytest
from sqlalchemy import create_engine, text

from gis_service.database.notify import NoticeListener

LONG_S = 20.0


@pytest.fixture
def listener(own_database: str):
    """A listener on the channel "test" of a database of its own."""
    made = NoticeListener(own_database, "test")
    yield made
    made.close()


def administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def waited_s(listener: NoticeListener, timeout_s: float) -> float:
    began = time.monotonic()
    listener.wait(timeout_s)
    return time.monotonic() - began


def test_a_notice_ends_the_wait(listener, own_database):
    """A notice that came before the wait, too."""
    listener.connect()
    administer(own_database, "NOTIFY test, '7'")
    assert waited_s(listener, LONG_S) < LONG_S / 2


def test_without_a_notice_the_time_ends_the_wait(listener, own_database):
    """Other channels do not count, and a notice is not told twice."""
    listener.connect()
    administer(own_database, "NOTIFY test")
    listener.wait(LONG_S)
    administer(own_database, "NOTIFY other")
    assert waited_s(listener, 0.3) >= 0.3


def test_another_thread_can_end_the_wait(listener):
    """Connected or not."""
    threading.Timer(0.1, listener.interrupt).start()
    assert waited_s(listener, LONG_S) < LONG_S / 2
    listener.connect()
    threading.Timer(0.1, listener.interrupt).start()
    assert waited_s(listener, LONG_S) < LONG_S / 2


def test_a_connection_that_broke_is_told_and_made_again(listener, own_database):
    """The server ends the connection; the wait or the one after it raises; connect() listens again."""
    listener.connect()
    listener.connect()
    administer(
        own_database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    with pytest.raises(psycopg2.Error):  # noqa: PT012 - the server's last words may end the first wait
        listener.wait(LONG_S)
        listener.wait(LONG_S)
    listener.connect()
    administer(own_database, "NOTIFY test")
    assert waited_s(listener, LONG_S) < LONG_S / 2
