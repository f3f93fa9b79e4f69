"""Put drawn or imported grids into a plan."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.plan_operation import Operation
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.change_plan import change_plan
from gis_service.use_cases.take_step import PlanStep
from grid_boundaries.partition import Grid


def replace_grids(
    plan_id: int,
    grids: Sequence[Grid],
    principal: Principal,
    work: UnitOfWork,
    *,
    retired: Collection[str] = (),
    expected: Collection[str] | None = None,
) -> PlanStep:
    """Let a draft hold these grids, new or redrawn, each vertex on the lattice; a draft may be wrong.

    ``retired`` are codes that leave with them, by a second change.

    Raises:
        RuleBrokenError: a grid without level, name or shape, or two with one code; all of them are told at once.
        ServiceError: what ``change_plan`` refuses.
    """
    faults = _find_faults(grids)
    if faults:
        raise RuleBrokenError(
            f"{len(faults)} faults: {faults[0].detail}; no grid is put into the plan",
            code="incomplete-grid",
            faults=faults,
            members={"message_zh": f"有 {len(faults)} 处问题，未将任何网格放入方案。"},
        )
    operation = Operation("replace", {"grids": tuple(grids)}, {"codes": [grid.code for grid in grids]})
    step = change_plan(plan_id, operation, principal, work, expected=expected)
    if not retired:
        return step
    codes = sorted(retired)
    return change_plan(plan_id, Operation("retire", {"codes": codes}, {"codes": codes}), principal, work)


def _find_faults(grids: Sequence[Grid]) -> list[InputFault]:
    faults, seen = [], set[str]()
    for position, grid in enumerate(grids):
        if grid.code in seen:
            faults.append(InputFault(f"/features/{position}", f"the code {grid.code} comes twice"))
        seen.add(grid.code)
        if grid.level is None or not grid.name:
            faults.append(InputFault(f"/features/{position}", f"grid {grid.code} needs a level and a name"))
        if grid.shape.is_empty:
            faults.append(InputFault(f"/features/{position}", f"grid {grid.code} has no shape"))
    return faults
