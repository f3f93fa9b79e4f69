"""Whether the leaf grids of one parent have about the same work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import mapping

from grid_boundaries.check import messages
from grid_boundaries.check.balance import Balance, deviations, spread
from grid_boundaries.check.findings import Finding, Report, place_of, with_more
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.partition import Grid

_MEASURES = ("households", "buildings", "incidents_a_year")


@dataclass(frozen=True, slots=True)
class Workload:
    """What one leaf grid has to do; None where it is not known."""

    households: float | None = None
    buildings: float | None = None
    incidents_a_year: float | None = None


def weigh_with_workloads(
    report: Report, grids: Sequence[Grid], workloads: Mapping[str, Workload], rules: CheckRules
) -> Report:
    """Return the report with a warning ``unbalanced`` for each leaf grid with much more or less than its siblings.

    Siblings are the leaf grids of the same parent and level, and of kind ``standard``: a dedicated grid is
    cut to a street of shops, not to a load.  A measure is held against its mean over all siblings of whom it is
    known, by ``rules.balance``.  One warning a grid tells all measures that are off.

    Args:
        report: of a check of these grids.
        grids: the tree, or a set.
        workloads: by the code of the grid.
        rules: the figures of the jurisdiction.
    """
    parents = {grid.parent for grid in grids}
    siblings: defaultdict[tuple[str | None, str | None], list[Grid]] = defaultdict(list)
    for grid in grids:
        if grid.code in workloads and grid.code not in parents and grid.kind == "standard":
            siblings[grid.parent, grid.level].append(grid)
    found = []
    for group in siblings.values():
        off = _off(group, workloads, rules.balance)
        found += [_finding(grid, off[grid.code]) for grid in group if grid.code in off]
    return with_more(report, found)


def _off(
    group: Sequence[Grid], workloads: Mapping[str, Workload], balance: Balance
) -> Mapping[str, list[messages.Deviation]]:
    """Return by code the measures in which grids deviate too far: name, value, mean, deviation."""
    off: defaultdict[str, list[messages.Deviation]] = defaultdict(list)
    for measure in _MEASURES:
        known = [(grid.code, getattr(workloads[grid.code], measure)) for grid in group]
        values = [(code, float(value)) for code, value in known if value is not None]
        if len(values) < balance.siblings:
            continue
        figures = [value for _, value in values]
        mean = spread(figures).mean
        for (code, value), deviation in zip(values, deviations(figures), strict=True):
            if abs(deviation) > balance.share:
                off[code].append((measure, value, mean, deviation))
    return off


def _finding(grid: Grid, off: Sequence[messages.Deviation]) -> Finding:
    place = place_of(grid.shape) if shapely.is_valid(grid.shape) else None
    heavy = max(off, key=lambda one: abs(one[3]))[3] > 0
    return Finding(
        "unbalanced",
        "warning",
        (grid.code,),
        *messages.unbalanced(grid.code, off),
        geometry=None if place is None else mapping(shapely.Point(place)),
        fixes=({"action": "split" if heavy else "merge", "grid": grid.code},),
        place=place,
    )
