"""What does this warning area touch?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import permission_of
from gis_service.api.audit_notes import note_read
from gis_service.api.dependencies import JsonBody, Work
from gis_service.api.geojson import parse_area
from gis_service.api.grids import At, EditionNumber
from gis_service.api.locate_openapi import AREA_RESPONSES
from gis_service.api.query import only_known_parameters
from gis_service.domain.access import GENERAL, IMPORTANT, Principal
from gis_service.domain.area import AreaAnswer, AreaQuestion, TouchedGrid
from gis_service.domain.area_in_degrees import area_in_wgs84
from gis_service.domain.coordinates import DEFAULT_CRS
from gis_service.use_cases.locate_area import locate_area

router = APIRouter(tags=["lookup"], dependencies=[Depends(only_known_parameters)])

MOST_LISTED = 200_000
_BODY = {
    "requestBody": {
        "required": True,
        "description": "GeoJSON: a Polygon, a MultiPolygon, or a Feature of one; longitude (or easting) first",
        "content": {
            "application/geo+json": {"schema": {"type": "object"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}


@router.post(
    "/v1/locate/area",
    response_class=Response,
    responses=AREA_RESPONSES,
    openapi_extra=_BODY,
)
def post_area(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    body: JsonBody,
    work: Work,
    principal: Annotated[Principal, Depends(permission_of)],
    crs: Annotated[str, Query(max_length=64, description="the system of the coordinates")] = DEFAULT_CRS,
    level: Annotated[
        str | None, Query(max_length=64, description="list the grids of this level; else those with none below")
    ] = None,
    edition: EditionNumber = None,
    at: At = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="most entries of each list")] = 1000,
) -> Response:
    """Return the grids, buildings and households in an area, and its staff to who may call them; stores nothing."""
    shape, pointer = parse_area(body, request.state.area_vertex_limit)
    question = AreaQuestion(area_in_wgs84(shape, crs, pointer), edition, at, level, limit)
    answer = locate_area(question, principal, request.state.timezone, work)
    note_read(request, (IMPORTANT if answer.staff else GENERAL,), len(answer.staff or ()))
    return Response(orjson.dumps(answer_json(answer)), media_type="application/json")


def answer_json(answer: AreaAnswer) -> dict[str, Any]:
    """Return what an area touches."""
    staff = answer.staff
    return {
        "edition": answer.edition,
        "area_m2": round(answer.area_m2, 2),
        "grids": _grids_json(answer.grids),
        "grids_total": answer.grids_total,
        "above": _grids_json(answer.above),
        "buildings": answer.standing.buildings,
        "households": answer.standing.households,
        "staff": (
            None
            if staff is None
            else [{"grid": one.grid_code, "role": one.role, "name": one.name, "phone": one.phone} for one in staff]
        ),
        "truncated": {name: name in answer.truncated for name in ("grids", "above", "staff")},
    }


def _grids_json(grids: Sequence[TouchedGrid]) -> list[dict[str, Any]]:
    return [
        {
            "code": one.code,
            "name": one.name,
            "level": one.level,
            "parent": one.parent,
            "area_m2": round(one.area_m2, 2),
            "share": round(one.share, 6),
            "whole": one.is_whole,
        }
        for one in grids
    ]
