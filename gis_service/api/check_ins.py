"""Workers at buildings: checked in, and read by who dispatches them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.area_events import before_of, json_answer
from gis_service.api.dependencies import JsonBody, Work
from gis_service.api.emergency_openapi import CHECK_INS_RESPONSES, POST_CHECK_IN_RESPONSES, body_of
from gis_service.api.instants import Instant
from gis_service.api.json_model import read_model
from gis_service.api.paging import encode_cursor, link_next
from gis_service.api.query import only_known_parameters
from gis_service.api.schemas_incidents import Number, Text, storable, with_words
from gis_service.domain.access import Principal
from gis_service.domain.check_in import CheckInFilter, CheckInRecord
from gis_service.domain.coordinates import DEFAULT_CRS, point_in_wgs84
from gis_service.use_cases.check_in import SaidToBe, check_in, find_check_ins

router = APIRouter(tags=["emergency"], dependencies=[Depends(only_known_parameters)])


class CheckInIn(BaseModel):
    """Where a worker says to be, and where they stand."""

    model_config = ConfigDict(extra="forbid")

    building_code: Annotated[
        str, Field(min_length=1, max_length=100), AfterValidator(storable), AfterValidator(with_words)
    ] = Field(description="building code, alias (scheme:alias), or building code, hyphen and label of a door")
    lon: Number = Field(description="degrees, or metres east")
    lat: Number = Field(description="degrees, or metres north")
    crs: Text = DEFAULT_CRS
    accuracy_m: Annotated[Number, Field(ge=0, le=1_000_000)] | None = None
    at: Instant | None = Field(default=None, description="now when left out")


@router.post(
    "/v1/check-ins",
    status_code=201,
    response_class=Response,
    responses=POST_CHECK_IN_RESPONSES,
    openapi_extra=body_of(CheckInIn),
)
def post_check_in(
    request: Request, principal: Annotated[Principal, Depends(require("worker"))], body: JsonBody
) -> Response:
    """Check in at a building or one of its doors; the answer says whether that was near enough."""
    given = read_model(CheckInIn, body)
    lon, lat = point_in_wgs84(given.lon, given.lat, given.crs)
    made = check_in(
        SaidToBe(given.building_code, lon, lat, given.accuracy_m, given.at),
        near_m=request.state.check_in_near_m,
        principal=principal,
        snapshots=request.state.snapshots,
        open_work=request.state.open_work,
    )
    return json_answer(_check_in_json(made), 201)


@router.get("/v1/check-ins", response_class=Response, responses=CHECK_INS_RESPONSES)
def get_check_ins(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    principal: Annotated[Principal, Depends(require("dispatcher", "auditor"))],
    work: Work,
    grid: Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$", description="and all grids below it")] = None,
    worker: Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]+$")] = None,
    since: Annotated[Instant | None, Query(description="at this instant or later")] = None,
    accepted: Annotated[bool | None, Query(description="near enough, or not")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Return the check-ins on the caller's ground, the newest received first."""
    before = None if cursor is None else before_of(cursor)
    found = find_check_ins(CheckInFilter(grid, worker, since, accepted, before, limit + 1), principal, work)
    following = encode_cursor(found[limit - 1].id.hex) if len(found) > limit else None
    response = json_answer({"check_ins": [_check_in_json(one) for one in found[:limit]], "next": following})
    link_next(request, response, following)
    return response


def _check_in_json(one: CheckInRecord) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "worker": one.worker,
        "building_code": one.building_code,
        "entrance": one.entrance,
        "point": {"lon": one.lon, "lat": one.lat},
        "accuracy_m": one.accuracy_m,
        "at": one.at,
        "received_at": one.received_at,
        "distance_m": round(one.distance_m, 1),
        "allowed_m": round(one.allowed_m, 1),
        "accepted": one.accepted,
        "edition": one.edition,
        "owner": one.owner,
    }
