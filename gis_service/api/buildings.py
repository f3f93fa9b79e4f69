"""The register of buildings: registered, read, listed, changed, retired, merged and split."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Header, Path, Query
from pydantic import AfterValidator
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import permission_of, require
from gis_service.api.area_events import json_answer
from gis_service.api.audit_notes import note_read
from gis_service.api.buildings_openapi import (
    ALIASES_RESPONSES,
    BUILDING_RESPONSES,
    BUILDINGS_RESPONSES,
    ENTRANCES_RESPONSES,
    POST_BODY,
    POST_RESPONSES,
    SPLIT_RESPONSES,
    UNITS_RESPONSES,
)
from gis_service.api.dependencies import Box, JsonBody, Work
from gis_service.api.emergency_openapi import body_of
from gis_service.api.incidents import read_key, working_zone
from gis_service.api.instants import Instant
from gis_service.api.json_model import read_model
from gis_service.api.paging import encode_cursor, link_next
from gis_service.api.query import only_known_parameters
from gis_service.api.resources import code_of
from gis_service.api.schemas_buildings import (
    AliasCode,
    BuildingChange,
    EntrancePlace,
    Label,
    MergeIn,
    SplitIn,
    UnitFacts,
    aliases_json,
    building_json,
    entrances_json,
    listed_json,
    read_buildings,
    read_place,
    registered_json,
    unit_json,
)
from gis_service.api.schemas_incidents import storable, with_words
from gis_service.domain.access import IMPORTANT, ROLES, Principal
from gis_service.domain.building import Entrance, OtherName, Unit
from gis_service.domain.building_lookup import BuildingQuestion
from gis_service.domain.building_register import BuildingFilter, BuildingRecord, month_before
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.change_building import (
    change_building,
    put_alias,
    put_entrance,
    put_unit,
    remove_alias,
    remove_entrance,
    remove_unit,
)
from gis_service.use_cases.read_buildings import list_buildings, list_units, read_building, read_record
from gis_service.use_cases.register_buildings import register_once
from gis_service.use_cases.retire_building import merge_buildings, retire_building, split_building

router = APIRouter(tags=["buildings"], dependencies=[Depends(only_known_parameters)])

_TAG = re.compile(r'(?:W/)?"[^"]*"')
_VERSION_TAG = re.compile(r'"([0-9]{1,9})"', re.ASCII)


async def read_versions(
    if_match: Annotated[
        str | None, Header(description="the building's ETag as last seen; a building at another version is a 412")
    ] = None,
) -> frozenset[int] | None:
    """Return the versions that the caller means; None when any will do (RFC 9110, 13.1.1)."""
    if if_match is None or if_match.strip() == "*":
        return None
    tags = [tag.strip() for tag in if_match.split(",")]
    if not all(_TAG.fullmatch(tag) for tag in tags):
        sentence = 'must be * or entity tags in double quotes, like "7"'
        raise RuleBrokenError(f"the header If-Match {sentence}", faults=[InputFault("If-Match", sentence)])
    return frozenset(int(found[1]) for tag in tags if (found := _VERSION_TAG.fullmatch(tag)))


Caller = Annotated[Principal, Depends(permission_of)]
Planner = Annotated[Principal, Depends(require("planner"))]
Code = Annotated[
    str,
    Path(max_length=100, description="building code, also as printed, or an alias", examples=["5301030004521Y"]),
    AfterValidator(storable),
    AfterValidator(with_words),
]
IfMatch = Annotated[frozenset[int] | None, Depends(read_versions)]
LabelInPath = Annotated[Label, Path(description="of a door, flat or shop")]
Scheme = Annotated[str, Path(pattern="^[a-z0-9_]{1,32}$", description="the other register")]
Alias = Annotated[AliasCode, Path(description="the code in the other register")]


@router.post(
    "/v1/buildings", status_code=201, response_class=Response, responses=POST_RESPONSES, openapi_extra=POST_BODY
)
def post_buildings(
    principal: Planner, key: Annotated[str, Depends(read_key)], body: JsonBody, work: Work
) -> Response:
    """Register a building, or all features of a FeatureCollection or none; each is given a code."""
    buildings, pointers = read_buildings(body)
    done = register_once(
        buildings,
        key=key,
        body_hash=hashlib.sha256(body).digest(),
        principal=principal,
        work=work,
        pointers=pointers,
    )
    told = [registered_json(code, owner) for code, owner in done.buildings]
    response = json_answer({"edition": done.edition, "buildings": told}, 200 if done.replayed else 201)
    if len(told) == 1:
        response.headers["Location"] = f"/v1/buildings/{told[0]['code']}"
    if done.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


@router.get("/v1/buildings", response_class=Response, responses=BUILDINGS_RESPONSES)
def get_buildings(  # noqa: PLR0917 - a route names all that it takes
    request: Request,
    principal: Caller,
    zone: Annotated[ZoneInfo, Depends(working_zone)],
    work: Work,
    box: Box,
    grid: Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$", description="and all grids below it")] = None,
    stale: Annotated[  # noqa: FBT002 - FastAPI reads it
        bool, Query(description="not verified for a month, or never; takes a token, and is of its scope")
    ] = False,
    verified_before: Annotated[date | None, Query(description="stale before this day, not a month ago")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Return the buildings that match, by code; retired ones are not among them."""
    since = None
    if stale or verified_before is not None:
        since = verified_before or month_before(datetime.now(zone).date())
    after = None if cursor is None else code_of(cursor)
    wanted = BuildingFilter(limit + 1, after, box, unverified_since=since)
    edition, found = list_buildings(wanted, grid, principal, work)
    following = encode_cursor(found[limit - 1][0].building.code) if len(found) > limit else None
    told = [listed_json(one, is_own=is_own) for one, is_own in found[:limit]]
    response = json_answer({"edition": edition, "buildings": told, "next": following})
    link_next(request, response, following)
    return response


@router.get("/v1/buildings/{code}", response_class=Response, responses=BUILDING_RESPONSES)
def get_building(
    request: Request,
    principal: Caller,
    code: Code,
    at: Annotated[Instant | None, Query(description="whose it was in the edition in force at this instant")] = None,
) -> Response:
    """Return a building, retired or not, with its owner now or at an instant, and in every edition."""
    return _building(request, code, principal, at)


@router.patch(
    "/v1/buildings/{code}",
    response_class=Response,
    responses=BUILDING_RESPONSES,
    openapi_extra=body_of(BuildingChange),
)
def patch_building(
    request: Request, principal: Planner, code: Code, if_match: IfMatch, body: JsonBody, work: Work
) -> Response:
    """Change members of a building; one that moves is owned by the grid around its new place."""
    values = read_model(BuildingChange, body).values()
    return _building(request, change_building(code, values, principal, work, expected=if_match), principal)


@router.post("/v1/buildings/{code}/retire", response_class=Response, responses=BUILDING_RESPONSES)
def post_retire(request: Request, principal: Planner, code: Code, if_match: IfMatch, work: Work) -> Response:
    """Take a building that is no more out of lists, tiles and counts; its code finds it still."""
    return _building(request, retire_building(code, principal, work, expected=if_match), principal)


@router.post(
    "/v1/buildings/{code}/merge",
    response_class=Response,
    responses=BUILDING_RESPONSES,
    openapi_extra=body_of(MergeIn),
)
def post_merge(
    request: Request, principal: Planner, code: Code, if_match: IfMatch, body: JsonBody, work: Work
) -> Response:
    """Retire other buildings that became part of this one; their codes find this one's owner."""
    codes = read_model(MergeIn, body).codes
    return _building(request, merge_buildings(code, codes, principal, work, expected=if_match), principal)


@router.post(
    "/v1/buildings/{code}/split",
    status_code=201,
    response_class=Response,
    responses=SPLIT_RESPONSES,
    openapi_extra=body_of(SplitIn),
)
def post_split(principal: Planner, code: Code, if_match: IfMatch, body: JsonBody, work: Work) -> Response:
    """Retire a building that became several, which are registered."""
    parts = read_model(SplitIn, body).to_buildings()
    retired, registered = split_building(code, parts, principal, work, expected=if_match)
    told = [registered_json(one.building.code, one.owner) for one in registered]
    return json_answer({"code": retired, "successors": told}, 201)


@router.get("/v1/buildings/{code}/entrances", response_class=Response, responses=ENTRANCES_RESPONSES)
def get_entrances(_: Caller, code: Code, work: Work) -> Response:
    """Return the doors of a building, by label."""
    return _entrances(code, work)


@router.put(
    "/v1/buildings/{code}/entrances/{label:path}",
    response_class=Response,
    responses=ENTRANCES_RESPONSES,
    openapi_extra=body_of(EntrancePlace),
)
def put_entrance_of(
    principal: Planner, code: Code, label: LabelInPath, if_match: IfMatch, body: JsonBody, work: Work
) -> Response:
    """Add a door, or move the one of this label."""
    given = read_model(EntrancePlace, body)
    door = Entrance(label.strip(), *read_place(given.point, given.crs, "/point"))
    return _entrances(put_entrance(code, door, principal, work, expected=if_match), work)


@router.delete("/v1/buildings/{code}/entrances/{label:path}", response_class=Response, responses=ENTRANCES_RESPONSES)
def delete_entrance(principal: Planner, code: Code, label: LabelInPath, if_match: IfMatch, work: Work) -> Response:
    """Take a door away."""
    return _entrances(remove_entrance(code, label, principal, work, expected=if_match), work)


@router.get("/v1/buildings/{code}/units", response_class=Response, responses=UNITS_RESPONSES)
def get_units(
    request: Request, principal: Annotated[Principal, Depends(require(*ROLES))], code: Code, work: Work
) -> Response:
    """Return the flats and shops of a building on the caller's ground, by label; owner: where it has its own."""
    note_read(request, (IMPORTANT,), 1, [code])
    return _units(code, principal, work)


@router.put(
    "/v1/buildings/{code}/units/{label:path}",
    response_class=Response,
    responses=UNITS_RESPONSES,
    openapi_extra=body_of(UnitFacts),
)
def put_unit_of(
    principal: Planner, code: Code, label: LabelInPath, if_match: IfMatch, body: JsonBody, work: Work
) -> Response:
    """Add a flat or shop, or set what is known of it; an owner of its own holds from the edition in force on."""
    given = read_model(UnitFacts, body)
    unit = Unit(label, given.storey, given.use, given.owner)
    return _units(put_unit(code, unit, principal, work, expected=if_match), principal, work)


@router.delete("/v1/buildings/{code}/units/{label:path}", response_class=Response, responses=UNITS_RESPONSES)
def delete_unit(principal: Planner, code: Code, label: LabelInPath, if_match: IfMatch, work: Work) -> Response:
    """Take a flat or shop away, with the owners that it had."""
    return _units(remove_unit(code, label, principal, work, expected=if_match), principal, work)


@router.get("/v1/buildings/{code}/aliases", response_class=Response, responses=ALIASES_RESPONSES)
def get_aliases(_: Caller, code: Code, work: Work) -> Response:
    """Return the codes of a building in other registers."""
    return _aliases(code, work)


@router.put(
    "/v1/buildings/{code}/aliases/{scheme}/{alias:path}", response_class=Response, responses=ALIASES_RESPONSES
)
def put_alias_of(
    principal: Planner, code: Code, scheme: Scheme, alias: Alias, if_match: IfMatch, work: Work
) -> Response:
    """Let a building be known by its code in another register too."""
    return _aliases(put_alias(code, OtherName(scheme, alias), principal, work, expected=if_match), work)


@router.delete(
    "/v1/buildings/{code}/aliases/{scheme}/{alias:path}", response_class=Response, responses=ALIASES_RESPONSES
)
def delete_alias(
    principal: Planner, code: Code, scheme: Scheme, alias: Alias, if_match: IfMatch, work: Work
) -> Response:
    """Take the code of another register away."""
    return _aliases(remove_alias(code, OtherName(scheme, alias), principal, work, expected=if_match), work)


def _building(request: Request, code: str, principal: Principal, at: datetime | None = None) -> Response:
    read = read_building(
        BuildingQuestion(code, at=at),
        principal,
        snapshots=request.state.snapshots,
        open_work=request.state.open_work,
    )
    return _tagged(building_json(read), read.record)


def _entrances(code: str, work: Work) -> Response:
    record = read_record(code, work)
    return _tagged({**_of(record), "entrances": entrances_json(record)}, record)


def _units(code: str, principal: Principal, work: Work) -> Response:
    record, edition, units = list_units(code, principal, work)
    return _tagged({"edition": edition, **_of(record), "units": [unit_json(unit) for unit in units]}, record)


def _aliases(code: str, work: Work) -> Response:
    record = read_record(code, work)
    return _tagged({**_of(record), "aliases": aliases_json(record)}, record)


def _of(record: BuildingRecord) -> dict[str, Any]:
    return {"code": record.building.code, "version": record.building.version}


def _tagged(body: dict[str, Any], record: BuildingRecord) -> Response:
    response = json_answer(body)
    response.headers["ETag"] = f'"{record.building.version}"'
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Authorization"
    return response
