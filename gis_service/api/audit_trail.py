"""Every read of important or core data, every write, export and refusal goes into the record of acts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gis_service.api.audit_notes import Notes, notes_of
from gis_service.api.problems import RETRY_AFTER_S, problem
from gis_service.domain.access import CORE, IMPORTANT, PUBLIC, Principal
from gis_service.domain.audit import AuditEvent, make_event
from gis_service.use_cases.record_audit import AuditRecorder

_log = structlog.get_logger(__name__)

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

STORE_NOTHING = ("/v1/locate/area", "/v1/locate/batch", "/v1/boundaries/check", "/dry-run")
"""POST to what ends in these asks a question whose input is too long for an address."""

GENERAL_ROUTES = (
    "/v1/boundaries",
    "/v1/buildings",
    "/v1/departments",
    "/v1/editions",
    "/v1/exceptions",
    "/v1/grids",
    "/v1/indicators",
    "/v1/levels",
    "/v1/locate",
    "/v1/plans",
    "/v1/rules",
    "/v1/statistics",
)
"""Below these all is general but what a route notes itself."""

PATIENCE_S = 5.0
"""So long an answer waits for its act to be durable; the act itself waits on."""


class AuditTrail:
    """Puts acts into the queue; the answer to a write, an export or a read of core data waits until it is durable.

    When the queue is full, writes are refused before they begin, and data that would have to be recorded is not sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        recorder: AuditRecorder = scope["state"]["audit"]
        writes = scope["method"] not in _SAFE and not scope["path"].endswith(STORE_NOTHING)
        if writes and recorder.is_full:
            await _refusal()(scope, receive, send)
            return
        answer = _Answer(scope, send, recorder, writes=writes)
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            answer.fail()
            raise
        finally:
            answer.end()


class _Answer:
    """One answer on its way: its act is recorded when it begins, and what a stream sent besides when it ends."""

    __slots__ = ("_has_begun", "_is_blocked", "_noted", "_recorder", "_scope", "_send", "_writes")

    def __init__(self, scope: Scope, send: Send, recorder: AuditRecorder, *, writes: bool) -> None:
        self._scope, self._send, self._recorder, self._writes = scope, send, recorder, writes
        self._noted = 0
        self._has_begun = self._is_blocked = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        if not self._is_blocked:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        self._has_begun = True
        event = _event_of(self._scope, message, writes=self._writes)
        self._noted = _count_in(self._scope)
        if event is None:
            return
        if event.act in {"read", "export"} and self._recorder.is_full:
            self._is_blocked = True
            refused = _refusal()
            start = {"type": "http.response.start", "status": refused.status_code, "headers": refused.raw_headers}
            await self._send(start)
            await self._send({"type": "http.response.body", "body": refused.body})
            return
        await _record(event, self._recorder)

    def fail(self) -> None:
        if self._writes and not self._has_begun:
            self._recorder.put(_make(self._scope, "write", (0, ()), [], HTTPStatus.INTERNAL_SERVER_ERROR))

    def end(self) -> None:
        further = _count_in(self._scope) - self._noted
        if further > 0 and self._has_begun and not self._is_blocked:
            notes = notes_of(self._scope) or Notes()
            act = "write" if self._writes else "read"
            self._recorder.put(_make(self._scope, act, (further, notes.classes), notes.objects, HTTPStatus.OK))


def _count_in(scope: Scope) -> int:
    notes = notes_of(scope)
    return 0 if notes is None else notes.count


async def _record(event: AuditEvent, recorder: AuditRecorder) -> None:
    if event.act == "refusal":
        recorder.put_refusal(event)
        return
    if event.act == "read" and CORE not in event.classes:
        recorder.put(event)
        return
    loop, durable = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(durable.set)

    recorder.put(event, tell)
    try:
        await asyncio.wait_for(durable.wait(), PATIENCE_S)
    except TimeoutError:
        _log.warning("answered before its act was recorded", request_id=event.request_id)


def _event_of(scope: Scope, message: Message, *, writes: bool) -> AuditEvent | None:
    """Return the act that an answer means; None when it is none."""
    status: int = message["status"]
    nobody_asked = "principal" not in scope and notes_of(scope) is None
    if not writes and status < HTTPStatus.BAD_REQUEST and (nobody_asked or status >= HTTPStatus.MULTIPLE_CHOICES):
        return None
    if status >= HTTPStatus.BAD_REQUEST:
        if _is_refusal(status, scope):
            return _make(scope, "refusal", (0, ()), [], status)
        return _make(scope, "write", (0, ()), [], status) if writes and status >= 500 else None  # noqa: PLR2004
    notes = notes_of(scope)
    if writes:
        location = Headers(raw=message["headers"]).get("location", "")
        made = [location.rpartition("/")[2]] if location else []
        read = (notes.count, notes.classes) if notes is not None and notes.count else (1, ())
        return _make(scope, "write", read, made + (notes.objects if notes else []), status)
    caller = scope.get("principal", PUBLIC)
    is_known = caller.role != PUBLIC.role
    is_export = is_known and Headers(raw=message["headers"]).get("content-disposition", "").startswith("attachment")
    notes = notes or _assumed(scope, is_known=is_known)
    if not notes.classes and not is_export:
        return None
    return _make(scope, "export" if is_export else "read", (notes.count, notes.classes), notes.objects, status)


def _is_refusal(status: int, scope: Scope) -> bool:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}:
        return True
    # Whether a thing is not there or not for this caller is not told, and not known here either.
    is_known = scope.get("principal", PUBLIC).role != PUBLIC.role
    return status == HTTPStatus.NOT_FOUND and is_known and bool(scope.get("path_params"))


def _assumed(scope: Scope, *, is_known: bool) -> Notes:
    """Return what is taken to be answered where nothing is noted: a new route is recorded until it is known here."""
    path: str = scope["path"]
    if is_known and path.startswith("/v1/") and not path.startswith(GENERAL_ROUTES):
        return Notes({IMPORTANT}, 1)
    return Notes()


def _make(scope: Scope, act: str, read: tuple[int, Any], objects: list[str], status: int) -> AuditEvent:
    principal: Principal = scope.get("principal", PUBLIC)
    headers, notes = Headers(scope=scope), notes_of(scope)
    client = scope.get("client")
    route = getattr(scope.get("route"), "path", None) or "unmatched"
    purpose = unquote(headers.get("x-purpose", "")) or (notes.reason if notes is not None else "")
    ids = [*map(str, (scope.get("path_params") or {}).values()), *objects]
    return make_event(
        datetime.now(UTC),
        act,
        (principal.name, principal.role, principal.scope, client[0] if client else None),
        (scope["method"], route, ids, scope["query_string"].decode("latin-1")),
        read,
        purpose,
        status,
        scope.get("request_id", ""),
    )


def _refusal() -> Any:  # noqa: ANN401 - a response
    sentence = (
        "the record of acts cannot be written, so nothing is done that would have to be in it; try again"
        " / 审计记录暂不可写，请稍后再试"
    )
    headers = {"Retry-After": RETRY_AFTER_S}
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "audit-unavailable", sentence, headers=headers)
