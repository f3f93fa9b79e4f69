"""``python -m benchmarks.intake_load``: reports at a steady rate to a service with two workers, the feed open.

Run by hand: it takes its minute, and its figures are of the machine that sends and serves at once.  Reports are sent
when they are due, whether or not those before are answered; a wait for a sender counts as time to the answer.
"""

from __future__ import annotations

import argparse
import http.client
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import numpy as np
import orjson

from benchmarks import database
from benchmarks.database import bare_connection, copied_demo, open_work
from benchmarks.ground import points_inside
from benchmarks.machine import facts
from benchmarks.served import NO_LIMITS, process
from gis_service.use_cases.create_token import create_token
from gis_service.use_cases.read_feed import number_events

SENDERS = 16
CREATED = 201
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: ``rate`` reports a second for ``seconds``; ``singles`` alone, the rest ``lines`` a time."""

    rate: float
    seconds: float
    singles: float
    lines: int

    def sendings(self) -> list[tuple[float, int]]:
        """Return when each request is due, in seconds from the beginning, and how many reports it has; by time."""
        alone = np.arange(round(self.singles * self.seconds)) / max(self.singles, 1e-9)
        together = np.arange(round((self.rate - self.singles) * self.seconds / self.lines))
        due = together * self.lines / (self.rate - self.singles) if together.size else together
        return sorted([*((float(at), 1) for at in alone), *((float(at), self.lines) for at in due)])


@dataclass(slots=True)
class Outcome:
    """What came back, together: waits in seconds for reports alone and in batches, when each was told."""

    alone: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)
    told_at: dict[str, float] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)


class Sender:
    """Sends reports over connections that are kept, one for each thread."""

    def __init__(self, address: str, token: str, reports: Sequence[bytes]) -> None:
        self._place = urlsplit(address).netloc
        self._headers = {"Authorization": f"Bearer {token}"}
        self._reports = reports
        self._own = threading.local()
        self._lock = threading.Lock()
        self.outcome = Outcome()

    def send(self, due: float, first: int, count: int) -> None:
        """Send some of the reports when they are due (by ``time.monotonic``), and note what is answered."""
        time.sleep(max(due - time.monotonic(), 0))
        chosen = self._reports[first : first + count]
        try:
            answers = list(self._alone(chosen[0], first) if count == 1 else self._together(chosen, first))
        except (OSError, http.client.HTTPException) as error:
            self._own.connection.close()
            answers = [(0, type(error).__name__)] * count
        now = time.monotonic()
        with self._lock:
            (self.outcome.alone if count == 1 else self.outcome.together).extend([now - due] * len(answers))
            for status, said in answers:
                if status == CREATED:
                    self.outcome.told_at[said] = now
                else:
                    self.outcome.errors[f"{status} {said}"] += 1

    def _alone(self, report: bytes, number: int) -> Iterator[tuple[int, str]]:
        answer = self._post("/v1/incidents", report, "application/json", {"Idempotency-Key": f"load-{number}"})
        body = orjson.loads(answer.read())
        yield answer.status, body["id"] if answer.status == CREATED else body["code"]

    def _together(self, reports: Sequence[bytes], first: int) -> Iterator[tuple[int, str]]:
        keyed = (
            orjson.dumps({**orjson.loads(one), "idempotency_key": f"load-{number}"})
            for number, one in enumerate(reports, first)
        )
        answer = self._post("/v1/incidents/batch", b"\n".join(keyed), "application/x-ndjson", {})
        for line in answer.read().splitlines():
            told = orjson.loads(line)
            yield told["status"], told["incident"]["id"] if "incident" in told else told["problem"]["code"]

    def _post(self, path: str, body: bytes, kind: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection(self._place, timeout=PATIENCE_S)
        self._own.connection.request("POST", path, body, {**self._headers, **headers, "Content-Type": kind})
        response: http.client.HTTPResponse = self._own.connection.getresponse()
        return response


class Subscriber:
    """Follows the feed in a thread, and notes when each report was first seen there and how often."""

    def __init__(self, address: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        self._connection.request("GET", "/v1/incidents/events?after=now&kind=reported", headers=headers)
        self._answer = self._connection.getresponse()
        self.seen_at: dict[str, float] = {}
        self.times: Counter[str] = Counter()
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        for line in self._answer:
            if line.startswith(b"data: "):
                incident = orjson.loads(line[6:])["incident_id"]
                self.seen_at.setdefault(incident, time.monotonic())
                self.times[incident] += 1


def made_reports(count: int, url: str) -> list[bytes]:
    """Return reports at random places of the district, of the categories that the demo has, as they are sent."""
    with bare_connection(url) as bare, bare.cursor() as cursor:
        cursor.execute("SELECT category, severity FROM incident ORDER BY md5(id::text) LIMIT 1000")
        kinds = cursor.fetchall()
    bare.close()
    lons, lats = points_inside(count)
    return [
        orjson.dumps(
            {
                "category": kinds[number % len(kinds)][0],
                "severity": kinds[number % len(kinds)][1],
                "channel": "resident",
                "description": f"report {number} of the load",
                "point": {"lon": lon, "lat": lat},
                "accuracy_m": 15,
            }
        )
        for number, (lon, lat) in enumerate(zip(lons.tolist(), lats.tolist(), strict=True))
    ]


def run(load: Load, address: str, token: str, reports: Sequence[bytes]) -> tuple[Sender, Subscriber, float]:
    """Send the load; return what came back, and the seconds that it took."""
    sender, subscriber = Sender(address, token, reports), Subscriber(address, token)
    sender.send(time.monotonic(), 0, 1)  # every worker has read and compiled what it needs before the clock starts
    sender.outcome = Outcome()
    begun, first = time.monotonic() + 1, 1
    with ThreadPoolExecutor(SENDERS) as pool:
        for due, count in load.sendings():
            pool.submit(sender.send, begun + due, first, count)
            first += count
    took_s = time.monotonic() - begun
    _wait(lambda: sender.outcome.told_at.keys() <= subscriber.seen_at.keys())
    time.sleep(1)  # whatever comes twice
    return sender, subscriber, took_s


def _number_history(url: str) -> None:
    """Give the events of the demo their places in the feed, as they have them where the service has run for a day."""
    position = -1
    while position < (head := number_events(open_work(url))):
        position = head


def _wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < until:
        time.sleep(0.1)


def tell(sender: Sender, subscriber: Subscriber, took_s: float, stored: int) -> None:
    """Print what came of it."""
    outcome = sender.outcome
    count = len(outcome.told_at)
    print(f"{count} reports stored and told in {took_s:.1f} s: {count / took_s:.0f} a second")
    print(f"in the database: {stored}; errors: {dict(outcome.errors) or 'none'}")
    for name, waits in (("alone", outcome.alone), ("in batches", outcome.together)):
        if waits:
            p50, p95, p99 = np.percentile(waits, (50, 95, 99)) * 1000
            print(f"answered, {name} ({len(waits)}): p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms")
    told = outcome.told_at
    lags = [max(subscriber.seen_at[one] - at, 0) for one, at in told.items() if one in subscriber.seen_at]
    missing, twice = len(told) - len(lags), sum(subscriber.times[one] > 1 for one in told)
    p50, p95, p99 = np.percentile(lags, (50, 95, 99)) * 1000 if lags else (np.nan,) * 3
    print(f"feed: {missing} missing, {twice} twice; after the answer p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms")
    print(f"load of the machine: {', '.join(f'{one:.1f}' for one in os.getloadavg())}; {facts()}")


def main() -> None:
    """Send what the command line says to a copy of the demo."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake_load", description=__doc__)
    parser.add_argument("--rate", type=float, default=1000, help="reports a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--singles", type=float, default=20, help="of these a second, each a request of its own")
    parser.add_argument("--lines", type=int, default=100, help="reports of a batch")
    asked = parser.parse_args()
    load = Load(asked.rate, asked.seconds, asked.singles, asked.lines)
    command = [sys.executable, "-m", "gis_service", "serve", "--workers", "2", "--port", "{port}"]
    try:
        with copied_demo() as url, TemporaryDirectory() as home:
            reports = made_reports(sum(count for _, count in load.sendings()) + 1, url)
            hour = timedelta(hours=1)
            token, _ = create_token(role="router", scope=None, label="load", lifetime=hour, work=open_work(url))
            _number_history(url)
            environment = {"GIS_DATABASE_URL": url, "GIS_LOG_LEVEL": "WARNING", "GIS_HOME": home, **NO_LIMITS}
            with process(command, environment, ready="/readyz", patience_s=PATIENCE_S) as address:
                sender, subscriber, took_s = run(load, address, token, reports)
            with bare_connection(url) as bare, bare.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM idempotency_key WHERE key LIKE 'load-%' AND key <> 'load-0'")
                stored = (cursor.fetchone() or (0,))[0]
            bare.close()
            tell(sender, subscriber, took_s, stored)
    finally:
        database.stop()


if __name__ == "__main__":
    main()
