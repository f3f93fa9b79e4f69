"""Load the ground that an operation may meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Bounds
from gis_service.domain.plan import Draft, Plan
from gis_service.domain.plan_operation import Operation
from grid_boundaries.locate.nearest import box_around
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.ground import Ground

MARGIN_M = 1.0
"""Neighbours up to this far are part of the ground: an operation snaps over less."""


def load_ground(operation: Operation, plan: Plan, draft: Draft, work: UnitOfWork) -> Ground:
    """Return the draft's grids around an operation, inside a transaction already begun.

    They are those of every level whose box meets the box of what the operation names and brings, the grids above
    these, and all children of what is named, of what is above it, and of what would seem to have none.
    """
    base = plan.base_edition
    named = work.drafts.of_codes(base, draft, operation.codes)
    found = {grid.code: grid for grid in named}
    box = box_of([grid.shape for grid in named] + operation.shapes)
    if box is not None:
        found.update((grid.code, grid) for grid in work.drafts.in_box(base, draft, box))
    add_ancestors(found, plan, draft, work)
    above = {code for name in operation.codes if name in found for code in _chain(found, name)}
    # Who has children, and all of them elsewhere, is no grid without children.
    childless = found.keys() - {grid.parent for grid in found.values()}
    found.update((grid.code, grid) for grid in work.drafts.families(base, draft, above | childless))
    return Ground(
        found.values(),
        [level.code for level in work.levels.list_all()],
        _used_codes(operation, plan, found, work),
    )


def box_of(shapes: Iterable[BaseGeometry]) -> Bounds | None:
    """Return the box around shapes and ``MARGIN_M`` more, in degrees; None where there is nothing to be around."""
    bounds = shapely.bounds(np.array(list(shapes), dtype=np.object_)).reshape(-1, 4)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    lower, upper = box_around(west, south, MARGIN_M), box_around(east, north, MARGIN_M)
    return min(lower[0], upper[0]), lower[1], max(lower[2], upper[2]), upper[3]


def add_ancestors(found: dict[str, Grid], plan: Plan, draft: Draft, work: UnitOfWork) -> None:
    """Add to some grids all that lie above them in the draft."""
    asked = set[str]()
    while missing := {grid.parent for grid in found.values() if grid.parent} - found.keys() - asked:
        asked |= missing
        found.update((grid.code, grid) for grid in work.drafts.of_codes(plan.base_edition, draft, missing))


def _chain(found: Mapping[str, Grid], code: str) -> list[str]:
    chain: list[str] = []
    step: str | None = code
    while step is not None and step in found and step not in chain:
        chain.append(step)
        step = found[step].parent
    return chain


def _used_codes(operation: Operation, plan: Plan, found: Mapping[str, Grid], work: UnitOfWork) -> Collection[str]:
    """Return the codes that may not be given to new grids, as far as the operation could come upon them.

    Where codes are left to be chosen, those that other drafts have chosen are left to them.
    """
    used = (work.grids.used_codes(operation.codes) | work.plans.drawn_codes(plan.id)) - found.keys()
    if not operation.invents_codes:
        return used
    prefixes = {_prefix(grid) for grid in found.values()}
    return used | work.grids.used_codes_beginning(prefixes) | work.plans.codes_in_other_drafts(plan.id)


def _prefix(grid: Grid) -> str:
    """Return how the codes of a grid's new siblings begin."""
    if grid.parent is not None and grid.code.startswith(grid.parent):
        return grid.parent
    return grid.code.rstrip("0123456789")
