"""Batches of reports while the server is killed at random moments, sent again until every line is acknowledged.

``python -m tests.support.intake_storm 10000`` does it on a database of its own, and prints what it saw.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import sessionmaker

from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.migrate import upgrade
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_token import create_token
from tests.support.desk import prepare
from tests.support.killable_desk import PROJECT, REPORT, Desk

BATCH = "/v1/incidents/batch"


@dataclass
class Told:
    """What the senders were told: the ids acknowledged for each key, how often which status, and what broke off."""

    reports: int
    ids: dict[str, set[str]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    kills: int = 0
    cut: int = 0
    hung_up: int = 0
    took_s: float = 0.0

    def note(self, key: str, answer: dict) -> None:
        """Remember the answer to a line."""
        self.statuses[answer["status"]] += 1
        if answer["status"] in {200, 201}:
            self.ids.setdefault(key, set()).add(answer["incident"]["id"])


def storm(desk: Desk, *, reports: int, batch: int, senders: int, kills: int, life: int, seed: int) -> Told:
    """Send reports until all are acknowledged, while a server is killed so many times, or until they are.

    A server lives until it has acknowledged up to ``life`` reports, and a moment more.
    """
    told, lock, started = Told(reports), threading.Lock(), time.monotonic()
    keys = [f"storm-{number}" for number in range(reports)]
    shares = [keys[one::senders] for one in range(senders)]
    done = threading.Event()

    def work(one: int) -> None:
        chance, pending = random.Random(seed * 1000 + one), list(shares[one])
        while pending:
            _send(desk, pending[:batch], told, lock, chance)
            pending = [key for key in pending if key not in told.ids]
            chance.shuffle(pending)

    def kill() -> None:
        chance = random.Random(seed)
        while told.kills < kills and not done.is_set():
            enough = len(told.ids) + chance.randrange(1, life)
            while len(told.ids) < enough and not done.is_set():
                time.sleep(0.002)
            done.wait(chance.uniform(0, 0.2))
            if not done.is_set():
                desk.kill()
                told.kills += 1
                desk.start()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with ThreadPoolExecutor(senders) as pool:
            list(pool.map(work, range(senders)))
    finally:
        done.set()
        killer.join()
    told.took_s = time.monotonic() - started
    return told


def check_record(engine: Engine, told: Told) -> list[str]:
    """Return what is wrong with what is stored; nothing is when every report is there once, as acknowledged."""
    wrong = [f"{key} was acknowledged as {ids}" for key, ids in told.ids.items() if len(ids) != 1]
    with engine.connect() as connection:
        stored = dict(connection.execute(text("SELECT key, incident_id::text FROM idempotency_key")).all())
        counts = {
            name: connection.scalar(text(query))
            for name, query in (
                ("incidents", "SELECT count(*) FROM incident"),
                ("different numbers", "SELECT count(DISTINCT external_id) FROM incident"),
                ("reports", "SELECT count(*) FROM incident_event WHERE kind = 'reported'"),  # clocks ring meanwhile
                ("incidents with an event", "SELECT count(DISTINCT incident_id) FROM incident_event"),
                ("keys", "SELECT count(DISTINCT incident_id) FROM idempotency_key JOIN incident ON id = incident_id"),
            )
        }
    wrong += [f"{name}: {count}, not {told.reports}" for name, count in counts.items() if count != told.reports]
    wrong += [f"{key} is stored as {stored.get(key)}" for key, ids in told.ids.items() if stored.get(key) not in ids]
    return wrong


def _send(desk: Desk, keys: list[str], told: Told, lock: threading.Lock, chance: random.Random) -> None:
    """Send a batch, and read its answers up to where the connection breaks, or to where this side hangs up."""
    lines = [json.dumps(_report(key)).encode() for key in keys]
    patience = chance.randrange(len(keys)) if chance.random() < 0.1 else len(keys)
    try:
        with desk.post(BATCH, b"\n".join(lines), Content_Type="application/x-ndjson") as connection:
            response = http.client.HTTPResponse(connection)
            response.begin()
            for _ in range(patience):
                answer = json.loads(response.readline())
                with lock:
                    told.note(keys[answer["line"] - 1], answer)
    except (OSError, http.client.HTTPException, ValueError):
        with lock:
            told.cut += 1
    else:
        with lock:
            told.hung_up += patience < len(keys)


def _report(key: str) -> dict:
    chance = random.Random(key)
    point = {"lon": round(chance.uniform(102.7, 102.74), 6), "lat": round(chance.uniform(25.0, 25.04), 6)}
    return {
        **REPORT,
        "idempotency_key": key,
        "external_id": key,
        "point": point,
        "occurred_at": "2026-03-06T09:00:00Z",
    }


def main(reports: int) -> int:
    """Make a durable database and a server, send, and say what was seen; 1 when something is wrong."""
    with tempfile.TemporaryDirectory(prefix="gis-storm-") as folder:
        cluster = EmbeddedCluster(Path(folder) / "postgres")
        url = cluster.start()
        engine = create_engine(url)
        desk = None
        try:
            upgrade(engine)
            work = UnitOfWork(sessionmaker(engine))
            prepare(work)
            token, _ = create_token(role="router", scope=None, label="storm", lifetime=timedelta(hours=9), work=work)
            desk = Desk(url, token, Path(folder))
            desk.start()
            told = storm(desk, reports=reports, batch=100, senders=4, kills=reports, life=1000, seed=time.time_ns())
            wrong = check_record(engine, told)
        finally:
            if desk is not None:
                desk.close()
            engine.dispose()
            cluster.stop()
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(told.statuses.items()))
    print(  # noqa: T201 - what it is for
        f"{reports} reports in {told.took_s:.0f} s: {len(told.ids)} acknowledged ({statuses}), {told.kills} kills, "
        f"{told.cut} answers cut, {told.hung_up} hung up on; wrong: {wrong or 'nothing'}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    assert PROJECT.is_dir()
    sys.exit(main(int(sys.argv[1])))
