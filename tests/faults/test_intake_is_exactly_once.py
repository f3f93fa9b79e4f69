"""A real server process, killed at the worst moments: an accepted report is stored once, and answered on retry."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, Table, create_engine, func, select, text
from sqlalchemy.orm import sessionmaker

from gis_service.database.tables import idempotency_key, incident, incident_event
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_token import create_token
from tests.support.desk import prepare
from tests.support.intake_storm import check_record, storm
from tests.support.killable_desk import PATIENCE_S, Desk, read_answer
from tests.support.photos import jpeg, picture


@pytest.fixture
def engine_of_its_own(own_database: str) -> Iterator[Engine]:
    """The database that the server uses, looked at from outside."""
    engine = create_engine(own_database)
    yield engine
    engine.dispose()


@pytest.fixture
def desk(own_database: str, engine_of_its_own: Engine, tmp_path: Path) -> Iterator[Desk]:
    """A running server on the small ground."""
    work = UnitOfWork(sessionmaker(engine_of_its_own))
    prepare(work)
    token, _ = create_token(role="router", scope=None, label="hotline", lifetime=timedelta(hours=1), work=work)
    desk = Desk(own_database, token, tmp_path)
    desk.start()
    yield desk
    desk.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)


def count(connection: Connection, table: Table) -> int:
    counted = connection.scalar(select(func.count()).select_from(table))
    connection.rollback()
    return int(counted or 0)


def test_killed_between_store_and_answer_a_retry_finds_the_incident(desk, engine_of_its_own):
    """The row is there, the answer was never read: the next process answers 200 with that incident, the only one."""
    with engine_of_its_own.connect() as connection:
        lost = desk.send("k-1")
        wait_until(lambda: count(connection, idempotency_key) == 1)
        desk.kill()
        lost.close()
        stored = connection.scalar(text("SELECT incident_id FROM idempotency_key"))

        desk.start()
        status, answer = desk.report("k-1")

        assert (status, answer["id"]) == (200, str(stored))
        assert count(connection, incident) == 1
        assert count(connection, incident_event) == 1


def test_killed_in_the_middle_of_storing_a_retry_stores_it(desk, engine_of_its_own):
    """Stopped by a lock between the incident and its key, then killed: nothing is left, and the retry is a 201."""
    with engine_of_its_own.connect() as connection, engine_of_its_own.connect() as other:
        # Lets the server read keys, and not write them.
        connection.execute(text("LOCK TABLE idempotency_key IN EXCLUSIVE MODE"))
        lost = desk.send("k-1")
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'idempotency_key'::regclass")
        wait_until(lambda: other.scalar(waiting) == 1)
        desk.kill()
        lost.close()
        connection.rollback()

        desk.start()
        status, _ = desk.report("k-1")

        assert status == 201
        assert count(connection, incident) == 1
        assert count(connection, incident_event) == 1


def test_a_hundred_reports_with_one_key_are_one_incident(desk, engine_of_its_own):
    """Sent at once: one is stored (201), the others are told to wait (409) or get the same answer (200)."""
    with ThreadPoolExecutor(100) as senders:
        answers = list(senders.map(desk.report, ["k-1"] * 100))

    statuses = [status for status, _ in answers]
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409}
    assert {body["code"] for status, body in answers if status == 409} <= {"idempotency-in-flight"}
    assert len({body["id"] for status, body in answers if status != 409}) == 1
    with engine_of_its_own.connect() as connection:
        assert count(connection, incident) == 1
    assert desk.report("k-1")[0] == 200


def test_a_photo_sent_eight_times_at_once_is_one(desk):
    """One is kept (201), the others get it (200)."""
    _, incident = desk.report("k-1")
    body = jpeg(picture(600, 400))

    def send(_) -> tuple[int, str]:
        with desk.post(f"/v1/incidents/{incident['id']}/photos", body, Content_Type="image/jpeg") as connection:
            status, photo = read_answer(connection)
            return status, photo["id"]

    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(send, range(8)))

    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    assert len({photo for _, photo in answers}) == 1


def test_killed_during_batches_every_acknowledged_report_is_stored_once(desk, engine_of_its_own):
    """300 reports in batches of 20 by three senders who also hang up, the server killed twice: none lost or doubled.

    ``python -m tests.support.intake_storm 10000`` does it for as many as wanted.
    """
    told = storm(desk, reports=300, batch=20, senders=3, kills=2, life=100, seed=1)

    assert told.kills == 2
    assert check_record(engine_of_its_own, told) == []
