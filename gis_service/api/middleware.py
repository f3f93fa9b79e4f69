"""What happens to every request: an id, a bound on its body, a log line, a count, safe headers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

import structlog
from anyio import move_on_after
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gis_service.api.metrics import Metrics
from gis_service.api.problems import problem
from gis_service.api.request_lines import NAME

_log = structlog.get_logger(NAME)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

# A client that has begun to send a body that is too large is heard out up to here, so that it reads the answer
# instead of a reset connection.
DRAINED_BYTES = 512 * 1024 * 1024

DRAIN_PATIENCE_S = 2.0
"""How long the next bytes of such a body are waited for; then it is answered without them."""


SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)
"""What every answer has that says nothing else of it: no script runs in it, and no page shows it in a frame."""

HSTS = b"strict-transport-security"


class RequestLog:
    """Logs and counts each request by its route; never its query, body or token: they may hold a person's data."""

    def __init__(self, app: ASGIApp, metrics: Metrics, hsts_s: int = 0) -> None:
        self._app = app
        self._metrics = metrics
        self._hsts = (HSTS, b"max-age=%d" % hsts_s) if hsts_s else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status, started = int(HTTPStatus.INTERNAL_SERVER_ERROR), False
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = scope["request_id"] = given if REQUEST_ID.fullmatch(given) else uuid4().hex

        async def send_marked(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                started = True
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                given_names = {name for name, _ in headers.raw}
                headers.raw.extend(pair for pair in SAFE_HEADERS if pair[0] not in given_names)
                if self._hsts is not None and scope.get("scheme") == "https":
                    headers.raw.append(self._hsts)
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception as error:
            # Here and not in a handler of the application: the answer still gets its id and its headers.
            _log.error("unexpected error", request_id=request_id, exc_info=error)
            if started:
                raise
            sentence = f"something went wrong here; it has been logged as request {request_id}"
            await problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", sentence)(scope, receive, send_marked)
        finally:
            took_s = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", None) or "unmatched"
            self._metrics.requests.labels(scope["method"], route, status).inc()
            self._metrics.seconds.of(route)(took_s)
            level = _log.warning if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _log.info
            level(
                "request",
                request_id=request_id,
                method=scope["method"],
                route=route,
                status=status,
                took_ms=round(took_s * 1000, 2),
            )


class HeadIsGet:
    """Answers HEAD as GET without its body (RFC 9110, 9.3.2), for every route alike."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, send_head)


class PlainBodies:
    """Refuses a body in a content coding such as gzip: none is undone here, and a small one may claim any size.

    A request without a body may say what it likes.

    Source:
        RFC 9110, 8.4 and 15.5.16: a 415 names in ``Accept-Encoding`` what is taken.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        coding = ",".join(headers.getlist("content-encoding")).strip().lower()
        announced = headers.get("content-length", "")
        has_body = "transfer-encoding" in headers or announced.strip("0") != ""
        if coding in {"", "identity"} or not has_body:
            await self._app(scope, receive, send)
            return
        closing: dict[str, str] = {}
        if announced.isdigit() and headers.get("expect", "").lower() != "100-continue":
            closing = await _drain(receive, min(int(announced), DRAINED_BYTES))
        sentence = f"the body is in the content coding {coding[:40]!r}; send it as it is, without Content-Encoding"
        refused = problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported-content-encoding",
            sentence,
            headers={"Accept-Encoding": "identity", **closing},
        )
        await refused(scope, receive, send)


class BodyLimit:
    """Refuses a body over the limit with 413, announced or not, without keeping it in memory.

    A request that ``is_stream`` is spared: who answers it keeps no more of it than a part.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int, is_stream: Callable[[Scope], bool] = lambda _: False) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._is_stream = is_stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or self._is_stream(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        announced = headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._limit_bytes:
            closing: dict[str, str] = {}
            if headers.get("expect", "").lower() != "100-continue":
                closing = await _drain(receive, min(int(announced), DRAINED_BYTES))
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            await problem(status, "body-too-large", self._sentence(), headers=closing)(scope, receive, send)
            return
        received = 0

        async def receive_bounded() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._limit_bytes:
                    raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._sentence())
            return message

        await self._app(scope, receive_bounded, send)

    def _sentence(self) -> str:
        return f"the body is larger than {self._limit_bytes} bytes; send it in parts"


async def _drain(receive: Receive, at_most: int) -> dict[str, str]:
    """Read a body to its end; of one that stops before, return the headers that close its connection."""
    read = 0
    while read < at_most:
        with move_on_after(DRAIN_PATIENCE_S):
            message = await receive()
            read += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                return {}
            continue
        return {"Connection": "close"}
    return {}
