"""``python -m benchmarks.audit_cost``: what the record of acts adds to a request, in microseconds.

Run by hand.  The layer alone, around an application that answers at once; and reports of incidents through the whole
service in this process, with the record and with its waiting taken out, in turn.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import timedelta
from uuid import uuid4

from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.database import connect, empty_database, stop
from gis_service.api import audit_trail
from gis_service.api.audit_trail import AuditTrail
from gis_service.app import create_app
from gis_service.database.engine import make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.audit import AuditEvent
from gis_service.log import configure_logging
from gis_service.settings import Settings
from gis_service.use_cases.create_token import create_token
from gis_service.use_cases.record_audit import AuditRecorder
from tests.support.desk import prepare

REQUESTS = 20_000
REPORTS = 300
ROUNDS = 5


async def _answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _no_input() -> Message:
    return {"type": "http.request"}


async def _ignore(_message: Message) -> None:
    pass


async def _ask(app: ASGIApp, recorder: AuditRecorder) -> float:
    state, began = {"audit": recorder}, time.process_time()
    for _ in range(REQUESTS):
        scope = {"type": "http", "method": "GET", "path": "/tiles/1/grids/9/1/1.mvt", "headers": [], "state": state}
        await app(scope, _no_input, _ignore)
    return (time.process_time() - began) / REQUESTS * 1e6


def layer_us() -> float:
    """Return what the layer adds to a public read, in time of the processor."""
    recorder = AuditRecorder(lambda: UnitOfWork(make_session_factory(connect("postgresql+psycopg2://"))), 10)

    async def both() -> float:
        return await _ask(AuditTrail(_answer), recorder) - await _ask(_answer, recorder)

    return statistics.median(asyncio.run(both()) for _ in range(ROUNDS))


async def _let_go(_event: AuditEvent, _recorder: AuditRecorder) -> None:
    pass


def intake_us() -> tuple[float, float]:
    """Return the median time of a report without and with its act."""
    url = empty_database("audit_cost")
    engine = connect(url)
    work = UnitOfWork(make_session_factory(engine))
    prepare(work)
    secret, _ = create_token(role="router", scope=None, label="", lifetime=timedelta(days=1), work=work)
    headers = {"Authorization": f"Bearer {secret}"}
    body = {"category": "hazard", "channel": "patrol", "description": "x", "point": {"lon": 102.71, "lat": 25.01}}
    usual, took = audit_trail._record, {True: [], False: []}  # noqa: SLF001 - what is measured
    with TestClient(create_app(Settings(database_url=url))) as client:
        for number in range(2 * REPORTS):
            recorded = number % 2 == 1
            audit_trail._record = usual if recorded else _let_go  # noqa: SLF001
            began = time.perf_counter()
            answer = client.post("/v1/incidents", json=body, headers=headers | {"Idempotency-Key": str(uuid4())})
            took[recorded].append(time.perf_counter() - began)
            answer.raise_for_status()
    audit_trail._record = usual  # noqa: SLF001
    engine.dispose()
    return statistics.median(took[False]) * 1e6, statistics.median(took[True]) * 1e6


if __name__ == "__main__":
    configure_logging("WARNING")
    print(f"public read: {layer_us():.1f} us added")
    without, recorded = intake_us()
    print(f"report of an incident: {without:.0f} us without, {recorded:.0f} us with its act")
    stop()
