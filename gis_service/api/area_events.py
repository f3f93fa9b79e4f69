"""Warnings for a piece of ground: raised, read with all that lies in it, and ended."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import JsonBody, Work
from gis_service.api.emergency_openapi import (
    END_RESPONSES,
    EVENT_RESPONSES,
    EVENTS_RESPONSES,
    POST_EVENT_RESPONSES,
    body_of,
    keyed_body_of,
)
from gis_service.api.geojson import read_area
from gis_service.api.incidents import CANONICAL_UUID, read_key
from gis_service.api.json_model import read_model
from gis_service.api.media_types import CSV, prefers_csv
from gis_service.api.paging import bad_cursor, decode_cursor, encode_cursor, link_next
from gis_service.api.query import only_known_parameters
from gis_service.api.schemas_area_events import AreaEventIn, EndingIn, affected_csv, affected_json, event_json
from gis_service.api.schemas_resources import Shelf, shelf_of
from gis_service.domain.access import ROLES, Principal
from gis_service.domain.area_event import Affected, AreaEvent, Warned
from gis_service.domain.area_in_degrees import area_in_wgs84
from gis_service.errors import NotFoundError
from gis_service.use_cases.raise_area_event import raise_area_event
from gis_service.use_cases.read_area_events import end_area_event, find_area_events, read_area_event

router = APIRouter(tags=["emergency"], dependencies=[Depends(only_known_parameters)])

MOST_LISTED = 10_000


async def parse_id(event_id: Annotated[str, Path(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]) -> UUID:
    """Return the id in the path; what is no UUID as RFC 9562 writes it, in small letters, is the id of nothing."""
    if CANONICAL_UUID.fullmatch(event_id) is None:
        raise NotFoundError(f"area event {event_id[:64]} is not there")
    return UUID(event_id)


async def wants_sheet(
    request: Request,
    written: Annotated[
        Literal["json", "csv"] | None, Query(alias="format", description="what Accept says, when left out")
    ] = None,
) -> bool:
    """Say whether the lists are to be CSV."""
    return written == "csv" if written else prefers_csv(request.headers.get("accept"))


Reader = Annotated[Principal, Depends(require(*ROLES))]
Dispatcher = Annotated[Principal, Depends(require("dispatcher"))]
EventId = Annotated[UUID, Depends(parse_id)]
AsSheet = Annotated[bool, Depends(wants_sheet)]
OnShelf = Annotated[Shelf, Depends(shelf_of)]
Limit = Annotated[int, Query(ge=1, le=MOST_LISTED, description="most entries of each list")]


@router.post(
    "/v1/area-events",
    status_code=201,
    response_class=Response,
    responses=POST_EVENT_RESPONSES,
    openapi_extra=keyed_body_of(AreaEventIn),
)
def post_area_event(
    request: Request,
    principal: Dispatcher,
    key: Annotated[str, Depends(read_key)],
    body: JsonBody,
    as_sheet: AsSheet,
    shelf: OnShelf,
    work: Work,
    limit: Limit = 1000,
) -> Response:
    """Raise a warning for a polygon; the answer lists the grids, buildings, staff, devices and resources in it."""
    given = read_model(AreaEventIn, body)
    shape, pointer = read_area(given.area, request.state.area_vertex_limit, "/area")
    warned = Warned(
        title=given.title,
        kind=given.kind,
        severity=given.severity,
        area=area_in_wgs84(shape, given.crs, pointer),
        since=given.since or datetime.now(UTC),
        until=given.until,
        note=given.note,
    )
    raised = raise_area_event(
        warned,
        key=key,
        body_hash=hashlib.sha256(body).digest(),
        principal=principal,
        zone=request.state.timezone,
        limit=limit,
        work=work,
    )
    answer = _told(raised.event, raised.affected, shelf, as_sheet=as_sheet)
    answer.status_code = 200 if raised.replayed else 201
    answer.headers["Location"] = f"/v1/area-events/{raised.event.id}"
    if raised.replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


@router.get("/v1/area-events", response_class=Response, responses=EVENTS_RESPONSES)
def get_area_events(
    request: Request,
    principal: Reader,
    work: Work,
    active: Annotated[bool | None, Query(description="begun, not ended, and not past its time")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Return the warnings that share ground with the caller's scope, the newest raised first."""
    before = None if cursor is None else before_of(cursor)
    edition, events = find_area_events(principal, work, is_active=active, before=before, limit=limit + 1)
    following = encode_cursor(events[limit - 1].id.hex) if len(events) > limit else None
    now = datetime.now(UTC)
    told = [event_json(event, now) for event in events[:limit]]
    response = json_answer({"edition": edition, "area_events": told, "next": following})
    link_next(request, response, following)
    return response


@router.get("/v1/area-events/{event_id}", response_class=Response, responses=EVENT_RESPONSES)
def get_area_event(
    request: Request,
    principal: Reader,
    event_id: EventId,
    as_sheet: AsSheet,
    shelf: OnShelf,
    work: Work,
    limit: Limit = 1000,
) -> Response:
    """Return a warning with what lies in it now, in the edition in force."""
    event, affected = read_area_event(event_id, principal, request.state.timezone, work, limit=limit)
    return _told(event, affected, shelf, as_sheet=as_sheet)


@router.post(
    "/v1/area-events/{event_id}/end",
    response_class=Response,
    responses=END_RESPONSES,
    openapi_extra=body_of(EndingIn, is_required=False),
)
def post_end(principal: Dispatcher, event_id: EventId, body: JsonBody, work: Work) -> Response:
    """End a warning, whether it has begun or not."""
    given = read_model(EndingIn, body) if body else EndingIn()
    return json_answer(event_json(end_area_event(event_id, principal, given.note, work), datetime.now(UTC)))


def before_of(cursor: str) -> UUID:
    """Return the id after which a list goes on.

    Raises:
        RuleBrokenError: code ``bad-cursor``.
    """
    (last,) = decode_cursor(cursor, str)
    try:
        return UUID(last)
    except ValueError:
        raise bad_cursor() from None


def json_answer(body: dict[str, Any], status: int = 200) -> Response:
    """Return JSON with instants in UTC."""
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status, media_type="application/json")


def _told(event: AreaEvent, affected: Affected, shelf: Shelf, *, as_sheet: bool) -> Response:
    headers = {"X-Edition": str(affected.answer.edition), "Vary": "Accept, Authorization"}
    if as_sheet:
        headers["Content-Disposition"] = f'attachment; filename="area-event-{event.id}.csv"'
        if affected.truncated:
            headers["X-Truncated"] = ",".join(sorted(affected.truncated))
        return Response(affected_csv(affected, shelf), media_type=CSV, headers=headers)
    body = {**event_json(event, datetime.now(UTC)), "affected": affected_json(affected, shelf)}
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), media_type="application/json", headers=headers)
