"""Heartbeats of devices over HTTP beside bare updates: ``python -m benchmarks.heartbeats``.

10,000 devices of the demo district, each heard of once in a request of 10,000 lines: read, checked, looked up,
stored in two transactions and answered by a running service, by a token without a scope; against the same instants
in an UPDATE for each thousand.  A district sends 122,000 heartbeats a day: 425 devices, each five minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx2
import orjson
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever psycopg2 writes

from benchmarks.database import bare_connection, copied_demo, open_work
from benchmarks.race import Side, race
from benchmarks.served import served
from gis_service.use_cases.create_token import create_token

DEVICES = 10_000
A_STATEMENT = 1_000
A_DAY = 122_000

_INSTALL = """
INSERT INTO device (code, name, kind, point, data_class)
SELECT 'BENCH' || n, 'x', (SELECT min(code) FROM device_kind WHERE silent_after_s IS NOT NULL),
       ST_SetSRID(ST_MakePoint(102.7 + n * 1e-6, 25.05), 4326), 'important'
FROM generate_series(1, %s) AS n
"""
_HEAR = """
UPDATE device SET last_seen_at = greatest(last_seen_at, heard.at)
FROM unnest(%s::text[], %s::timestamptz[]) AS heard (code, at) WHERE device.code = heard.code
"""


def main() -> None:
    """Print how many heartbeats a second are taken down, over HTTP and barely."""
    with copied_demo() as url, served(url, patience_s=120) as address:
        connection = bare_connection(url)
        with connection, connection.cursor() as cursor:
            cursor.execute(_INSTALL, (DEVICES,))
        secret, _ = create_token(
            role="router", scope=None, label="bench", lifetime=timedelta(hours=1), work=open_work(url)
        )
        begun, rounds = datetime.now(UTC) - timedelta(days=1), count()
        codes = [f"BENCH{number}" for number in range(1, DEVICES + 1)]
        with httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {secret}"}, timeout=60) as client:

            def instant() -> datetime:
                return begun + timedelta(seconds=next(rounds))

            row = race(
                Side("over HTTP", lambda: _send(client, codes, instant()), DEVICES),
                Side("bare updates", _update(connection, codes, instant), DEVICES),
                unit="heartbeats",
                rounds=5,
            )
        connection.close()
    print(
        f"over HTTP {row.ours_per_s:,.0f} heartbeats/s, bare updates {row.reference_per_s:,.0f}/s; "
        f"a day of a district ({A_DAY:,}) takes {A_DAY / row.ours_per_s:.1f} s"
    )


def _send(client: httpx2.Client, codes: list[str], at: datetime) -> None:
    body = b"\n".join(orjson.dumps({"code": code, "at": at}) for code in codes)
    answer = client.post("/v1/devices/heartbeats", content=body, headers={"Content-Type": "application/x-ndjson"})
    told = orjson.loads(answer.content.splitlines()[-1])
    if told != {"lines": DEVICES, "heard": DEVICES, "refused": 0}:
        message = f"the service answered {answer.status_code}: {told}"
        raise RuntimeError(message)


def _update(connection: Connection, codes: list[str], instant: Callable[[], datetime]) -> Callable[[], None]:
    def act() -> None:
        at = instant()
        for first in range(0, len(codes), A_STATEMENT):
            some = codes[first : first + A_STATEMENT]
            with connection, connection.cursor() as cursor:
                cursor.execute(_HEAR, (some, [at] * len(some)))

    return act


if __name__ == "__main__":
    main()
