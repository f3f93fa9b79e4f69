"""The check of boundaries that anybody with a planner's token may call."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import JsonBody, Work
from gis_service.api.geojson import parse_partition
from gis_service.use_cases.check_boundaries import check_boundaries
from gis_service.use_cases.weigh_report import count_registered
from grid_boundaries.check import CheckRules

router = APIRouter(tags=["boundaries"])

_BODY = {
    "requestBody": {
        "required": True,
        "description": "GeoJSON; properties.code names a grid; an optional member 'parent' is a Feature to be filled",
        "content": {"application/geo+json": {"schema": {"type": "object"}}, "application/json": {}},
    }
}


@router.post("/v1/boundaries/check", openapi_extra=_BODY, dependencies=[Depends(require("planner"))])
def post_check(
    body: JsonBody,
    work: Work,
    tolerance_m: Annotated[float, Query(gt=0, le=1000, allow_inf_nan=False)] = 0.05,
) -> Response:
    """Check that grids neither overlap nor leave gaps, and fill their parent if one is given; stores nothing.

    Findings tell the registered buildings and households on their ground: null where none can be known.
    """
    grids, parent, parent_code = parse_partition(body)
    report = check_boundaries(grids, parent, parent_code, CheckRules(tolerance_m=tolerance_m))
    told = count_registered(report, work).as_dict()
    told["findings"] = [{"households": None, "buildings": None, **finding} for finding in told["findings"]]
    return Response(orjson.dumps(told), media_type="application/json")
