"""Where workers are and were: taken down from their phones, told to who dispatches them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.area_events import json_answer
from gis_service.api.audit_notes import note_read
from gis_service.api.dependencies import JsonOrLines, Work
from gis_service.api.duplex import DuplexResponse, pieces_of
from gis_service.api.instants import Instant
from gis_service.api.json_model import read_model
from gis_service.api.media_types import NDJSON
from gis_service.api.paging import encode_cursor, link_next
from gis_service.api.people_openapi import (
    POSITIONS_RESPONSES,
    POST_POSITIONS_RESPONSES,
    TRACK_RESPONSES,
    body_or_lines,
)
from gis_service.api.query import only_known_parameters
from gis_service.api.resources import Cursor
from gis_service.api.schemas_incidents import Number, Text
from gis_service.api.schemas_staff import Day, assignment_json
from gis_service.api.staff import MOST_IDS, id_of
from gis_service.api.told_lines import tell_refused
from gis_service.domain.access import CORE, Principal
from gis_service.domain.coordinates import DEFAULT_CRS, point_in_wgs84
from gis_service.domain.position import LastPosition, Position
from gis_service.domain.staff import local_day
from gis_service.domain.track import Stretch
from gis_service.errors import ServiceError
from gis_service.use_cases.follow_staff import DayOfTrack, find_positions, read_track
from gis_service.use_cases.record_positions import record_positions
from grid_boundaries.locate.coordinates import quantise_one

router = APIRouter(tags=["people"], dependencies=[Depends(only_known_parameters)])

LINES_AT_ONCE = 1_000
"""Positions stored in one transaction: a day of one a minute is two."""

USUAL_AGE_S = 24 * 3600

Dispatcher = Annotated[Principal, Depends(require("dispatcher"))]
StaffNumber = Annotated[int, Field(strict=True, ge=1, le=MOST_IDS)]


class GivenPosition(BaseModel):
    """Where a person on duty was; sent again it is known by ``staff`` and ``at``."""

    model_config = ConfigDict(extra="forbid")

    staff: StaffNumber = Field(description="id of the assignment")
    at: Instant
    lon: Number = Field(description="degrees, or metres east")
    lat: Number = Field(description="degrees, or metres north")
    crs: Text = DEFAULT_CRS
    accuracy_m: Annotated[Number, Field(ge=0, le=1_000_000)] | None = None


@router.post(
    "/v1/positions",
    status_code=201,
    response_class=Response,
    responses=POST_POSITIONS_RESPONSES,
    openapi_extra=body_or_lines(GivenPosition, "a position on each line"),
)
def post_positions(
    request: Request, principal: Annotated[Principal, Depends(require("worker", "dispatcher"))], body: JsonOrLines
) -> Response:
    """Take down where people on the caller's ground were: one position, or one a line."""
    state = request.state

    def take_in(given: Sequence[GivenPosition]) -> list[str | ServiceError]:
        read = [_read(one, request) for one in given]
        outcomes = iter(
            record_positions(
                [one for one in read if isinstance(one, Position)],
                principal=principal,
                now=datetime.now(UTC),
                zone=state.timezone,
                kept_days=state.positions_kept_days,
                work=state.open_work(),
            )
        )
        return [next(outcomes) if isinstance(one, Position) else one for one in read]

    if body is None:
        told = tell_refused(
            pieces_of(request), GivenPosition, take_in, words=("stored", "known"), at_once=LINES_AT_ONCE
        )
        return DuplexResponse(told, NDJSON, {})
    (outcome,) = take_in([read_model(GivenPosition, body)])
    if isinstance(outcome, ServiceError):
        raise outcome
    return json_answer({"stored": outcome == "stored"}, 201 if outcome == "stored" else 200)


@router.get("/v1/positions", response_class=Response, responses=POSITIONS_RESPONSES)
def get_positions(
    request: Request,
    principal: Dispatcher,
    work: Work,
    grid: Annotated[
        str | None, Query(pattern="^[0-9A-Za-z]{1,32}$", description="of people who serve it or a grid below it")
    ] = None,
    within_s: Annotated[
        int, Query(ge=1, le=366 * 86_400, description="none older than so many seconds")
    ] = USUAL_AGE_S,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Cursor = None,
) -> Response:
    """Return the last position of each person who serves the caller's ground, with its age."""
    now = datetime.now(UTC)
    edition, found = find_positions(
        grid=grid,
        since=now - timedelta(seconds=within_s),
        after=None if cursor is None else id_of(cursor),
        limit=limit + 1,
        principal=principal,
        work=work,
    )
    following = encode_cursor(found[limit - 1].position.staff_id) if len(found) > limit else None
    told = [_last_json(one, now) for one in found[:limit]]
    note_read(request, (CORE,), len(told), [one.position.staff_id for one in found[:limit]])
    response = json_answer({"edition": edition, "positions": told, "next": following})
    response.headers["Cache-Control"] = "no-store"
    link_next(request, response, following)
    return response


@router.get("/v1/tracks", response_class=Response, responses=TRACK_RESPONSES)
def get_track(
    request: Request,
    principal: Dispatcher,
    work: Work,
    staff: Annotated[int, Query(ge=1, le=MOST_IDS, description="id of the assignment")],
    day: Annotated[Day | None, Query(description="in the service's time zone; today when left out")] = None,
) -> Response:
    """Return a person's day: lines where they walked, gaps between them, time on patrol, grids visited."""
    track = read_track(staff, day or local_day(None, request.state.timezone), principal, work)
    note_read(request, (CORE,), sum(len(one.positions) for one in track.track.stretches), [staff])
    headers = {"Cache-Control": "no-store"}
    body = orjson.dumps(_track_json(track, principal), option=orjson.OPT_UTC_Z)
    return Response(body, media_type="application/geo+json", headers=headers)


def _read(given: GivenPosition, request: Request) -> Position | ServiceError:
    try:
        lon, lat = quantise_one(*point_in_wgs84(given.lon, given.lat, given.crs))
    except ServiceError as error:
        return error
    return Position(given.staff, given.at, local_day(given.at, request.state.timezone), lon, lat, given.accuracy_m)


def _last_json(one: LastPosition, now: datetime) -> dict[str, Any]:
    position = one.position
    return {
        "staff": position.staff_id,
        "name": one.name,
        "role": one.role,
        "grid": one.grid_code,
        "point": {"lon": position.lon, "lat": position.lat},
        "accuracy_m": position.accuracy_m,
        "at": position.at,
        "age_s": max(0.0, round((now - position.at).total_seconds(), 1)),
    }


def _track_json(told: DayOfTrack, principal: Principal) -> dict[str, Any]:
    track = told.track
    return {
        "type": "FeatureCollection",
        "edition": told.edition,
        "staff": assignment_json(told.assignment, principal),
        "day": told.day,
        "on_patrol_s": track.on_patrol_s,
        "length_m": round(track.length_m, 1),
        "gaps": [
            {
                "since": one.since,
                "until": one.until,
                "seconds": (one.until - one.since).total_seconds(),
                "distance_m": round(one.distance_m, 1),
            }
            for one in track.gaps
        ],
        "grids": [
            {"code": one.grid_code, "seconds": one.seconds, "positions": one.positions} for one in track.visits
        ],
        "features": [_feature(one) for one in track.stretches],
    }


def _feature(stretch: Stretch) -> dict[str, Any]:
    places = [[one.lon, one.lat] for one in stretch.positions]
    is_line = len(places) > 1
    return {
        "type": "Feature",
        "geometry": {"type": "LineString" if is_line else "Point", "coordinates": places if is_line else places[0]},
        "properties": {
            "began": stretch.positions[0].at,
            "ended": stretch.positions[-1].at,
            "seconds": stretch.seconds,
            "length_m": round(stretch.length_m, 1),
            "times": [one.at for one in stretch.positions],
        },
    }
