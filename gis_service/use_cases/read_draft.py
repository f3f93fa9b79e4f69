"""Read the grids of a draft."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    plan_id: int,
    work: UnitOfWork,
    *,
    limit: int,
    after: str = "",
    everything: bool = False,
    box: Bounds | None = None,
) -> tuple[Plan, list[DraftGrid]]:
    """Return a plan and up to ``limit`` of the grids that it touches, by code; with ``everything`` all others too.

    Args:
        plan_id: the plan.
        work: a transaction not yet begun.
        limit: how many grids at most.
        after: the last code of the page before.
        everything: whether to return the grids, too, that the plan leaves alone.
        box: only the grids whose own box meets this one.

    Raises:
        NotFoundError: there is no such plan.
    """
    with work:
        plan = find_plan(plan_id, work)
        draft, base = work.plans.draft(plan_id), plan.base_edition
        coming = [code for code in draft.touched if code > after]
        found = [one for one in tell_grids(base, draft, coming, work) if _is_near(one, box)]
        if everything and base is not None:
            found += [
                DraftGrid(one.code, "unchanged", one) for one in _untouched(base, draft, after, limit, box, work)
            ]
    return plan, sorted(found, key=lambda one: one.code)[:limit]


def _untouched(
    base: int, draft: Draft, after: str, limit: int, box: Bounds | None, work: UnitOfWork
) -> Sequence[Grid]:
    """Return the grids after a code that a draft leaves alone; those beyond ``limit`` may be left out."""
    if box is not None:
        near = work.drafts.in_box(base, draft, box)
        return [one for one in near if one.code > after and one.code not in draft.touched]
    coming = sorted(code for code in work.grids.outline(base) if code > after and code not in draft.touched)
    return work.grids.of_codes(base, coming[:limit])


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
