"""The feed of events: in pages, or as they happen."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

import anyio
import orjson
from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import permission_as, require
from gis_service.api.audit_notes import note_read
from gis_service.api.dependencies import Work
from gis_service.api.event_stream import EVENT_STREAM, EventStream, Streams
from gis_service.api.incident_feed_openapi import FEED_RESPONSES
from gis_service.api.paging import decode_cursor, encode_cursor
from gis_service.domain.access import IMPORTANT, ROLES, Principal
from gis_service.domain.incident_feed import KINDS, FeedEvent, FeedFilter
from gis_service.errors import AccessError, InputFault, RuleBrokenError, ServiceError
from gis_service.feed.watcher import FeedWatcher
from gis_service.use_cases.read_feed import begin_feed, read_feed

router = APIRouter(tags=["incidents"])

NOW = "now"
STREAMED_AT_ONCE = 500

SIGN_OF_LIFE_S = 15.0
"""After so long without an event a stream sends a comment, which proxies and clients see as life."""

REST_S = 0.25
"""Between two readings of one stream at least: events that come quickly are read together."""

RETRY_S = 1.0
_RETRY = b"retry: %d\n\n" % (RETRY_S * 1000)
_LARGEST = 2**63 - 1


def parse_position(text: str, parameter: str) -> int | None:
    """Return the position that a cursor of the feed holds; None for ``now``.

    Raises:
        RuleBrokenError: code ``bad-cursor``; the fault is at the parameter.
    """
    if text == NOW:
        return None
    try:
        (position,) = decode_cursor(text, int)
    except RuleBrokenError:
        position = -1
    if not 0 <= position <= _LARGEST:
        sentence = "is no cursor of the feed; take it from 'next' or the id of an event, or leave it out"
        fault = InputFault(parameter, sentence)
        raise RuleBrokenError(f"{parameter} {sentence}", code="bad-cursor", faults=[fault])
    return int(position)


async def parse_kinds(
    kind: Annotated[list[str] | None, Query(description="may repeat, or be comma separated")] = None,
) -> tuple[str, ...]:
    """Return the kinds of events asked for; none asks for all."""
    wanted = tuple(word for given in kind or () for word in given.split(","))
    if unknown := [word for word in wanted if word not in KINDS]:
        sentence = f"{unknown[0][:64]!r} is no kind of event; the kinds are {', '.join(KINDS)}"
        raise RuleBrokenError(f"kind: {sentence}", faults=[InputFault("kind", sentence)])
    return wanted


@router.get("/v1/incidents/events", response_class=Response, responses=FEED_RESPONSES)
def get_feed(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    principal: Annotated[Principal, Depends(require(*ROLES))],
    work: Work,
    kinds: Annotated[tuple[str, ...], Depends(parse_kinds)],
    after: Annotated[
        str, Query(max_length=500, description="a cursor; empty: from the beginning; 'now': from the present end")
    ] = "",
    grid: Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$", description="and all grids below it")] = None,
    category: Annotated[
        str | None, Query(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=200, description="and all below it")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="of a page; a stream has none")] = 100,
    last_event_id: Annotated[
        str, Header(max_length=500, description="of a stream that broke off: goes on after it")
    ] = "",
) -> Response:
    """Return what has happened to incidents, one thing after another; as a stream when that is accepted."""
    wanted = FeedFilter(kinds, grid, category)
    is_stream = accepts_stream(request)
    given, parameter = (last_event_id, "Last-Event-ID") if is_stream and last_event_id else (after, "after")
    start = begin_feed(parse_position(given, parameter) if given else 0, wanted, work)
    if is_stream:
        note_read(request, (IMPORTANT,), 0)
        return EventStream(follow_feed(request, start, wanted), request.state.streams)
    page = read_feed(start, wanted, principal, limit, work)
    note_read(request, (IMPORTANT,), len(page.events), {one.event.incident_id for one in page.events})
    following = encode_cursor(page.position)
    body = {
        "events": [event.as_json() for event in page.events],
        "next": following,
        "has_more": page.has_more,
    }
    response = Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), media_type="application/json")
    response.headers["Link"] = f'<{request.url.include_query_params(after=following)}>; rel="next"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept"
    return response


def accepts_stream(request: Request) -> bool:
    """Say whether a request names the media type of streams."""
    offers = (offer.split(";") for offer in request.headers.get("accept", "").split(","))
    return any(
        kind.strip().lower() == EVENT_STREAM and all(part.replace(" ", "").lower() != "q=0" for part in parts)
        for kind, *parts in offers
    )


async def follow_feed(request: Request, start: int, wanted: FeedFilter) -> AsyncIterator[bytes]:
    """Yield events as they happen, and a sign of life now and then, until the server stops.

    Holds no connection to the database while it waits.  Whether the caller may still see them is asked again for
    each reading: it ends with the token.  Without the database it waits.
    """
    watcher: FeedWatcher = request.state.feed
    streams: Streams = request.state.streams
    position, sent_at = start, time.monotonic()
    yield _RETRY
    while not watcher.is_over:
        try:
            principal = await permission_as(request, *ROLES)
            read = partial(read_feed, position, wanted, principal, STREAMED_AT_ONCE, request.state.open_feed_work())
            page = await to_thread.run_sync(read, limiter=streams.readers)
        except AccessError:
            return
        except ServiceError:
            await anyio.sleep(RETRY_S)
        else:
            position = page.position
            if page.events:
                note_read(request, (IMPORTANT,), len(page.events), {one.event.incident_id for one in page.events})
                yield b"".join(map(_written, page.events))
                sent_at = time.monotonic()
            if page.has_more:
                continue
            await anyio.sleep(REST_S)
        await watcher.wait_beyond(position, max(sent_at + SIGN_OF_LIFE_S - time.monotonic(), 0))
        if time.monotonic() >= sent_at + SIGN_OF_LIFE_S:
            # With the cursor: who comes back need not look again through what did not match.
            yield b": \nid: %b\n\n" % encode_cursor(position).encode()
            sent_at = time.monotonic()


def _written(event: FeedEvent) -> bytes:
    told: dict[str, Any] = event.as_json()
    parts = (
        encode_cursor(event.position).encode(),
        event.event.kind.encode(),
        orjson.dumps(told, option=orjson.OPT_UTC_Z),
    )
    return b"id: %b\nevent: %b\ndata: %b\n\n" % parts
