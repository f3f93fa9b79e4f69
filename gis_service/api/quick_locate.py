"""``GET /v1/locate`` in front of everything: the usual question, answered by putting bytes together.

The usual question is a longitude and a latitude and nothing else, now, from a client that is no page of another
origin; the usual answer is one owner, not on its edge.  All else goes on to the application, which gives the very
same bytes to the usual question too.  Whatever the layers in between do for a request is done here: an id, a log
line, a count, safe headers.
"""

from __future__ import annotations

import re
import time
from random import getrandbits

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from gis_service.api.locate import LOCATE_PATH, render
from gis_service.api.metrics import Metrics
from gis_service.api.middleware import REQUEST_ID, SAFE_HEADERS
from gis_service.api.request_lines import RequestLines
from gis_service.domain.lookup import Question
from gis_service.snapshots.shadow import ShadowCheck
from gis_service.snapshots.snapshot import Snapshot
from gis_service.use_cases.locate_point import locate_at_once
from grid_boundaries.locate.coordinates import quantise_one

_USUAL = re.compile(rb"lon=(-?[0-9]{1,3}(?:\.[0-9]{1,30})?)&lat=(-?[0-9]{1,2}(?:\.[0-9]{1,30})?)")

_AS_ANSWERED = re.compile(rb"lon=(-?[1-9][0-9]{0,2}\.[0-9]{0,8}[1-9])&lat=(-?[1-9][0-9]?\.[0-9]{0,8}[1-9])")
"""Degrees written as the answer writes them: on the lattice of 1e-9, without zeros at their ends."""

_NOT_USUAL = frozenset({b"origin", b"content-length", b"transfer-encoding", b"expect"})
"""Headers that other layers look at."""

MOST_ANSWERS = 50_000
"""Owners whose answer is remembered: some 25 MB of a worker, and more grids than a city has."""

_BEFORE_LON, _BEFORE_LAT, _AFTER_POINT = b'"point":{"lon":', b',"lat":', b'},"match":'


class QuickLocate:
    """Answers the usual lookup, and hands every other request to the application behind it."""

    def __init__(self, app: ASGIApp, metrics: Metrics, lines: RequestLines) -> None:
        self._app = app
        self._lines = lines
        self._count = metrics.requests.labels("GET", LOCATE_PATH, 200).inc
        self._note = metrics.seconds.of(LOCATE_PATH)
        self._answers: _Answers | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope.get("path") != LOCATE_PATH or scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = _request_id(scope)
        body = self._body(scope) if request_id is not None else None
        if request_id is None or body is None:
            await self._app(scope, receive, send)
            return
        headers = [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", b"application/json"),
            (b"x-request-id", request_id),
            *SAFE_HEADERS,
            (b"vary", b"Origin"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        took_s = time.perf_counter() - began
        self._count()
        self._note(took_s)
        self._lines.add(request_id, took_s)

    def _body(self, scope: Scope) -> bytes | None:
        snapshot: Snapshot | None = scope["state"]["snapshots"].current
        if snapshot is None:
            return None
        answers = self._answers
        if answers is None or answers.snapshot is not snapshot:
            answers = self._answers = _Answers(snapshot, scope["state"]["shadow"])
        asked = _AS_ANSWERED.fullmatch(scope["query_string"])
        if asked is not None:
            lon, lat = asked.groups()
            return answers.at(float(lon), float(lat), lon, lat)
        asked = _USUAL.fullmatch(scope["query_string"])
        if asked is None:
            return None
        place = _on_lattice(float(asked[1]), float(asked[2]))
        return None if place is None else answers.at(*place, *map(orjson.dumps, place))


class _Answers:
    """The answers of one snapshot without their points: one for each owner, rendered when it is first asked for."""

    __slots__ = ("_codes", "_heads_and_tails", "_offer", "_owner_inside", "snapshot")

    def __init__(self, snapshot: Snapshot, shadow: ShadowCheck) -> None:
        self.snapshot = snapshot
        self._offer = shadow.offer
        self._owner_inside = snapshot.locator.owner_inside
        self._codes = snapshot.locator.codes
        self._heads_and_tails: dict[int, tuple[bytes, bytes]] = {}

    def at(self, lon: float, lat: float, told_lon: bytes, told_lat: bytes) -> bytes | None:
        """Return the answer for a point inside its owner and in no other grid of that level, None for others.

        The point is on the lattice, and told as it is in JSON.
        """
        owner = self._owner_inside(lon, lat)
        if owner < 0:
            return None
        self._offer(lon, lat, self.snapshot.edition, self._codes[owner])
        head, tail = self._heads_and_tails.get(owner) or self._render(owner, lon, lat)
        return b"".join((head, told_lon, _BEFORE_LAT, told_lat, tail))

    def _render(self, owner: int, lon: float, lat: float) -> tuple[bytes, bytes]:
        answer = locate_at_once(self.snapshot, Question(lon, lat))
        assert answer is not None  # noqa: S101 - it has an owner
        rendered = render(answer)
        before, _, rest = rendered.partition(_BEFORE_LON)
        _, after, tail = rest.partition(_AFTER_POINT)
        if len(self._heads_and_tails) >= MOST_ANSWERS:
            self._heads_and_tails.clear()
        parts = self._heads_and_tails[owner] = before + _BEFORE_LON, after + tail
        return parts


def _on_lattice(lon: float, lat: float) -> tuple[float, float] | None:
    """Return a point moved to the lattice; None when it is no place on earth, which is told behind."""
    try:
        return quantise_one(lon, lat)
    except ValueError:
        return None


def _request_id(scope: Scope) -> bytes | None:
    """Return the id that the client or this place gives to the request; None when it is not a usual request."""
    headers = dict(scope["headers"])
    # A header that is given twice is looked at behind.
    if len(headers) < len(scope["headers"]) or not _NOT_USUAL.isdisjoint(headers):
        return None
    given: bytes | None = headers.get(b"x-request-id")
    if given is None or not REQUEST_ID.fullmatch(given.decode("latin-1")):
        return b"%032x" % getrandbits(128)
    return given
