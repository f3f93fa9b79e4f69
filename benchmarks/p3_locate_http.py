"""P3: ``GET /v1/locate``, one worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.database import demo_url
from benchmarks.ground import points_inside
from benchmarks.in_process import Ask, started, started_service
from benchmarks.race import Row, Side, race
from benchmarks.reference_apps import constant_app, sql_app

REQUESTS = 2_000
REQUESTS_OF_SQL = 300
LEAST_OF_CONSTANT = 1
LEAST_OF_SQL = 40
KEPT = 100
"""Answers in memory at a time: a server drops each when it is sent, and fresh memory costs more than an answer."""


def races() -> Iterator[Row]:
    """Race the route against a constant of the same size, and against the lookup in SQL behind FastAPI."""
    urls = [f"/v1/locate?lon={lon:.9f}&lat={lat:.9f}" for lon, lat in zip(*points_inside(REQUESTS), strict=True)]
    few = urls[:REQUESTS_OF_SQL]
    with started_service(demo_url()) as ask:
        middle = sorted(ask(urls), key=lambda answer: len(answer.body))[len(urls) // 2]
        with started(constant_app("/v1/locate", middle)) as ask_constant:
            yield race(
                Side("GET /v1/locate", lambda: _ask_and_drop(ask, urls), REQUESTS),
                Side(
                    f"Starlette, constant of {len(middle.body)} bytes",
                    lambda: _ask_and_drop(ask_constant, urls),
                    REQUESTS,
                ),
                unit="requests",
                least_ratio=LEAST_OF_CONSTANT,
            )
        with started(sql_app(demo_url())) as ask_sql:
            yield race(
                Side("GET /v1/locate", lambda: _ask_and_drop(ask, few), REQUESTS_OF_SQL),
                Side("FastAPI, prepared ST_Covers", lambda: _ask_and_drop(ask_sql, few), REQUESTS_OF_SQL),
                unit="requests",
                least_ratio=LEAST_OF_SQL,
            )


def _ask_and_drop(ask: Ask, urls: Sequence[str]) -> None:
    for start in range(0, len(urls), KEPT):
        ask(urls[start : start + KEPT])
