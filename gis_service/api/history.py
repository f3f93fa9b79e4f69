"""Looking back: what an edition changed, and what a grid has been."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from shapely.geometry import mapping
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Work
from gis_service.api.grids import GridCode
from gis_service.api.schemas_plans import record_json
from gis_service.domain.access import Principal
from gis_service.domain.diff import GridDiff
from gis_service.domain.edition import Edition
from gis_service.domain.lineage import Lineage
from gis_service.use_cases.compare_editions import compare_editions
from gis_service.use_cases.read_ground import read_lineage
from gis_service.use_cases.read_history import read_history
from gis_service.use_cases.read_plan import read_plan
from gis_service.use_cases.revert_edition import revert_edition
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.transfers import Transfer

router = APIRouter(tags=["grids"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/v1/editions/{number}/diff")
def get_diff(
    number: Number,
    to: Annotated[int, Query(ge=1, le=2**31 - 1, description="the edition to compare with")],
    work: Work,
    geometry: Annotated[Literal["true", "false"], Query(description="with the shapes of moved ground")] = "true",
) -> Response:
    """Return which grids differ in edition ``to``, and which ground went from which grid to which."""
    diff = compare_editions(number, to, work)
    body = {
        "edition": number,
        "to": to,
        "grids": [_difference(one) for one in diff.grids],
        "transfers": [_transfer(one, with_geometry=geometry == "true") for one in diff.transfers],
    }
    return Response(orjson.dumps(body), media_type="application/json")


@router.get("/v1/editions/{number}/lineage")
def get_lineage(number: Number, work: Work) -> dict[str, Any]:
    """Return whose ground went to whom when an edition was published; nothing for the first."""
    return {"edition": number, "lineage": [_lineage(one) for one in read_lineage(number, work)]}


class RevertIn(BaseModel):
    """How to go back: ``undo`` what the edition changed, and nothing else; or ``restore`` all as it was in it."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["undo", "restore"] | None = Field(
        None, description="undo when left out; the first edition can only be restored"
    )


@router.post("/v1/editions/{number}/revert", status_code=201)
def post_revert(
    number: Number,
    response: Response,
    work: Work,
    principal: Annotated[Principal, Depends(require("planner"))],
    body: RevertIn | None = None,
) -> dict[str, Any]:
    """Make a plan that takes back what an edition changed; it is to be looked at and published like any other."""
    plan = revert_edition(number, None if body is None else body.mode, principal, work)
    response.headers["Location"] = f"/v1/plans/{plan.id}"
    response.headers["ETag"] = f'"{plan.tag}"'
    return record_json(read_plan(plan.id, work))


@router.get("/v1/grids/{code}/history")
def get_history(code: GridCode, work: Work) -> dict[str, Any]:
    """Return every state that a grid has had, and the ground that it gave and got."""
    history = read_history(code, work)
    current = [one for one in history.spans if one.until is None]
    return {
        "code": code,
        "edition": max(history.editions),
        "alive": bool(current),
        "history": [
            {
                "since": {"edition": one.since, "effective_from": _effect(history.editions, one.since)},
                "until": None
                if one.until is None
                else {"edition": one.until, "effective_from": _effect(history.editions, one.until)},
                "name": one.name,
                "level": one.level,
                "parent": one.parent,
                "kind": one.kind,
                "households": one.households,
                "area_m2": round(one.area_m2, 2),
            }
            for one in history.spans
        ],
        "lineage": [{"edition": edition, **_lineage(one)} for edition, one in history.lineage],
    }


def _effect(editions: Mapping[int, Edition], number: int) -> str:
    return editions[number].effective_from.isoformat()


def _lineage(one: Lineage) -> dict[str, Any]:
    return {
        "from": one.from_code,
        "to": one.to_code,
        "area_m2": round(one.area_m2, 2),
        "buildings": one.buildings,
        "households": one.households,
    }


def _difference(one: GridDiff) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.grid.name,
        "level": one.grid.level,
        "changes": list(one.changes),
        "before": _attributes(one.before),
        "after": _attributes(one.after),
    }


def _attributes(grid: Grid | None) -> dict[str, Any] | None:
    if grid is None:
        return None
    return {
        "name": grid.name,
        "level": grid.level,
        "parent": grid.parent,
        "kind": grid.kind,
        "households": grid.households,
    }


def _transfer(one: Transfer, *, with_geometry: bool) -> dict[str, Any]:
    told = {"level": one.level, "from": one.from_code, "to": one.to_code, "area_m2": round(one.area_m2, 2)}
    return {**told, "geometry": mapping(one.shape)} if with_geometry else told
