"""Tiles in front of everything: one that was answered a moment ago is answered by putting bytes together.

The general route (``tiles.py``) decides what a tile is, how it is answered and whether the answer may be given again;
what it answered is remembered by path, content coding, origin and class of the caller.  Whoever asks the same gets
the same, as long as the worker holds the tile and what decides its features is the same.  All else goes on to the
application.  Whatever the layers in between do for a request is done here: an id, a log line, a count, safe headers.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import getrandbits

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gis_service.api.access import PRINCIPAL, known_principal
from gis_service.api.content_coding import choose_coding
from gis_service.api.metrics import Metrics
from gis_service.api.middleware import HSTS, REQUEST_ID
from gis_service.api.request_lines import RequestLines
from gis_service.api.tile_cache import TileCache
from gis_service.api.tile_figures import Tally
from gis_service.api.tile_versions import VersionOf
from gis_service.api.tiles import SETTLED, TILE_PATH, SettledTile
from gis_service.domain.access import PUBLIC
from gis_service.use_cases.render_tile import permission_class
from tiles.etag import names_etag

_BEFORE, _OF_CURRENT = "/tiles/", "/tiles/current/"

_NOT_USUAL = frozenset({b"content-length", b"transfer-encoding", b"expect", b"cookie"})
"""Headers that other layers look at."""

_OF_A_BODY = frozenset({b"content-type", b"content-length", b"content-encoding", b"x-truncated"})
"""What a 304 does not tell."""

_OF_A_REQUEST = frozenset({b"x-request-id", HSTS})
"""What another request for the same is not told, though this one was."""

MOST_ANSWERS = 20_000
"""Answers remembered without their bodies, some 2 kB each; the one remembered longest ago gives way."""

MOST_ACCEPTED = 1000
"""Spellings of Accept-Encoding remembered."""

_PUBLIC_CLASS = permission_class(PUBLIC)
_OK, _NO_CONTENT, _NOT_MODIFIED = 200, 204, 304

_Question = tuple[str, str, bytes | None, str, int]
"""Path, content coding, origin, class of the caller, and the edition where the path says ``current``, else 0."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer without its body, which is in the cache under the tag."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    headers_of_304: tuple[tuple[bytes, bytes], ...]
    etag: str
    etag_bytes: bytes
    data_versions: tuple[tuple[VersionOf, str], ...]
    tally: Tally


class QuickTiles:
    """Answers tiles that were answered before, and hands every other request to the application behind it.

    Args:
        app: the application.
        metrics: where answers are counted.
        lines: the log of requests to tiles.
        origins: those whose pages may call the API; all others are answered alike.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, lines: RequestLines, origins: Collection[str]) -> None:
        self._app = app
        self._lines = lines
        # HEAD is counted as GET, as behind all layers.
        self._count: dict[int, Callable[[], None]] = {
            status: metrics.requests.labels("GET", TILE_PATH, status).inc
            for status in (_OK, _NO_CONTENT, _NOT_MODIFIED)
        }
        self._note = metrics.seconds.of(TILE_PATH)
        self._origins = frozenset(origin.encode() for origin in origins)
        self._answers: OrderedDict[_Question, _Answer] = OrderedDict()
        self._codings: dict[bytes, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if (
            scope["type"] != "http"
            or not scope["path"].startswith(_BEFORE)
            or scope["method"] not in {"GET", "HEAD"}
            or scope["query_string"]
            or scope.get("root_path")
        ):
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        given: dict[bytes, bytes] = dict(scope["headers"])
        # A header that is given twice is looked at behind.
        is_usual = len(given) == len(scope["headers"]) and _NOT_USUAL.isdisjoint(given)
        question = self._question(scope, given) if is_usual else None
        if question is None:
            await self._app(scope, receive, send)
            return
        answer = self._answers.get(question)
        found = None if answer is None else _give_again(answer, given.get(b"if-none-match"), scope)
        if answer is None or found is None:
            await self._ask(scope, receive, send, question)
            return
        status, headers, body = found
        request_id = given.get(b"x-request-id")
        if request_id is None or not REQUEST_ID.fullmatch(request_id.decode("latin-1")):
            request_id = b"%032x" % getrandbits(128)
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"x-request-id", request_id), *headers]}
        )
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})
        took_s = time.perf_counter() - began
        self._count[status]()
        self._note(took_s)
        self._lines.add(request_id, took_s, status)
        if status == _NOT_MODIFIED:
            answer.tally.by_tag += 1
        else:
            answer.tally.from_memory += 1
            answer.tally.sent_bytes += len(body)

    def _question(self, scope: Scope, given: dict[bytes, bytes]) -> _Question | None:
        """Return what a request asks; None when it has to be asked behind."""
        path: str = scope["path"]
        edition = 0
        if path.startswith(_OF_CURRENT):
            snapshot = scope["state"]["snapshots"].current
            if snapshot is None:
                return None
            edition = snapshot.edition
        authorization = given.get(b"authorization")
        caller = _PUBLIC_CLASS
        if authorization is not None:
            principal = scope.get(PRINCIPAL) or known_principal(
                authorization.decode("latin-1"), scope["state"]["token_cache"]
            )
            if principal is None:
                return None
            caller = permission_class(principal)
        origin = given.get(b"origin")
        if origin is not None and origin not in self._origins:
            origin = b""
        accepted = given.get(b"accept-encoding", b"")
        coding = self._codings.get(accepted) or self._learn_coding(accepted)
        return path, coding, origin, caller, edition

    def _learn_coding(self, accepted: bytes) -> str:
        if len(self._codings) >= MOST_ACCEPTED:
            self._codings.clear()
        coding = self._codings[accepted] = choose_coding(accepted.decode("latin-1"))
        return coding

    async def _ask(self, scope: Scope, receive: Receive, send: Send, question: _Question) -> None:
        """Let the application answer, and remember what it says when it may be said again."""
        started: Message = {}

        async def send_and_see(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = message
            await send(message)

        await self._app(scope, receive, send_and_see)
        settled: SettledTile | None = scope["state"].get(SETTLED)
        if settled is None or started.get("status") not in {_OK, _NO_CONTENT}:
            return
        path, coding, origin, _, of_current = question
        key = settled.key
        headers = tuple((name, value) for name, value in started["headers"] if name not in _OF_A_REQUEST)
        # The edition may have moved on, and the caller another class, since the question was put.
        asked = path, coding, origin, key.permission_class, key.edition if of_current else 0
        self._answers[asked] = _Answer(
            status=started["status"],
            headers=headers,
            headers_of_304=tuple(pair for pair in headers if pair[0] not in _OF_A_BODY),
            etag=settled.etag,
            etag_bytes=settled.etag.encode(),
            data_versions=tuple(
                (of, version) for of, (_, version) in zip(settled.versions, key.data_versions, strict=True)
            ),
            tally=settled.tally,
        )
        while len(self._answers) > MOST_ANSWERS:
            self._answers.popitem(last=False)


def _give_again(
    answer: _Answer, named: bytes | None, scope: Scope
) -> tuple[int, tuple[tuple[bytes, bytes], ...], bytes] | None:
    """Return status, headers and body; None when the tile has to be asked for again."""
    cache: TileCache = scope["state"]["tile_cache"]
    for of, version in answer.data_versions:
        if of.known(cache) != version:
            return None
    if named is not None and (named in (answer.etag_bytes, b"*") or names_etag(named.decode("latin-1"), answer.etag)):
        return _NOT_MODIFIED, answer.headers_of_304, b""
    body = cache.known_body(answer.etag)
    return None if body is None else (answer.status, answer.headers, body)
