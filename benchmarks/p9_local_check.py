"""P9: the check of one edited community inside the province, with the verdict that the check of it all has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from benchmarks.edits import moved_corners
from benchmarks.province import province
from benchmarks.race import Row, Side, race
from grid_boundaries.check import CheckRules, Report, check_tree
from grid_boundaries.check.footprint import check_footprint, touched_families
from grid_boundaries.partition import Grid
from grid_boundaries.synthetic.province import LEVELS

LEAST_RATIO = 1000
ROUNDS = 3
CALLS = 300
RULES = CheckRules()


def races() -> Iterator[Row]:
    """Race the check of what an edit touches against the check of the whole edited province."""
    tree = _Tree(province())
    edits = moved_corners(province(), 1)
    # A fault must be found by both as well: one grid moves, its neighbour stays.
    for edit in (edits[:1], edits):
        whole = check_tree(_edited(edit), RULES, LEVELS)
        local = tree.check(edit)
        if _told(whole) != _told(local) or whole.valid != (len(edit) > 1):
            msg = "the two checks differ"
            raise ValueError(msg)
    after = _edited(edits)
    yield race(
        Side("check_footprint of one community", lambda: [tree.check(edits) for _ in range(CALLS)], CALLS),
        Side(f"check_tree, {len(after):,} grids", lambda: check_tree(after, RULES, LEVELS)),
        unit="checks",
        least_ratio=LEAST_RATIO,
        rounds=ROUNDS,
    )


def _edited(edits: Sequence[Grid]) -> list[Grid]:
    new = {grid.code: grid for grid in edits}
    return [new.get(grid.code, grid) for grid in province()]


class _Tree:
    """The province as a database's indexes have it: a grid by its code, the children of a parent."""

    def __init__(self, grids: Sequence[Grid]) -> None:
        self.by_code = {grid.code: grid for grid in grids}
        self.children: defaultdict[str | None, list[Grid]] = defaultdict(list)
        for grid in grids:
            self.children[grid.parent].append(grid)

    def check(self, edits: Sequence[Grid]) -> Report:
        """Check some edited grids with the families that they touch, as a plan does."""
        new = {grid.code: grid for grid in edits}
        families = touched_families(self.by_code, new, new.keys())
        parents = [self.by_code[code] for code in families if code is not None and code not in new]
        members = [grid for code in families for grid in self.children.get(code, ()) if grid.code not in new]
        return check_footprint([*edits, *parents, *members], new.keys(), RULES, LEVELS, parents=families)


def _told(report: Report) -> list[str]:
    return [finding.id for finding in report.findings]
