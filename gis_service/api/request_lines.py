"""Log lines of a route that answers thousands of requests a second: the same lines, written many at a time."""

from __future__ import annotations

import asyncio
import logging
import time

import structlog

WRITE_AFTER_S = 0.05
"""A line waits for others no longer than this; a process that is killed loses those that wait."""

NAME = "gis_service.access"


class RequestLines:
    """Collects what ``RequestLog`` would tell of requests to one route.

    To be used from one event loop.  ``write`` is called by itself; at the end of the loop it has to be called once.
    """

    def __init__(self, method: str, route: str) -> None:
        self._form = (
            f'{{"request_id":"%s","method":"{method}","route":"{route}","status":%d,"took_ms":%.2f,'
            '"event":"request","level":"info","timestamp":"%s.%06dZ"}'
        )
        self._waiting: list[tuple[float, bytes, float, int]] = []

    def add(self, request_id: bytes, took_s: float, status: int = 200) -> None:
        """Add a request that has just been answered."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(WRITE_AFTER_S, self.write)
        self._waiting.append((time.time(), request_id, took_s, status))

    def write(self) -> None:
        """Write all lines that wait, unless the log leaves such lines out."""
        waiting, self._waiting = self._waiting, []
        if not structlog.get_logger(NAME).is_enabled_for(logging.INFO):
            return
        lines, second, date = [], -1, ""
        for answered_at, request_id, took_s, status in waiting:
            if int(answered_at) != second:
                second = int(answered_at)
                date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            lines.append(
                self._form % (request_id.decode(), status, took_s * 1000, date, (answered_at - second) * 1e6)
            )
        if lines:
            structlog.get_config()["logger_factory"](NAME).msg("\n".join(lines))
