"""Plans as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from shapely.geometry import mapping

from gis_service.api.instants import Instant
from gis_service.domain.plan import Plan, PlanChange
from gis_service.use_cases.propose_plan_repair import PlanRepair
from gis_service.use_cases.read_draft import DraftGrid
from gis_service.use_cases.read_plan import PlanRecord
from gis_service.use_cases.take_step import PlanStep
from grid_boundaries.partition import Grid


def _with_words(text: str) -> str:
    if "\x00" in text or not text.strip():
        msg = "must not be blank, nor hold the character U+0000"
        raise ValueError(msg)
    return text


class PlanIn(BaseModel):
    """A new plan."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_with_words)]
    base_edition: Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)] | None = Field(
        default=None, description="the edition that it redraws; the newest when left out"
    )


class PublishIn(BaseModel):
    """When a plan takes effect, and why."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_with_words)] = Field(
        description="why, for those who look back"
    )
    effective_from: Instant | None = Field(default=None, description="now when left out; after the newest edition's")


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as it stands in a list."""
    return {
        "id": plan.id,
        "title": plan.title,
        "state": plan.standing,
        "version": plan.version,
        "base_edition": plan.base_edition,
        "published_edition": plan.published_edition,
        "reverts": plan.reverts,
        "created_by": plan.created_by,
        "created_at": plan.created_at,
        "changed_at": plan.changed_at,
    }


def record_json(record: PlanRecord) -> dict[str, Any]:
    """Return a plan with its changes and its footprint."""
    footprint = record.footprint
    return {
        **plan_json(record.plan),
        "edition": record.plan.base_edition,
        "changes": [change_json(change, record.plan) for change in record.changes],
        "footprint": {
            "redrawn": footprint.redrawn,
            "retired": footprint.retired,
            "refined": footprint.refined,
        },
    }


def change_json(change: PlanChange, plan: Plan) -> dict[str, Any]:
    """Return a change, and whether it is undone."""
    return {
        "position": change.position,
        "op": change.operation,
        "detail": change.detail,
        "made_by": change.made_by,
        "made_at": change.made_at,
        "undone": change.position > plan.head,
    }


def step_json(step: PlanStep) -> dict[str, Any]:
    """Return what one act made of a plan."""
    plan = step.record.plan
    return {
        "edition": plan.base_edition,
        "plan": record_json(step.record),
        "change": change_json(step.change, plan),
        "grids": grids_json(plan, step.grids),
        "report": step.report.as_dict(),
    }


def grids_json(plan: Plan, grids: list[DraftGrid] | tuple[DraftGrid, ...]) -> dict[str, Any]:
    """Return grids of a draft as a GeoJSON FeatureCollection; ``properties.change`` says what became of each."""
    return {
        "type": "FeatureCollection",
        "edition": plan.base_edition,
        "plan": plan.id,
        "version": plan.version,
        "features": [_feature(one) for one in grids],
    }


def repair_json(repair: PlanRepair) -> dict[str, Any]:
    """Return a proposal: the changes that would mend the draft, why ground goes where, and the outcome."""
    proposal = repair.proposal
    stock = [{"buildings": one.buildings, "households": one.households} for one in repair.stock]
    told = proposal.as_dict()
    assignments = [{**one, **counts} for one, counts in zip(told["assignments"], stock, strict=True)]
    changes: list[dict[str, Any]] = []
    if proposal.grids:
        changes.append({"op": "replace", "features": [_drawn(grid) for grid in proposal.grids]})
    if proposal.removed:
        changes.append({"op": "retire", "codes": list(proposal.removed)})
    return {
        "edition": repair.plan.base_edition,
        "plan": repair.plan.id,
        "version": repair.plan.version,
        "complete": proposal.complete,
        "changes": changes,
        "diff": told["diff"],
        "assignments": assignments,
        "announcements": told["announcements"],
        "not_repaired": told["not_repaired"],
        "report_after": told["report_after"],
    }


def _drawn(grid: Grid) -> dict[str, Any]:
    properties = {
        "code": grid.code,
        "name": grid.name,
        "level": grid.level,
        "parent": grid.parent,
        "kind": grid.kind,
        "households": grid.households,
    }
    return {"type": "Feature", "properties": properties, "geometry": mapping(grid.shape)}


def _feature(one: DraftGrid) -> dict[str, Any]:
    grid = one.grid
    known = (
        {}
        if grid is None
        else {
            "name": grid.name,
            "level": grid.level,
            "parent": grid.parent,
            "kind": grid.kind,
            "households": grid.households,
        }
    )
    return {
        "type": "Feature",
        "id": one.code,
        "properties": {"code": one.code, "change": one.change, **known},
        "geometry": None if grid is None else mapping(grid.shape),
    }
