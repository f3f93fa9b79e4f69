"""A real server process, killed at the worst moments: an accepted report is stored once, and answered on retry."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
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

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0
BODY = json.dumps(
    {
        "category": "hazard",
        "channel": "hotline",
        "description": "blocked fire exit",
        "point": {"lon": 102.71, "lat": 25.01},
    }
).encode()


class Desk:
    """An intake behind one listening socket, which outlives the server processes that answer on it."""

    def __init__(self, url: str, token: str, folder: Path) -> None:
        self._environment = os.environ | {
            "GIS_DATABASE_URL": url,
            "GIS_HOME": str(folder),
            "PYTHONPATH": str(PROJECT),
        }
        self._token = token
        self._path = str(folder / "desk.sock")
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self._path)
        self._listening.listen(200)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start a server process; a connection made before it is ready waits."""
        descriptor = str(self._listening.fileno())
        factory = "gis_service.app:create_app_from_environment"
        self._server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "--factory", factory, "--fd", descriptor, "--log-level", "warning"],
            env=self._environment,
            cwd=PROJECT,
            pass_fds=[int(descriptor)],
        )

    def kill(self) -> None:
        """End the server process as a power cut would."""
        if self._server is not None:
            self._server.send_signal(signal.SIGKILL)
            self._server.wait()
            self._server = None

    def send(self, key: str) -> socket.socket:
        """Send a report and return the connection, from which nothing has been read."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE_S)
        connection.connect(self._path)
        head = (
            "POST /v1/incidents HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(BODY)}\r\nAuthorization: Bearer {self._token}\r\nIdempotency-Key: {key}\r\n\r\n"
        )
        connection.sendall(head.encode() + BODY)
        return connection

    def report(self, key: str) -> tuple[int, dict[str, object]]:
        """Send a report and return status and body of the answer."""
        with self.send(key) as connection:
            response = http.client.HTTPResponse(connection)
            response.begin()
            return response.status, json.loads(response.read())

    def close(self) -> None:
        """Leave nothing behind."""
        self.kill()
        self._listening.close()


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
