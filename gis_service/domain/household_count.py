"""How many households redrawn grids have: counted from buildings, and summed up the tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from grid_boundaries.locate.coordinates import quantise
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.ground import Ground, Redraw, apply_redraw


@dataclass(frozen=True, slots=True)
class Dwelling:
    """Where a building stands (degrees, EPSG:4326) and how many households it has."""

    lon: float
    lat: float
    households: int


def leaves_to_count(redraw: Redraw, before: Ground, *, recount: bool, settled: Collection[str]) -> list[Grid]:
    """Return the redrawn grids without children whose households must be counted.

    Those that nobody has counted; with ``recount`` all whose ground has changed.  ``settled`` are left as they are.
    """
    after = apply_redraw(before, redraw)
    return [
        grid
        for grid in redraw.grids
        if grid.code not in settled
        and grid.code not in redraw.refined
        and not after.children_of(grid.code)
        and (grid.households is None or recount)
        and (grid.code not in before or not before[grid.code].shape.equals(grid.shape))
    ]


def count_households(leaves: Sequence[Grid], ground: Ground, dwellings: Sequence[Dwelling]) -> dict[str, int]:
    """Return the households of the buildings that some grids own, by code; empty when they own no building at all.

    A building belongs to the deepest grid that covers it, on a shared edge to the smallest code (decision 3).
    """
    drawn = [
        grid for grid in ground.values() if ground.rank_of(grid.level) is not None and shapely.is_valid(grid.shape)
    ]
    drawn.sort(key=lambda grid: (-(ground.rank_of(grid.level) or 0), grid.code))
    counts, any_found = {grid.code: 0 for grid in leaves}, False
    if not drawn or not dwellings:
        return {}
    lons, lats = quantise(np.array([one.lon for one in dwellings]), np.array([one.lat for one in dwellings]))
    tree = shapely.STRtree([grid.shape for grid in drawn])
    met = tree.query(shapely.points(lons, lats), predicate="intersects")
    owners = np.full(len(dwellings), len(drawn))
    np.minimum.at(owners, met[0], met[1])
    for dwelling, owner in zip(dwellings, owners.tolist(), strict=True):
        code = drawn[owner].code if owner < len(drawn) else None
        if code in counts:
            counts[code] += dwelling.households
            any_found = True
    return counts if any_found else {}


def follow_households(
    redraw: Redraw, before: Ground, counts: Mapping[str, int], *, settled: Collection[str], kept: bool
) -> Redraw:
    """Return a redraw with counted households, and with the sums of the grids above that follow from it.

    Redrawn grids with children have the sum of these, where each is known.  A grid above that is not itself redrawn
    gets the difference that its children make, so that two plans below one grid both count; it is ``refined``.  Where
    a child's number is unknown before or after, the number above stands.

    Args:
        redraw: what an operation does.
        before: the ground that it was done to.
        counts: the new households of leaf grids, by code.
        settled: codes whose number the planner has set and that nothing changes.
        kept: leave the numbers of all grids in ``redraw`` as the operation gave them.
    """
    after = dict(apply_redraw(before, redraw))
    changed = {grid.code: grid for grid in redraw.grids}
    for code, counted in counts.items():
        changed[code] = after[code] = replace(after[code], households=counted)
    children: defaultdict[str, list[str]] = defaultdict(list)
    for grid in after.values():
        if grid.parent is not None:
            children[grid.parent].append(grid.code)
    followed = set[str]()
    number: int | None
    for parent in _deepest_first(before, after):
        if parent in settled:
            continue
        old = before.get(parent)
        if parent in changed and parent not in redraw.refined and parent not in followed:
            summed = None if kept else _sum_of([after[child] for child in children[parent]])
            number = after[parent].households if summed is None else summed
        elif old is not None and old.households is not None and before.children_of(parent):
            number = _with_difference(old, before, after, children[parent], changed.keys() | redraw.retired)
        else:
            continue
        if number != after[parent].households:
            changed[parent] = after[parent] = replace(after[parent], households=number)
            if parent not in redraw.refined and parent not in {grid.code for grid in redraw.grids}:
                followed.add(parent)
    return Redraw(
        grids=tuple(changed[code] for code in sorted(changed)),
        retired=redraw.retired,
        refined=redraw.refined | followed,
        detail={**redraw.detail, **({"households": dict(sorted(counts.items()))} if counts else {})},
    )


def _deepest_first(before: Ground, after: Mapping[str, Grid]) -> list[str]:
    """Return the codes of all grids that have children after or had them before, the deepest level first."""
    parents = {grid.parent for grid in (*before.values(), *after.values())} & after.keys()
    known = [code for code in parents if code is not None]
    return sorted(known, key=lambda code: (-_rank(before, after[code]), code))


def _rank(ground: Ground, grid: Grid) -> int:
    rank = ground.rank_of(grid.level)
    return -1 if rank is None else rank


def _sum_of(grids: Sequence[Grid]) -> int | None:
    numbers = [grid.households for grid in grids]
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None


def _with_difference(
    parent: Grid, before: Ground, after: Mapping[str, Grid], children: Sequence[str], touched: Collection[str]
) -> int | None:
    """Return the households of a grid when those of its touched children change.

    As they were when one is unknown, and for a grid that has no children left: it has its people to itself again.
    """
    if not children:
        return parent.households
    gone = [before[code].households for code in before.children_of(parent.code) if code in touched]
    come = [after[code].households for code in children if code in touched]
    numbers = [number for number in (*gone, *come) if number is not None]
    if parent.households is None or len(numbers) < len(gone) + len(come):
        return parent.households
    difference = sum(number for number in come if number is not None) - sum(number for number in gone if number)
    return max(0, parent.households + difference)
