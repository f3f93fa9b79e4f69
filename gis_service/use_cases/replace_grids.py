"""Put drawn or imported grids into a plan."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.plan import Draft
from gis_service.errors import ClashError, InputFault, NotFoundError, RuleBrokenError
from grid_boundaries.partition import Grid, on_lattice


def replace_grids(
    plan_id: int, grids: Sequence[Grid], principal: Principal, work: UnitOfWork, *, retired: Collection[str] = ()
) -> None:
    """Let a draft hold these grids, new or redrawn, each vertex on the lattice; a draft may be wrong.

    Raises:
        NotFoundError: there is no such plan.
        ClashError: the plan is no draft any more.
        RuleBrokenError: a grid without level, name or shape, or two with one code.
    """
    faults = _find_faults(grids)
    if faults:
        raise RuleBrokenError("some grids cannot be put into a plan", code="incomplete-grid", faults=faults)
    with work:
        plan = work.plans.lock(plan_id)
        if plan is None:
            raise NotFoundError(f"no plan has the id {plan_id}")
        if plan.state != "draft":
            raise ClashError(f"plan {plan_id} is {plan.state}; only a draft can be changed", code="not-a-draft")
        made = Draft(grids=tuple(_on_lattice(grid) for grid in grids), retired=frozenset(retired))
        detail = {"codes": [grid.code for grid in grids]}
        work.plans.record_change(plan_id, operation="replace", detail=detail, made_by=principal.name, made=made)
        work.commit()


def _on_lattice(grid: Grid) -> Grid:
    return Grid(
        code=grid.code,
        shape=on_lattice(grid.shape),
        level=grid.level,
        parent=grid.parent,
        name=grid.name,
        kind=grid.kind,
        households=grid.households,
    )


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
