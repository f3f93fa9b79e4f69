from __future__ import annotations

import anyio
import pytest
from starlette.requests import Request
from structlog.testing import capture_logs

from gis_service.api.duplex import DuplexResponse, pieces_of
from gis_service.errors import UnavailableError

HEADERS = [(b"transfer-encoding", b"chunked")]


async def never() -> None:
    await anyio.sleep_forever()


def test_a_client_that_sends_nothing_more_is_left():
    """One piece comes, the next does not."""

    async def read() -> list[bytes]:
        came = iter([{"type": "http.request", "body": b"a", "more_body": True}])

        async def receive():
            return next(came, None) or await never()

        request = Request({"type": "http", "headers": HEADERS}, receive)
        pieces = []
        with pytest.raises(UnavailableError, match=r"the client has sent nothing for 0\.01 s"):
            pieces.extend([piece async for piece in _noting(pieces_of(request, stalled_s=0.01), pieces)])
        return pieces

    assert anyio.run(read) == [b"a"]


async def _noting(pieces, noted):
    async for piece in pieces:
        noted.append(piece)
        yield piece


def test_a_client_that_reads_nothing_is_left():
    """The answer is cut: it never ends, what made it is closed, and the log has the code."""
    sent, is_closed = [], []

    async def pieces():
        try:
            yield b"a"
            yield b"b"
        finally:
            is_closed.append(True)

    async def send(message) -> None:
        if message.get("body") == b"b":
            await never()
        sent.append(message)

    async def answer() -> None:
        await DuplexResponse(pieces(), "text/plain", {}, stalled_s=0.01)({}, never, send)

    with capture_logs() as logs:
        anyio.run(answer)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert all(message.get("more_body", True) for message in sent)
    assert is_closed == [True]
    assert [(entry["event"], entry["code"]) for entry in logs] == [("stream cut", "stalled")]
