from __future__ import annotations

import asyncio
import io
import logging
from typing import Any

import orjson
import pytest
import structlog

from gis_service.api.request_lines import NAME, WRITE_AFTER_S, RequestLines


@pytest.fixture
def log():
    """A log in the form of the service, of which what is written can be read."""
    stream = io.StringIO()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    yield stream
    structlog.reset_defaults()


def told(log: io.StringIO) -> list[dict[str, Any]]:
    """The lines of these tests: a service that runs for others may still be telling its own."""
    lines = map(orjson.loads, log.getvalue().splitlines())
    return [line for line in lines if line["request_id"] in {"abc", "def"}]


async def tell_two() -> None:
    lines = RequestLines("GET", "/v1/locate")
    lines.add(b"abc", 0.000123)
    lines.add(b"def", 1.5, 304)
    lines.write()


def test_the_lines_are_those_of_any_other_request(log):
    """Members, their order and their types; two lines for two requests."""
    members = {"request_id": "abc", "method": "GET", "route": "/v1/locate", "status": 200, "took_ms": 0.12}
    structlog.get_logger(NAME).info("request", **members)
    asyncio.run(tell_two())
    usual, first, second = told(log)
    assert list(first) == list(usual)
    assert {**first, "timestamp": ""} == {**usual, "timestamp": ""}
    assert len(first["timestamp"]) == len(usual["timestamp"])
    assert first["timestamp"] >= usual["timestamp"]
    assert (second["request_id"], second["took_ms"], second["status"]) == ("def", 1500.0, 304)


def test_lines_are_written_by_themselves(log):
    """A moment after the request, with nobody asking for it."""

    async def tell_and_wait() -> None:
        RequestLines("GET", "/v1/locate").add(b"abc", 0.1)
        await asyncio.sleep(3 * WRITE_AFTER_S)

    asyncio.run(tell_and_wait())
    assert len(told(log)) == 1


def test_a_log_of_warnings_leaves_them_out(log):
    """As it leaves out every answer that went well."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(tell_two())
    assert told(log) == []
