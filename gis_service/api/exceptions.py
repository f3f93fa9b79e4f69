"""Findings accepted on purpose, and coverage targets."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Work
from gis_service.api.paging import decode_cursor, encode_cursor, link_next
from gis_service.api.rules import require_editor
from gis_service.api.schemas_incidents import storable, with_words
from gis_service.domain.access import Principal
from gis_service.domain.finding_exception import CoverageTarget, FindingException
from gis_service.use_cases.grant_exception import grant_exception, list_exceptions, withdraw_exception
from gis_service.use_cases.set_coverage_targets import read_coverage_targets, set_coverage_targets

router = APIRouter(tags=["plans"])

Planner = Annotated[Principal, Depends(require("planner"))]
Words = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(storable), AfterValidator(with_words)]
Code = Annotated[str, Field(pattern="^[0-9A-Za-z]{1,32}$")]


class ExceptionIn(BaseModel):
    """A finding to accept: its id, rule and grids as the report has them, why, who answers for it, until when."""

    model_config = ConfigDict(extra="forbid")

    finding_id: str = Field(pattern="^[0-9a-f]{16}(-[0-9]{1,6})?$")
    rule: Words
    grids: list[Code] = Field(
        default_factory=list, max_length=1000, description="as the finding has them; maybe none"
    )
    reason: Words = Field(examples=["湖面, 无住户"])
    owner: Words = Field(description="who answers for it", examples=["区城管局"])
    expires_on: date = Field(description="the last day on which it holds")


class TargetIn(BaseModel):
    """The share of its ground that a grid and its subtree must have in grids."""

    model_config = ConfigDict(extra="forbid")

    grid: Code
    share: float = Field(strict=True, ge=0, le=1, allow_inf_nan=False)
    reason: Annotated[str, Field(max_length=500), AfterValidator(storable)] = ""


class TargetsIn(BaseModel):
    """All targets; those that are not listed hold no longer."""

    model_config = ConfigDict(extra="forbid")

    targets: list[TargetIn] = Field(max_length=100_000)


@router.post("/v1/exceptions", status_code=201)
def post_exception(body: ExceptionIn, principal: Planner, work: Work, response: Response) -> dict[str, Any]:
    """Accept a finding, so that it does not stand in the way of publishing."""
    granted = grant_exception(**body.model_dump(), principal=principal, work=work)
    response.headers["Location"] = f"/v1/exceptions/{granted.id}"
    return _exception(granted)


@router.get("/v1/exceptions", dependencies=[Depends(require("planner", "auditor"))])
def get_exceptions(
    request: Request,
    response: Response,
    work: Work,
    state: Annotated[Literal["in_force", "all"], Query(description="all: those that are over too")] = "in_force",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> dict[str, Any]:
    """Return the accepted findings, the newest first."""
    after = None if cursor is None else decode_cursor(cursor, int)[0]
    found = list_exceptions(after=after, limit=limit + 1, in_force=state == "in_force", work=work)
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    link_next(request, response, following)
    return {"exceptions": [_exception(one) for one in found[:limit]], "next": following}


@router.delete("/v1/exceptions/{exception_id}", status_code=204)
def delete_exception(exception_id: Annotated[int, Path(ge=1, le=2**31 - 1)], principal: Planner, work: Work) -> None:
    """Withdraw an exception: the finding stands in the way again."""
    withdraw_exception(exception_id, principal, work)


@router.get("/v1/rules/coverage")
def get_coverage_targets(work: Work) -> dict[str, Any]:
    """Return how much of its ground each jurisdiction must have in grids; where nothing is said, the whole."""
    return {"targets": [_target(one) for one in read_coverage_targets(work)]}


@router.put("/v1/rules/coverage", dependencies=[Depends(require_editor)])
def put_coverage_targets(body: TargetsIn, work: Work) -> dict[str, Any]:
    """Set all coverage targets at once."""
    set_coverage_targets([CoverageTarget(one.grid, one.share, one.reason) for one in body.targets], work)
    return get_coverage_targets(work)


def _exception(one: FindingException) -> dict[str, Any]:
    return {
        "id": one.id,
        "finding_id": one.finding_id,
        "rule": one.rule,
        "grids": list(one.grids),
        "reason": one.reason,
        "owner": one.owner,
        "expires_on": one.expires_on.isoformat(),
        "granted_by": one.granted_by,
        "granted_at": one.granted_at.isoformat(),
        "withdrawn_at": None if one.withdrawn_at is None else one.withdrawn_at.isoformat(),
    }


def _target(one: CoverageTarget) -> dict[str, Any]:
    return {"grid": one.grid_code, "share": one.share, "reason": one.reason}
