"""Whose ground is the building on this door plate?"""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.instants import Instant
from gis_service.api.locate import render
from gis_service.api.locate_openapi import BUILDING_RESPONSES
from gis_service.api.query import only_known_parameters, wrong_parameter
from gis_service.api.schemas_incidents import storable, with_words
from gis_service.domain.building_lookup import BuildingAnswer, BuildingQuestion
from gis_service.domain.coordinates import DEFAULT_CRS, point_in_wgs84
from gis_service.use_cases.locate_building import locate_building

router = APIRouter(tags=["lookup"], dependencies=[Depends(only_known_parameters)])

Coordinate = Annotated[float | None, Query(allow_inf_nan=False)]


@router.get("/v1/locate/building/{code}", response_class=Response, responses=BUILDING_RESPONSES)
def get_building_owner(
    request: Request,
    code: Annotated[
        str,
        Path(
            max_length=100,
            description="building code, alias (scheme:alias), or building code, hyphen and label of a door",
            examples=["5301030004521Y"],
        ),
        AfterValidator(storable),
        AfterValidator(with_words),
    ],
    unit: Annotated[
        str | None,
        Query(max_length=100, description="flat or shop"),
        AfterValidator(lambda given: given if given is None else with_words(storable(given))),
    ] = None,
    at: Annotated[Instant | None, Query(description="ask the edition in force at this instant")] = None,
    lon: Annotated[Coordinate, Query(description="where the caller stands: longitude, or easting")] = None,
    lat: Annotated[Coordinate, Query(description="latitude, or northing")] = None,
    crs: Annotated[str, Query(max_length=64, description="the system of lon and lat")] = DEFAULT_CRS,
) -> Response:
    """Return who owns a building, or a unit of it, and whether a given position lies far from it."""
    position = None
    if lon is not None and lat is not None:
        position = point_in_wgs84(lon, lat, crs)
    elif lon is not None or lat is not None:
        raise wrong_parameter("lat" if lat is None else "lon", "is missing; a position takes both lon and lat")
    answer = locate_building(
        request.state.snapshots,
        request.state.open_work,
        BuildingQuestion(code, unit, at, position),
        conflict_from_m=request.state.building_conflict_m,
    )
    return Response(orjson.dumps(_answer_json(answer), option=orjson.OPT_UTC_Z), media_type="application/json")


def _answer_json(answer: BuildingAnswer) -> dict[str, Any]:
    building, entrance, unit = answer.found.building, answer.found.entrance, answer.unit
    conflict = None
    if answer.conflict is not None:
        owner = answer.conflict.position_owner
        conflict = {
            "distance_m": round(answer.conflict.distance_m, 1),
            "position_owner": None if owner is None else orjson.Fragment(owner.json),
        }
    return {
        **orjson.loads(render(answer.ground)),
        "located_by": answer.located_by,
        "building": {
            "code": building.code,
            "name": building.name,
            "address": building.address,
            "point": {"lon": building.lon, "lat": building.lat},
            "aliases": [{"scheme": one.scheme, "alias": one.alias} for one in answer.found.aliases],
            "retired_at": building.retired_at,
            "entrance": (
                None
                if entrance is None
                else {"label": entrance.label, "point": {"lon": entrance.lon, "lat": entrance.lat}}
            ),
            "unit": (
                None
                if unit is None
                else {"label": unit.label, "registered": unit.is_registered, "owner": unit.grid_code}
            ),
        },
        "conflict": conflict,
    }
