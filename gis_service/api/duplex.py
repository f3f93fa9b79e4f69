"""Bodies that are read while their answer is sent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import structlog
from anyio import fail_after
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gis_service.errors import ServiceError, UnavailableError

STALLED_S = 60.0
"""A client that for so long neither sends what is waited for nor reads what it is sent is left."""

READ_WHOLE_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 64 * 1024

_log = structlog.get_logger(__name__)


async def pieces_of(
    request: Request, *, stalled_s: float = STALLED_S, read_whole_bytes: int = READ_WHOLE_BYTES
) -> AsyncGenerator[bytes]:
    """Yield a body piece by piece, as it comes: what is not asked for waits at the client.

    Most clients read no answer before they have sent everything.  So a body that announces a length of at most
    ``read_whole_bytes`` is read whole before its first piece is given.

    Raises:
        ClientDisconnect: the client has left.
        UnavailableError: it has sent nothing for ``stalled_s``, code ``stalled``.
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) <= read_whole_bytes:
        body = await request.body()
        for start in range(0, len(body), PIECE_BYTES):
            if await request.is_disconnected():
                raise ClientDisconnect
            yield body[start : start + PIECE_BYTES]
        return
    stream = request.stream()
    while True:
        try:
            with fail_after(stalled_s):
                piece = await anext(stream, None)
        except TimeoutError:
            raise _stalled("sent", stalled_s) from None
        if piece is None:
            return
        if piece:
            yield piece


class DuplexResponse(Response):
    """Sends an answer while the request is still being read; its pieces come from an iterator that reads it.

    Starlette's own streams learn that the client has left by reading the request, and would swallow it.  When the
    iterator raises a refusal the answer is cut: it lacks its end, and the connection is closed, so that no reader
    takes it for whole.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes],
        media_type: str,
        headers: Mapping[str, str],
        *,
        stalled_s: float = STALLED_S,
    ) -> None:
        super().__init__(None, media_type=media_type, headers=headers)
        if "Content-Length" not in headers:
            del self.headers["content-length"]
        self._pieces = pieces
        self._stalled_s = stalled_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - of ASGI
        """Send the answer, or as much of it as there is."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async with aclosing(self._pieces) as pieces:
                async for piece in pieces:
                    await self._send_piece(send, piece)
        except ClientDisconnect:
            return
        except ServiceError as error:
            # Not its sentence: that may tell where somebody is.
            _log.warning("stream cut", code=error.code)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_piece(self, send: Send, piece: bytes) -> None:
        for start in range(0, len(piece), PIECE_BYTES):
            part = piece[start : start + PIECE_BYTES]
            try:
                with fail_after(self._stalled_s):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            except TimeoutError:
                raise _stalled("read", self._stalled_s) from None


def _stalled(what: str, stalled_s: float) -> UnavailableError:
    return UnavailableError(f"the client has {what} nothing for {stalled_s:g} s", code="stalled")
