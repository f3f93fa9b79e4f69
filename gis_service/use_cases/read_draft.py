"""Read the grids of a draft."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Bounds
from gis_service.domain.plan import Draft, Plan
from gis_service.use_cases.lock_draft import find_plan
from grid_boundaries.partition import Grid


@dataclass(frozen=True, slots=True)
class DraftGrid:
    """A grid as a draft has it, and what has become of it since the base.

    ``change`` is ``added``, ``changed``, ``refined``, ``restored``, ``retired`` (``grid`` is as it was in the base),
    ``unchanged``, or ``gone`` (it was drawn and is no more; ``grid`` is None).
    """

    code: str
    change: str
    grid: Grid | None


def read_draft(
    plan_id: int, work: UnitOfWork, *, everything: bool = False, box: Bounds | None = None
) -> tuple[Plan, list[DraftGrid]]:
    """Return a plan and the grids that it touches, by code; with ``everything`` all others too.

    With ``box`` only those whose own box meets it.

    Raises:
        NotFoundError: there is no such plan.
    """
    with work:
        plan = find_plan(plan_id, work)
        draft = work.plans.draft(plan_id)
        touched = [one for one in tell_grids(plan.base_edition, draft, draft.touched, work) if _is_near(one, box)]
        if not everything:
            return plan, touched
        base = plan.base_edition
        whole = work.drafts.whole(base, draft) if box is None else work.drafts.in_box(base, draft, box)
    others = [DraftGrid(grid.code, "unchanged", grid) for grid in whole if grid.code not in draft.touched]
    return plan, sorted(touched + others, key=lambda one: one.code)


def tell_grids(base: int | None, draft: Draft, codes: Collection[str], work: UnitOfWork) -> tuple[DraftGrid, ...]:
    """Return what a draft makes of some grids of its base, by code, inside a transaction already begun."""
    before = {} if base is None else {grid.code: grid for grid in work.grids.of_codes(base, codes)}
    drawn = {grid.code: grid for grid in draft.grids}
    told = []
    for code in sorted(codes):
        if code in drawn:
            told.append(DraftGrid(code, _change(code, draft, is_new=code not in before), drawn[code]))
        elif code not in before:
            told.append(DraftGrid(code, "gone", None))
        else:
            told.append(DraftGrid(code, "retired" if code in draft.retired else "unchanged", before[code]))
    return tuple(told)


def _change(code: str, draft: Draft, *, is_new: bool) -> str:
    if code in draft.restored:
        return "restored"
    if is_new:
        return "added"
    return "refined" if code in draft.refined else "changed"


def _is_near(one: DraftGrid, box: Bounds | None) -> bool:
    if one.grid is None or box is None:
        return one.grid is not None
    west, south, east, north = one.grid.shape.bounds
    return west <= box[2] and east >= box[0] and south <= box[3] and north >= box[1]
