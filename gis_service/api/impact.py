"""What a plan would move."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from gis_service.api.access import require
from gis_service.api.dependencies import Work
from gis_service.domain.impact import GridImpact, Impact, Load, Move
from gis_service.domain.plan import Plan
from gis_service.use_cases.assess_impact import assess_impact

router = APIRouter(tags=["plans"])


@router.get("/v1/plans/{plan_id}/impact", dependencies=[Depends(require("planner", "auditor"))])
def get_impact(plan_id: Annotated[int, Path(ge=1, le=2**31 - 1)], work: Work) -> dict[str, Any]:
    """Return the ground, buildings, households, open incidents, staff and yearly money that a plan moves."""
    return impact_json(*assess_impact(plan_id, work))


def impact_json(plan: Plan, impact: Impact) -> dict[str, Any]:
    """Return what a plan moves."""
    return {
        "plan": plan.id,
        "version": plan.version,
        "edition": plan.base_edition,
        "summary": _summary(impact),
        "moves": [_move(one) for one in impact.moves],
        "grids": [_grid(one) for one in impact.grids],
        "split_buildings": [
            {"code": one.code, "name": one.name, "grids": one.split_between} for one in impact.split_buildings
        ],
        "staff": [{"name": one.name, "role": one.role, "grid": one.grid} for one in impact.staff],
    }


def _summary(impact: Impact) -> dict[str, Any]:
    before, after = impact.yearly_yuan
    return {
        "buildings": impact.buildings,
        "households": impact.households,
        "open_incidents": impact.open_incidents,
        "split_buildings": len(impact.split_buildings),
        "staff": len(impact.staff),
        "yearly_yuan": {"before": before, "after": after},
    }


def _move(one: Move) -> dict[str, Any]:
    return {
        "level": one.level,
        "from": one.from_code,
        "to": one.to_code,
        "area_m2": round(one.area_m2, 2),
        "buildings": one.buildings,
        "households": one.households,
        "open_incidents": one.open_incidents,
        "yearly_yuan": one.yearly_yuan,
    }


def _grid(one: GridImpact) -> dict[str, Any]:
    areas = [None if area is None else round(area, 2) for area in one.area_m2]
    return {
        "code": one.code,
        "name": one.name,
        "level": one.level,
        "change": one.change,
        "before": _state(areas[0], one.load[0], one.yearly_yuan[0]),
        "after": _state(areas[1], one.load[1], one.yearly_yuan[1]),
    }


def _state(area_m2: float | None, load: Load | None, yearly_yuan: int | None) -> dict[str, Any] | None:
    if load is None:
        return None
    return {
        "area_m2": area_m2,
        "buildings": load.buildings,
        "households": load.households,
        "incidents_a_year": load.incidents_a_year,
        "yearly_yuan": yearly_yuan,
    }
