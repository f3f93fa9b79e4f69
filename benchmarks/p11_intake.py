"""P11: the intake of incidents: durable, located, routed, with a deadline and its reasons; one process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever psycopg2 writes
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

REPORTS = 100
LEAST_RATIO = 0.5
ZONE = ZoneInfo("Asia/Shanghai")
WORKER = Principal(name="benchmark", role="worker", scope="530103")

# Reports like those of the demo's year, happening now.
SAMPLE = """
SELECT category, severity, channel, description, ST_X(point), ST_Y(point)
FROM incident WHERE point IS NOT NULL AND owner IS NOT NULL ORDER BY md5(id::text) LIMIT %s
"""


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

    def locate(lon: float, lat: float, at: datetime) -> Place:
        return to_place(locate_in_snapshot(held, Question(lon, lat, at)))

    def take_in() -> None:
        for category, severity, channel, description, lon, lat in samples:
            now, key = datetime.now(UTC), f"report-{next(numbers)}"
            report = Report(category, severity, channel, description, occurred_at=now)
            request = IncidentRequest(report, key, hashlib.sha256(key.encode()).digest(), DeclaredPoint(lon, lat))
            report_incident(request, principal=WORKER, locate=locate, zone=ZONE, now=now, work=work)

    return take_in


def _store_again(bare: Connection) -> Callable[[], None]:
    """Return a call that stores the rows of the reports taken in so far, under new ids."""
    tables = {
        name: _rows(bare, name, where)
        for name, where in (
            ("incident", "reported_by = 'benchmark'"),
            ("incident_event", "actor = 'benchmark'"),
            ("idempotency_key", "principal = 'benchmark'"),
        )
    }
    statements = {
        name: f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join(f'%({column})s' for column in columns)})"
        " ON CONFLICT DO NOTHING"
        for name, (columns, _) in tables.items()
    }
    by_incident = [
        {
            name: next(row for row in rows if old in {row.get("incident_id"), row.get("id")})
            for name, (_, rows) in tables.items()
        }
        for old in [row["id"] for row in tables["incident"][1]]
    ]

    def store() -> None:
        with bare.cursor() as cursor:
            for rows in by_incident:
                new = str(uuid7())
                cursor.execute(statements["incident"], rows["incident"] | {"id": new})
                cursor.execute(statements["incident_event"], rows["incident_event"] | {"incident_id": new})
                cursor.execute(
                    statements["idempotency_key"], rows["idempotency_key"] | {"incident_id": new, "key": new}
                )
                bare.commit()

    return store


def _rows(bare: Connection, table: str, where: str) -> tuple[list[str], list[dict[str, str | None]]]:
    """Return the columns of a table that are written, and rows of it, values as PostgreSQL reads and writes them."""
    with bare, bare.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_identity = 'NO'",
            (table,),
        )
        columns = [name for (name,) in cursor.fetchall()]
        cursor.execute(f"SELECT {', '.join(f'{name}::text' for name in columns)} FROM {table} WHERE {where}")
        return columns, [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
