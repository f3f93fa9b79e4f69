"""Answers that do not end: events as they happen (text/event-stream)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from anyio import CapacityLimiter, fail_after
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gis_service.api.gone import unless_gone
from gis_service.errors import UnavailableError

EVENT_STREAM = "text/event-stream"

PATIENCE_S = 60.0
"""How long a client may take nothing of what it is sent; then the stream ends, and who lives comes back."""

READERS = 4
"""Streams that read from the database at a time; the others wait for them."""


class Streams:
    """The streams that one worker keeps open, and their number."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.open = 0
        self.readers = CapacityLimiter(READERS)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Keep one stream open.

        Raises:
            UnavailableError: there are as many as may be.
        """
        if self.open >= self._most:
            raise UnavailableError(
                f"this worker keeps {self._most} streams open already; come back, or ask for JSON again and again",
                code="streams-busy",
            )
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1


class EventStream(Response):
    """Sends pieces as they come, until there are no more, the client goes away, or it takes nothing any more.

    A client that reads slowly is waited for: no more than one piece of its own is kept.
    """

    media_type = EVENT_STREAM

    def __init__(self, pieces: AsyncIterator[bytes], streams: Streams) -> None:
        # X-Accel-Buffering: proxies like nginx would otherwise collect what is to be seen at once.
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._pieces = pieces
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Answer one request."""
        with self._streams.one():
            await unless_gone(self._write(send), receive)

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            async for piece in self._pieces:
                with fail_after(PATIENCE_S):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        except TimeoutError:
            return
        await send({"type": "http.response.body", "body": b""})
