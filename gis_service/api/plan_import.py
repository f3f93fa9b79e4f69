"""A file dropped on the page, or sent by a program: its grids go into a plan."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.dependencies import Body, Work
from gis_service.api.media_types import media_type_of
from gis_service.api.plans import CREATED, IfMatch, PlanId, Planner
from gis_service.api.schemas_plans import step_json
from gis_service.files.grid_fields import FieldMapping
from gis_service.files.uploads import MEDIA_TYPES, read_upload
from gis_service.use_cases.begin_levels import begin_levels
from gis_service.use_cases.replace_grids import replace_grids

router = APIRouter(tags=["plans"])

_FIELD = Field(default=None, max_length=200)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES},
    }
}


class ImportQuery(BaseModel):
    """Where a file has what; names of fields are guessed when left out."""

    model_config = ConfigDict(extra="forbid")

    layer: str | None = Field(default=None, max_length=200, description="of a GeoPackage or a .zip; else the first")
    crs: str | None = Field(default=None, max_length=200, description="of a file that does not say it: EPSG:4543")
    code_field: str | None = _FIELD
    name_field: str | None = _FIELD
    level_field: str | None = _FIELD
    parent_field: str | None = _FIELD
    kind_field: str | None = _FIELD
    households_field: str | None = _FIELD
    level: str | None = Field(default=None, max_length=200, description="the level of every grid: community, 社区, …")
    parent: str | None = Field(
        default=None, pattern=r"^[0-9A-Za-z]{1,32}$", description="the code of every grid's parent"
    )


async def read_suffix(request: Request) -> str:
    """Return the ending of the format that the request names; another one is a 415."""
    given = media_type_of(request)
    if given not in MEDIA_TYPES:
        known = ", ".join(MEDIA_TYPES)
        raise HTTPException(415, f"the Content-Type must be one of {known}; it is {given or 'missing'}")
    return MEDIA_TYPES[given]


@router.post(
    "/v1/plans/{plan_id}/import", status_code=201, response_class=Response, responses=CREATED, openapi_extra=_BODY
)
def post_import(
    principal: Planner,
    plan_id: PlanId,
    if_match: IfMatch,
    asked: Annotated[ImportQuery, Query()],
    suffix: Annotated[str, Depends(read_suffix)],
    body: Body,
    work: Work,
) -> Response:
    """Put the grids of a file into the draft; the answer is that of an operation, with the fields that were used."""
    fields = FieldMapping(**asked.model_dump(exclude={"layer", "crs"}))
    given = read_upload(body, suffix, fields, begin_levels(work), layer=asked.layer, crs=asked.crs)
    step = replace_grids(plan_id, given.grids, principal, work, expected=if_match)
    told = {**step_json(step), "fields": given.fields}
    headers = {"Cache-Control": "no-cache", "ETag": f'"{step.record.plan.tag}"'}
    return Response(orjson.dumps(told, option=orjson.OPT_UTC_Z), 201, media_type="application/json", headers=headers)
