"""The register of stocks and places that help: rows put by their codes, and the kinds that there are."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gis_service.api.access import permission_of, require
from gis_service.api.area_events import json_answer
from gis_service.api.dependencies import JsonBody, Work
from gis_service.api.emergency_openapi import body_of
from gis_service.api.json_model import read_model
from gis_service.api.people_openapi import KINDS_RESPONSES, PUT_RESOURCES_RESPONSES
from gis_service.api.query import only_known_parameters
from gis_service.api.schemas_incidents import Text
from gis_service.domain.access import Principal
from gis_service.domain.resource import ResourceKind
from gis_service.domain.resource_rows import COLUMNS, read_resource
from gis_service.errors import ForbiddenError, InputFault, RuleBrokenError, TooLargeError
from gis_service.use_cases.put_resources import list_resource_kinds, put_resource_kinds, put_resources

router = APIRouter(tags=["emergency"], dependencies=[Depends(only_known_parameters)])

MOST_ROWS = 10_000

Keeper = Annotated[Principal, Depends(require("dispatcher"))]
DryRun = Annotated[bool, Query(description="look at all of it, and store nothing")]


class ResourceIn(BaseModel):
    """A row, for the description of the API alone: rows are read one by one, and each fault is told."""

    code: str
    name: str
    kind: str = Field(description="code or name of a kind")
    quantity: float = Field(ge=0)
    unit: str
    lon: float
    lat: float
    crs: str = "EPSG:4326"
    expires_on: str | None = Field(default=None, description="the last day of use; null: it keeps")
    data_class: str | None = Field(default=None, description="as before when left out; important for a new one")


class ResourcesIn(BaseModel):
    """Rows of the register."""

    resources: list[ResourceIn] = Field(max_length=MOST_ROWS)


class KindIn(BaseModel):
    """A kind of resource."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(pattern="^[a-z][a-z_]{0,31}$")]
    name: Text
    name_en: Text


class KindsIn(BaseModel):
    """Kinds of resources; of a code that comes twice the last counts."""

    model_config = ConfigDict(extra="forbid")

    kinds: list[KindIn] = Field(max_length=1_000)


@router.post(
    "/v1/resources",
    response_class=Response,
    responses=PUT_RESOURCES_RESPONSES,
    openapi_extra=body_of(ResourcesIn),
)
def post_resources(principal: Keeper, body: JsonBody, work: Work, *, dry_run: DryRun = False) -> Response:
    """Add stocks and places that help on the caller's ground, all rows or none; a code that is there is refused."""
    return _put(body, principal, work, replace=False, dry_run=dry_run)


@router.put(
    "/v1/resources",
    response_class=Response,
    responses=PUT_RESOURCES_RESPONSES,
    openapi_extra=body_of(ResourcesIn),
)
def put_all(principal: Keeper, body: JsonBody, work: Work, *, dry_run: DryRun = False) -> Response:
    """Put stocks and places that help on the caller's ground by their codes, all rows or none."""
    return _put(body, principal, work, replace=True, dry_run=dry_run)


@router.get("/v1/resources/kinds", response_class=Response, responses=KINDS_RESPONSES)
def get_kinds(_: Annotated[Principal, Depends(permission_of)], work: Work) -> Response:
    """Return the kinds of resources, by code."""
    return _kinds(list_resource_kinds(work))


@router.put("/v1/resources/kinds", response_class=Response, responses=KINDS_RESPONSES, openapi_extra=body_of(KindsIn))
def put_kinds(principal: Annotated[Principal, Depends(require("admin"))], body: JsonBody, work: Work) -> Response:
    """Put kinds of resources by their codes; those that are not named stay."""
    if principal.scope is not None:
        raise ForbiddenError("kinds hold everywhere: this takes an admin's token without a scope")
    given = {one.code: ResourceKind(one.code, one.name, one.name_en) for one in read_model(KindsIn, body).kinds}
    return _kinds(put_resource_kinds(list(given.values()), work))


def _put(body: bytes, principal: Principal, work: Work, *, replace: bool, dry_run: bool) -> Response:
    read = (_read(row, f"/resources/{number}") for number, row in enumerate(_rows(body)))
    done = put_resources(read, principal, work, replace=replace, dry_run=dry_run)
    return json_answer(
        {
            "dry_run": dry_run,
            "added": done.added,
            "changed": done.changed,
            "unchanged": done.unchanged,
            "outside": done.outside,
        }
    )


def _rows(body: bytes) -> list[Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RuleBrokenError(f"the body is not valid JSON: {error}", code="invalid-json") from None
    rows = document.get("resources") if isinstance(document, dict) else None
    if not isinstance(rows, list) or len(document) > 1:
        sentence = "must be an object with the member resources, a list of rows, and no other"
        raise RuleBrokenError(f"the body {sentence}", faults=[InputFault("", sentence)])
    if len(rows) > MOST_ROWS:
        raise TooLargeError(f"{len(rows)} rows are more than {MOST_ROWS}; send them part by part")
    return rows


def _read(row: object, pointer: str) -> Any:  # noqa: ANN401 - as read_resource
    unknown = sorted(row.keys() - COLUMNS.keys()) if isinstance(row, dict) else []
    if unknown:
        told = f"{unknown[0][:64]!r} is no member of a row; it has {', '.join(COLUMNS)}"
        return [InputFault(pointer, told)]
    return read_resource(row, pointer)


def _kinds(kinds: list[ResourceKind]) -> Response:
    return json_answer({"kinds": [{"code": one.code, "name": one.name, "name_en": one.name_en} for one in kinds]})
