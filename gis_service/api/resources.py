"""Stocks for emergencies: what there is, and where the nearest that is enough lies."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import permission_of
from gis_service.api.area_events import OnShelf, json_answer
from gis_service.api.audit_notes import note_read
from gis_service.api.dependencies import Box, Work
from gis_service.api.emergency_openapi import NEAREST_RESPONSES, RESOURCES_RESPONSES
from gis_service.api.paging import bad_cursor, decode_cursor, encode_cursor, link_next
from gis_service.api.query import only_known_parameters
from gis_service.api.schemas_resources import nearest_json, resource_json
from gis_service.domain.access import Principal
from gis_service.domain.coordinates import DEFAULT_CRS, point_in_wgs84
from gis_service.domain.nearest_stock import StockQuestion
from gis_service.domain.resource import ResourceFilter
from gis_service.use_cases.find_resources import find_nearest_stock, find_resources

router = APIRouter(tags=["emergency"], dependencies=[Depends(only_known_parameters)])

Caller = Annotated[Principal, Depends(permission_of)]
Kind = Annotated[str | None, Query(pattern="^[a-z][a-z_]{0,31}$")]
OnGrid = Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$", description="on its ground, edge included")]
Cursor = Annotated[str | None, Query(max_length=500)]
Coordinate = Annotated[float, Query(allow_inf_nan=False)]


@router.get("/v1/resources", response_class=Response, responses=RESOURCES_RESPONSES)
def get_resources(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    principal: Caller,
    work: Work,
    box: Box,
    shelf: OnShelf,
    kind: Kind = None,
    grid: OnGrid = None,
    expires_before: Annotated[date | None, Query(description="last day of use lies before this day")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Cursor = None,
) -> Response:
    """Return the stocks that match, by code; what is not general, to who works on that ground."""
    after = None if cursor is None else code_of(cursor)
    wanted = ResourceFilter(kind, grid, box, expires_before, after, limit + 1)
    edition, found, owners = find_resources(wanted, principal, work)
    following = encode_cursor(found[limit - 1].code) if len(found) > limit else None
    note_read(request, {one.data_class for one in found[:limit]}, len(found[:limit]))
    told = [resource_json(one, owners.get(one.code), shelf) for one in found[:limit]]
    response = json_answer({"edition": edition, "resources": told, "next": following})
    link_next(request, response, following)
    return response


@router.get("/v1/resources/nearest", response_class=Response, responses=NEAREST_RESPONSES)
def get_nearest(  # noqa: PLR0917 - a route names all that it takes
    principal: Caller,
    work: Work,
    shelf: OnShelf,
    lon: Annotated[Coordinate, Query(description="longitude, or easting")],
    lat: Annotated[Coordinate, Query(description="latitude, or northing")],
    kind: Annotated[str, Query(pattern="^[a-z][a-z_]{0,31}$")],
    quantity: Annotated[float, Query(gt=0, allow_inf_nan=False)],
    unit: Annotated[
        str | None, Query(min_length=1, max_length=32, pattern=r"^[^\x00]+$", description="of quantity")
    ] = None,
    crs: Annotated[str, Query(max_length=64, description="the system of lon and lat")] = DEFAULT_CRS,
    limit: Annotated[int, Query(ge=1, le=100, description="most single places")] = 5,
) -> Response:
    """Return the nearest places with enough of a kind, else the nearest that have enough between them."""
    place = point_in_wgs84(lon, lat, crs)
    question = StockQuestion(kind, quantity, *place, shelf.today, unit)
    answer = find_nearest_stock(question, principal, work, limit=limit)
    return json_answer(nearest_json(answer, *place, shelf))


def code_of(cursor: str) -> str:
    """Return the code after which a list goes on.

    Raises:
        RuleBrokenError: code ``bad-cursor``.
    """
    code: str
    (code,) = decode_cursor(cursor, str)
    if "\0" in code:
        raise bad_cursor()
    return code
