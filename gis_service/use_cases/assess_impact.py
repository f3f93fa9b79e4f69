"""Say what a plan will move, before it moves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Bounds
from gis_service.domain.impact import Impact, MovedBuilding, MovedIncident, Tree, weigh_redraw
from gis_service.domain.lineage import Lineage, trace
from gis_service.domain.pay import PayRules
from gis_service.domain.plan import Draft, Plan
from gis_service.errors import ClashError, NotFoundError
from grid_boundaries.locate.tree_locator import TreeLocator
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.transfers import Transfer, find_transfers, is_sound

YEAR = timedelta(days=365)


def assess_impact(plan_id: int, work: UnitOfWork, pay: PayRules | None = None) -> tuple[Plan, Impact]:
    """Return a plan, and what it takes from each grid and gives to each, against its base edition.

    Raises:
        NotFoundError: there is no such plan.
        ClashError: a redrawn grid is no valid polygon, so that its ground cannot be measured.
    """
    with work:
        plan = work.plans.get(plan_id)
        if plan is None:
            raise NotFoundError(f"no plan has the id {plan_id}")
        redrawn = _Redrawn(plan.base_edition, work.plans.draft(plan_id), work)
        return plan, _weigh(redrawn, work, pay or PayRules())


def trace_lineage(base: int | None, draft: Draft, work: UnitOfWork) -> list[Lineage]:
    """Return whose ground goes to whom when a draft is published on an edition; inside a transaction already begun.

    Buildings and households are those that stand there now.  The first edition takes no ground from anybody.
    """
    if base is None:
        return []
    redrawn = _Redrawn(base, draft, work)
    impact = _weigh(redrawn, work, PayRules())
    loads = work.stock.loads(base, redrawn.codes, work.editions.now() - YEAR)
    return trace(redrawn.transfers, impact.moves, loads)


class _Redrawn:
    """The redrawn grids of a draft with all that surrounds them, before and after."""

    def __init__(self, base: int | None, draft: Draft, work: UnitOfWork) -> None:
        self.base = base
        self.codes = frozenset(draft.touched - draft.refined)
        old = [] if base is None else work.grids.of_codes(base, self.codes)
        new = [grid for grid in draft.grids if grid.code in self.codes]
        _refuse_unsound(new)
        self.transfers: list[Transfer] = find_transfers(old, new)
        families = {grid.parent for grid in (*old, *new)} | self.codes
        before = [] if base is None else _with_ancestors(base, Draft(), families, work)
        after = _with_ancestors(base, draft, families, work)
        self.before = Tree({grid.code: grid for grid in before})
        # Whoever else comes near the moved ground may own what stands on its border: the smallest code does.
        near = [] if not self.boxes else work.drafts.in_box(base, draft, _around(self.boxes))
        self.after = Tree({grid.code: grid for grid in (*after, *near)})
        parents = {grid.parent for grid in (*before, *after)}
        self.leaves = frozenset(code for code in self.codes if code not in parents)
        self.ranks = {level.code: level.rank for level in work.levels.list_all()}

    @property
    def boxes(self) -> list[Bounds]:
        """Boxes around the ground that changes hands."""
        return [one.shape.bounds for one in self.transfers if one.from_code != one.to_code]

    def owners_after(self, lons: Sequence[float], lats: Sequence[float]) -> list[str | None]:
        """Return who will own some points: the deepest grid around them, of those that were loaded."""
        locator = TreeLocator.build(list(self.after.grids.values()), self.ranks)
        indices: NDArray[np.int32] = locator.locate_many(lons, lats)
        return [None if index < 0 else locator.codes[index] for index in indices.tolist()]


def _refuse_unsound(grids: Sequence[Grid]) -> None:
    unsound = sorted(grid.code for grid in grids if not is_sound(grid.shape))
    if unsound:
        raise ClashError(
            f"the draft's {', '.join(unsound)} have no valid polygon; see the report, mend them and ask again",
            code="draft-not-sound",
            members={"grids": unsound},
        )


def _around(boxes: Sequence[Bounds]) -> Bounds:
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def _with_ancestors(base: int | None, draft: Draft, families: set[str | None], work: UnitOfWork) -> list[Grid]:
    """Return some families and the ancestors of their parents, up to the roots."""
    found = {grid.code: grid for grid in work.drafts.families(base, draft, families)}
    while missing := {grid.parent for grid in found.values() if grid.parent is not None} - found.keys():
        above = work.drafts.of_codes(base, draft, missing)
        if not above:
            break
        found |= {grid.code: grid for grid in above}
    return list(found.values())


def _weigh(redrawn: _Redrawn, work: UnitOfWork, pay: PayRules) -> Impact:
    base = redrawn.base
    boxes = redrawn.boxes
    standing = [] if base is None else work.stock.buildings_in(base, boxes)
    waiting = work.stock.open_incidents_in(boxes)
    places = [(one.lon, one.lat) for one in standing] + [(one.lon, one.lat) for one in waiting]
    doors = [door for one in standing for door in one.doors]
    owners = redrawn.owners_after(*zip(*places, *doors, strict=True)) if places else []
    of_buildings, of_incidents = owners[: len(standing)], owners[len(standing) : len(places)]
    of_doors = iter(owners[len(places) :])
    buildings = [
        MovedBuilding(
            one.code, one.name, one.households, one.owner, owner, frozenset(next(of_doors) for _ in one.doors)
        )
        for one, owner in zip(standing, of_buildings, strict=True)
    ]
    incidents = [
        MovedIncident(str(one.id), one.owner, owner)
        for one, owner in zip(waiting, of_incidents, strict=True)
        if one.owner != owner
    ]
    now = work.editions.now()
    loads = {} if base is None else work.stock.loads(base, redrawn.codes, now - YEAR)
    return weigh_redraw(
        redrawn.transfers,
        before=redrawn.before,
        after=redrawn.after,
        leaves=redrawn.leaves,
        loads=loads,
        buildings=[one for one in buildings if one.owner_before != one.owner_after or one.split_between],
        incidents=incidents,
        staff=work.stock.on_duty(redrawn.codes, now.date()),
        redrawn=redrawn.codes,
        pay=pay,
    )
