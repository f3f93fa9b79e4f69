"""Who serves which grid: assigned, changed, ended; and who is nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.area_events import json_answer
from gis_service.api.audit_notes import note_read
from gis_service.api.dependencies import JsonBody, Work
from gis_service.api.emergency_openapi import body_of
from gis_service.api.incidents import read_versions
from gis_service.api.instants import Instant
from gis_service.api.json_model import read_model
from gis_service.api.paging import bad_cursor, decode_cursor, encode_cursor, link_next
from gis_service.api.people_openapi import (
    ASSIGNED_RESPONSES,
    ASSIGNMENT_RESPONSES,
    SERVING_RESPONSES,
    STAFF_RESPONSES,
)
from gis_service.api.query import only_known_parameters
from gis_service.api.resources import Coordinate, Cursor
from gis_service.api.schemas_staff import Role, StaffChangeIn, StaffEndIn, StaffIn, assignment_json, serving_json
from gis_service.domain.access import IMPORTANT, ROLES, Principal
from gis_service.domain.coordinates import DEFAULT_CRS, point_in_wgs84
from gis_service.domain.staff import Assignment, StaffFilter, local_day
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.assign_staff import assign_staff, change_assignment, end_assignment
from gis_service.use_cases.find_staff import find_serving_grid, find_serving_point, find_staff, read_assignment

router = APIRouter(tags=["people"], dependencies=[Depends(only_known_parameters)])

MOST_IDS = 2**63 - 1


async def read_staff_versions(
    if_match: Annotated[
        str | None, Header(description="the assignment's ETag as last seen; one at another version is a 412")
    ] = None,
) -> frozenset[int] | None:
    """Return the versions that the caller means; None when any will do."""
    return await read_versions(if_match)


Reader = Annotated[Principal, Depends(require(*ROLES))]
Dispatcher = Annotated[Principal, Depends(require("dispatcher"))]
StaffId = Annotated[int, Path(ge=1, le=MOST_IDS, examples=[7])]
Expected = Annotated[frozenset[int] | None, Depends(read_staff_versions)]
GridCode = Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$")]
At = Annotated[Instant | None, Query(description="on the day of this instant, in the service's time zone")]


@router.get("/v1/staff", response_class=Response, responses=STAFF_RESPONSES)
def get_staff(
    request: Request,
    principal: Reader,
    work: Work,
    grid: Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$", description="and all grids below it")] = None,
    role: Role | None = None,
    at: At = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Cursor = None,
) -> Response:
    """Return the assignments on the caller's ground, by id; without `at` also past and future ones."""
    day = None if at is None else local_day(at, request.state.timezone)
    after = None if cursor is None else id_of(cursor)
    edition, found = find_staff(StaffFilter(grid, role, day, after, limit + 1), principal, work)
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    told = [assignment_json(one, principal) for one in found[:limit]]
    _note(request, [one.id for one in found[:limit]])
    response = json_answer({"edition": edition, "staff": told, "next": following})
    link_next(request, response, following)
    return response


@router.get("/v1/staff/serving", response_class=Response, responses=SERVING_RESPONSES)
def get_serving(
    request: Request,
    principal: Reader,
    work: Work,
    grid: GridCode = None,
    lon: Annotated[Coordinate | None, Query(description="longitude, or easting")] = None,
    lat: Annotated[Coordinate | None, Query(description="latitude, or northing")] = None,
    crs: Annotated[str, Query(max_length=64, description="the system of lon and lat")] = DEFAULT_CRS,
    at: At = None,
) -> Response:
    """Return who serves a grid or a point: of each role those of the nearest grid up the chain that has any."""
    day = local_day(at, request.state.timezone)
    if grid is not None and lon is None and lat is None:
        owner: str | None = grid
        edition, found = find_serving_grid(grid, at=at, day=day, principal=principal, work=work)
    elif grid is None and lon is not None and lat is not None:
        place = point_in_wgs84(lon, lat, crs)
        edition, owner, found = find_serving_point(*place, at=at, day=day, principal=principal, work=work)
    else:
        sentence = "give either grid, or lon and lat"
        raise RuleBrokenError(sentence, faults=[InputFault("grid", sentence)])
    _note(request, [person.id for one in found for person in one.people])
    return json_answer({"edition": edition, "grid": owner, "day": day, "serving": serving_json(found, principal)})


@router.post(
    "/v1/staff",
    status_code=201,
    response_class=Response,
    responses=ASSIGNED_RESPONSES,
    openapi_extra=body_of(StaffIn),
)
def post_staff(principal: Dispatcher, body: JsonBody, work: Work) -> Response:
    """Assign a person to a grid on the caller's ground; a grid has one head at a time."""
    made = assign_staff(read_model(StaffIn, body).member(), principal, work)
    return _told(made, principal, 201, {"Location": f"/v1/staff/{made.id}"})


@router.get("/v1/staff/{staff_id}", response_class=Response, responses=ASSIGNMENT_RESPONSES)
def get_assignment(request: Request, principal: Reader, staff_id: StaffId, work: Work) -> Response:
    """Return one assignment on the caller's ground."""
    _note(request, [staff_id])
    return _told(read_assignment(staff_id, principal, work), principal)


@router.patch(
    "/v1/staff/{staff_id}",
    response_class=Response,
    responses=ASSIGNMENT_RESPONSES,
    openapi_extra=body_of(StaffChangeIn),
)
def patch_staff(principal: Dispatcher, staff_id: StaffId, expected: Expected, body: JsonBody, work: Work) -> Response:
    """Change name, telephone number or dates of an assignment; for another role or grid end it and make a new one."""
    changes = read_model(StaffChangeIn, body).changes()
    return _told(change_assignment(staff_id, changes, expected=expected, principal=principal, work=work), principal)


@router.post(
    "/v1/staff/{staff_id}/end",
    response_class=Response,
    responses=ASSIGNMENT_RESPONSES,
    openapi_extra=body_of(StaffEndIn, is_required=False),
)
def post_end(
    request: Request, principal: Dispatcher, staff_id: StaffId, expected: Expected, body: JsonBody, work: Work
) -> Response:
    """End an assignment; the row stays, for who looks back."""
    given = read_model(StaffEndIn, body) if body else StaffEndIn()
    until = given.until or local_day(None, request.state.timezone)
    return _told(end_assignment(staff_id, until, expected=expected, principal=principal, work=work), principal)


def _note(request: Request, ids: Sequence[int]) -> None:
    note_read(request, (IMPORTANT,), len(ids), ids)


def id_of(cursor: str) -> int:
    """Return the id after which a list goes on.

    Raises:
        RuleBrokenError: code ``bad-cursor``.
    """
    number: int
    (number,) = decode_cursor(cursor, int)
    if not 0 <= number <= MOST_IDS:
        raise bad_cursor()
    return number


def _told(
    one: Assignment, principal: Principal, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    body: dict[str, Any] = assignment_json(one, principal)
    response = json_answer(body, status)
    response.headers.update({"ETag": f'"{one.version}"', **(headers or {})})
    return response
