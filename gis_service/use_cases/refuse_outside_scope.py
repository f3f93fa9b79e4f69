"""Keep planners to their own ground."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.plan import Draft, Plan
from gis_service.errors import ForbiddenError
from gis_service.use_cases.load_ground import add_ancestors
from grid_boundaries.partition import Grid


def refuse_outside_scope(principal: Principal, redrawn: Collection[str], *grounds: Mapping[str, Grid]) -> None:
    """Refuse a redraw of grids that lie outside a planner's scope, before it or after.

    Grids that only follow are no part of ``redrawn``: a vertex on a common edge belongs to both sides.

    Raises:
        ForbiddenError: ``members["grids"]`` names them.
    """
    outside = sorted(code for code in redrawn if not all(_may_redraw(principal, code, one) for one in grounds))
    if outside:
        raise ForbiddenError(
            f"your scope is {principal.scope}; it does not hold {', '.join(outside)}",
            code="outside-scope",
            members={"grids": outside},
        )


def refuse_draft_outside_scope(principal: Principal, plan: Plan, draft: Draft, work: UnitOfWork) -> None:
    """Refuse acts on a plan that redraws grids outside a planner's scope, inside a transaction already begun.

    Raises:
        ForbiddenError: ``members["grids"]`` names them.
    """
    if principal.scope is None or not draft.redrawn:
        return
    nothing = Draft()
    before = {grid.code: grid for grid in work.drafts.of_codes(plan.base_edition, nothing, draft.redrawn)}
    after = {grid.code: grid for grid in work.drafts.of_codes(plan.base_edition, draft, draft.redrawn)}
    add_ancestors(before, plan, nothing, work)
    add_ancestors(after, plan, draft, work)
    refuse_outside_scope(principal, draft.redrawn, before, after)


def _may_redraw(principal: Principal, code: str, ground: Mapping[str, Grid]) -> bool:
    """Say whether a grid lies in the scope; where the ground has none of the code, there is nothing to refuse."""
    chain: list[str] = []
    step: str | None = code if code in ground else None
    while step is not None and step not in chain:
        chain.append(step)
        step = ground[step].parent if step in ground else None
    return not chain or principal.sees(chain)
