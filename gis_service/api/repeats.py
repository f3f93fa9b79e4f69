"""Repeat places: where the same thing has happened again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Work
from gis_service.api.incidents import working_zone
from gis_service.api.instants import EARLIEST, Instant
from gis_service.api.openapi_words import CODE, INSTANT, NUMBER, array_of, object_of
from gis_service.api.query import only_known_parameters
from gis_service.domain.access import ROLES, Principal
from gis_service.domain.incident_count import CountFilter
from gis_service.domain.repeat_place import RepeatPlace, RepeatQuestion
from gis_service.use_cases.find_repeat_places import find_repeat_places

router = APIRouter(tags=["incidents"])

YEAR = timedelta(days=365)

_INTEGER = {"type": "integer"}
_PLACES = object_of(
    {
        "since": INSTANT,
        "places": array_of(
            object_of(
                {
                    "category": {"type": "string"},
                    "count": _INTEGER,
                    "months": _INTEGER,
                    "first": INSTANT,
                    "last": INSTANT,
                    "point": object_of({"lon": NUMBER, "lat": NUMBER}),
                    "radius_m": NUMBER,
                    "owners": array_of(CODE),
                    "incidents": array_of({"type": "string", "format": "uuid"}),
                }
            )
        ),
    }
)


@router.get(
    "/v1/incidents/repeats",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": _PLACES}}}},
    dependencies=[Depends(only_known_parameters)],
)
def get_repeats(  # noqa: PLR0917 - a route names all that it takes
    principal: Annotated[Principal, Depends(require(*ROLES))],
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    work: Work,
    grid: Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$", description="and all grids below it")] = None,
    category: Annotated[
        str | None, Query(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=200, description="and all below it")
    ] = None,
    depth: Annotated[
        int | None, Query(ge=1, le=10, description="words of a category that must be equal; all when left out")
    ] = None,
    since: Annotated[Instant | None, Query(description="a year before until when left out")] = None,
    until: Annotated[Instant | None, Query(description="happened before this instant; now when left out")] = None,
    within_m: Annotated[float, Query(ge=1, le=500, description="how near two are neighbours")] = 50,
    least: Annotated[int, Query(ge=2, le=1000, description="how many make a place")] = 3,
    months: Annotated[int, Query(ge=1, le=120, description="in how many different months at least")] = 2,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Return the places where incidents of one category lie near each other, over months; most incidents first."""
    end = until or datetime.now(UTC)
    begin = since or (end - YEAR if end - EARLIEST > YEAR else EARLIEST)
    question = RepeatQuestion(
        CountFilter(grid=grid, category=category, since=begin, until=end), within_m, least, months, depth, limit
    )
    places = find_repeat_places(question, principal, zone, work)
    body = {"since": begin, "places": [_place(one) for one in places]}
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), media_type="application/json")


def _place(one: RepeatPlace) -> dict[str, Any]:
    return {
        "category": one.category,
        "count": one.number,
        "months": one.months,
        "first": one.first,
        "last": one.last,
        "point": {"lon": round(one.lon, 9), "lat": round(one.lat, 9)},
        "radius_m": round(one.radius_m, 1),
        "owners": one.owners,
        "incidents": one.ids,
    }
