"""P11: the intake of incidents: durable, located, routed, with a deadline and its reasons; one process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import count
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever psycopg2 writes
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - the same
from uuid_utils.compat import uuid7

from benchmarks.database import bare_connection, copied_demo, open_work
from benchmarks.ground import snapshot
from benchmarks.race import Row, Side, race
from gis_service.domain.access import Principal
from gis_service.domain.incident import DeclaredPoint, Report
from gis_service.domain.lookup import Question
from gis_service.domain.place import Place
from gis_service.use_cases.find_place import to_place
from gis_service.use_cases.locate_point import locate_in_snapshot
from gis_service.use_cases.report_incident import IncidentRequest, report_incident

REPORTS = 50
LEAST_RATIO = 0.5
ZONE = ZoneInfo("Asia/Shanghai")
WORKER = Principal(name="benchmark", role="worker", scope="530103")

# Reports like those of the demo's year, happening now.
SAMPLE = """
SELECT category, severity, channel, description, ST_X(point), ST_Y(point)
FROM incident WHERE point IS NOT NULL AND owner IS NOT NULL ORDER BY md5(id::text) LIMIT %s
"""

COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_identity = 'NO'"


def races() -> Iterator[Row]:
    """Race reports, each a transaction, against the rows that they leave, inserted with a commit for each report."""
    with copied_demo() as url:
        bare = bare_connection(url)
        intake = _intake(url, bare)
        intake()
        store = _store_again(bare)
        yield race(
            Side("report_incident", intake, REPORTS),
            Side("bare INSERT … ON CONFLICT", store, REPORTS),
            unit="incidents",
            least_ratio=LEAST_RATIO,
        )
        bare.close()


def _intake(url: str, bare: Connection) -> Callable[[], None]:
    held, work, numbers = snapshot(), open_work(url), count()
    with bare, bare.cursor() as cursor:
        cursor.execute(SAMPLE, (REPORTS,))
        samples = cursor.fetchall()

    def locate(lon: float, lat: float, at: datetime, accuracy_m: float | None = None, /) -> Place:
        return to_place(locate_in_snapshot(held, Question(lon, lat, at, accuracy_m=accuracy_m)))

    def take_in() -> None:
        for category, severity, channel, description, lon, lat in samples:
            now, key = datetime.now(UTC), f"report-{next(numbers)}"
            report = Report(category, severity, channel, description, occurred_at=now)
            request = IncidentRequest(report, key, hashlib.sha256(key.encode()).digest(), DeclaredPoint(lon, lat))
            report_incident(request, principal=WORKER, locate=locate, zone=ZONE, now=now, work=work)

    return take_in


def _store_again(bare: Connection) -> Callable[[], None]:
    """Return a call that stores the rows of the reports taken in so far, under new ids."""
    incidents = _rows(bare, "incident", "reported_by")
    events = {row["incident_id"]: row for row in _rows(bare, "incident_event", "actor")}
    keys = {row["incident_id"]: row for row in _rows(bare, "idempotency_key", "principal")}

    def store() -> None:
        with bare.cursor() as cursor:
            for incident in incidents:
                old, new = incident["id"], str(uuid7())
                _insert(cursor, "incident", incident | {"id": new})
                _insert(cursor, "incident_event", events[old] | {"incident_id": new})
                _insert(cursor, "idempotency_key", keys[old] | {"incident_id": new, "key": new})
                bare.commit()

    return store


def _insert(cursor: Cursor, table: str, row: dict[str, str | None]) -> None:
    cursor.execute(_insertion(table, tuple(row)), row)


@cache
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join(f"%({column})s" for column in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - our names


def _rows(bare: Connection, table: str, author: str) -> list[dict[str, str | None]]:
    """Return what the reports left in a table: the columns that are written, as PostgreSQL writes and reads them."""
    with bare, bare.cursor() as cursor:
        cursor.execute(COLUMNS, (table,))
        columns = [name for (name,) in cursor.fetchall()]
        values = ", ".join(f"{name}::text" for name in columns)
        cursor.execute(f"SELECT {values} FROM {table} WHERE {author} = %s", (WORKER.name,))  # noqa: S608 - our names
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
