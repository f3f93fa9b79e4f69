"""Plans: drawn, checked, published; for planners, and for auditors to look at."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Box, JsonBody, Work
from gis_service.api.grids import GEOJSON, edition_json
from gis_service.api.paging import decode_cursor, encode_cursor, link_next
from gis_service.api.plan_changes import CHANGE_BODY, parse_change, parse_choices
from gis_service.api.schemas_plans import (
    PlanIn,
    PublishIn,
    grids_json,
    plan_json,
    record_json,
    repair_json,
    step_json,
)
from gis_service.domain.access import Principal
from gis_service.domain.plan import Plan
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.change_plan import change_plan
from gis_service.use_cases.check_plan import check_plan
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.propose_plan_repair import propose_plan_repair
from gis_service.use_cases.publish_plan import publish_plan
from gis_service.use_cases.read_draft import read_draft
from gis_service.use_cases.read_plan import list_plans, read_plan
from gis_service.use_cases.redo_change import redo_change
from gis_service.use_cases.undo_change import undo_change
from gis_service.use_cases.withdraw_plan import withdraw_plan

router = APIRouter(tags=["plans"])

JSON: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {}}}}
CREATED: dict[int | str, dict[str, Any]] = {201: {"content": {"application/json": {}}}}
_TAG = re.compile(r'(?:W/)?"[^"]*"')


async def read_if_match(
    if_match: Annotated[
        str | None, Header(description="the plan's ETag as last seen; a plan at another version is a 412")
    ] = None,
) -> frozenset[str] | None:
    """Return the tags of the versions that the caller means; None when any will do (RFC 9110, 13.1.1)."""
    if if_match is None or if_match.strip() == "*":
        return None
    tags = [tag.strip() for tag in if_match.split(",")]
    if not all(_TAG.fullmatch(tag) for tag in tags):
        sentence = 'must be * or entity tags in double quotes, like "plan-7-3"'
        raise RuleBrokenError(f"the header If-Match {sentence}", faults=[InputFault("If-Match", sentence)])
    # Weak tags never match strongly; kept as they are, they match nothing.
    return frozenset(tag.removeprefix('"').removesuffix('"') for tag in tags)


Planner = Annotated[Principal, Depends(require("planner"))]
Reader = Annotated[Principal, Depends(require("planner", "auditor"))]
PlanId = Annotated[int, Path(ge=1, examples=[7])]
IfMatch = Annotated[frozenset[str] | None, Depends(read_if_match)]


@router.post("/v1/plans", status_code=201, response_class=Response, responses=CREATED)
def post_plan(principal: Planner, body: PlanIn, work: Work) -> Response:
    """Begin a redraw on top of an edition."""
    plan = create_plan(body.title, principal, work, base_edition=body.base_edition)
    record = read_plan(plan.id, work)
    return _json(record_json(record), plan, 201, {"Location": f"/v1/plans/{plan.id}"})


@router.get(
    "/v1/plans", response_class=Response, responses=JSON, dependencies=[Depends(require("planner", "auditor"))]
)
def get_plans(
    request: Request,
    work: Work,
    state: Literal["draft", "checked", "published", "withdrawn"] | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Return the plans, the newest first; a checked one is a draft in which the last check found no error."""
    after = None if cursor is None else decode_cursor(cursor, int)[0]
    plans = list_plans(after=after, limit=limit + 1, standing=state, work=work)
    following = encode_cursor(plans[limit - 1].id) if len(plans) > limit else None
    response = _json({"plans": [plan_json(plan) for plan in plans[:limit]], "next": following})
    link_next(request, response, following)
    return response


@router.get("/v1/plans/{plan_id}", response_class=Response, responses=JSON)
def get_plan(_: Reader, plan_id: PlanId, work: Work) -> Response:
    """Return one plan with its changes and its footprint."""
    record = read_plan(plan_id, work)
    return _json(record_json(record), record.plan)


@router.delete("/v1/plans/{plan_id}", status_code=204)
def delete_plan(principal: Planner, plan_id: PlanId, if_match: IfMatch, work: Work) -> None:
    """Withdraw a draft; it can still be read."""
    withdraw_plan(plan_id, principal, work, expected=if_match)


@router.post(
    "/v1/plans/{plan_id}/changes",
    status_code=201,
    response_class=Response,
    responses=CREATED,
    openapi_extra=CHANGE_BODY,
)
def post_change(principal: Planner, plan_id: PlanId, if_match: IfMatch, body: JsonBody, work: Work) -> Response:
    """Apply an operation to the draft at once; the answer has what it made and what the check says of it."""
    step = change_plan(plan_id, parse_change(body), principal, work, expected=if_match)
    return _json(step_json(step), step.record.plan, 201)


@router.delete("/v1/plans/{plan_id}/changes/last", response_class=Response, responses=JSON)
def delete_last_change(principal: Planner, plan_id: PlanId, if_match: IfMatch, work: Work) -> Response:
    """Undo the last change that counts."""
    step = undo_change(plan_id, principal, work, expected=if_match)
    return _json(step_json(step), step.record.plan)


@router.post("/v1/plans/{plan_id}/changes/redo", response_class=Response, responses=JSON)
def post_redo(principal: Planner, plan_id: PlanId, if_match: IfMatch, work: Work) -> Response:
    """Do again the change that was undone last."""
    step = redo_change(plan_id, principal, work, expected=if_match)
    return _json(step_json(step), step.record.plan)


@router.get("/v1/plans/{plan_id}/grids", response_class=Response, responses={200: {"content": {GEOJSON: {}}}})
def get_draft(
    _: Reader,
    request: Request,
    plan_id: PlanId,
    work: Work,
    box: Box,
    everything: Annotated[bool, Query(alias="all", description="the grids that the plan leaves alone, too")] = False,  # noqa: FBT002 - FastAPI reads it
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Return the grids that the plan touches, by code, as it wants them; those that it retires as they were."""
    after = "" if cursor is None else decode_cursor(cursor, str)[0]
    plan, grids = read_draft(plan_id, work, limit=limit + 1, after=after, everything=everything, box=box)
    following = encode_cursor(grids[limit - 1].code) if len(grids) > limit else None
    response = _json({**grids_json(plan, grids[:limit]), "next": following}, plan, media_type=GEOJSON)
    link_next(request, response, following)
    return response


@router.get("/v1/plans/{plan_id}/report", response_class=Response, responses=JSON)
def get_report(_: Reader, plan_id: PlanId, work: Work) -> Response:
    """Check the families of grids that the plan touches; the form is that of the check of boundaries."""
    plan, report = check_plan(plan_id, work)
    return _json({"edition": plan.base_edition, "plan": plan.id, **report.as_dict()}, plan)


@router.get("/v1/plans/{plan_id}/repair", response_class=Response, responses=JSON)
def get_repair(
    _: Reader,
    plan_id: PlanId,
    work: Work,
    choice: Annotated[
        list[str] | None,
        Query(description="the id of a finding, a colon, and the code that gets its ground; once for each choice"),
    ] = None,
) -> Response:
    """Propose how the draft's faults could be mended: changes to look at, and to send to /changes if liked."""
    repair = propose_plan_repair(plan_id, parse_choices(choice or []), work)
    return _json(repair_json(repair), repair.plan)


@router.post("/v1/plans/{plan_id}/publish", status_code=201, response_class=Response, responses=CREATED)
def post_publish(principal: Planner, plan_id: PlanId, if_match: IfMatch, body: PublishIn, work: Work) -> Response:
    """Make the plan the next edition, whole or not at all."""
    edition = publish_plan(
        plan_id, principal, work, note=body.note, effective_from=body.effective_from, expected=if_match
    )
    return _json(edition_json(edition), None, 201, {"Location": f"/v1/editions/{edition.number}"})


def _json(
    body: dict[str, Any],
    plan: Plan | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    told = {"Cache-Control": "no-cache", **(headers or {})}
    if plan is not None:
        told["ETag"] = f'"{plan.tag}"'
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status, media_type=media_type, headers=told)
