"""The check of a redraw: the families it touches, with the verdict that the whole tree would have."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from grid_boundaries.check.findings import Report
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.check.tree import Scope, check_scope
from grid_boundaries.partition import Grid

_NOTHING_ABOVE: Mapping[str, str | None] = {}


def touched_families(
    before: Mapping[str, Grid], after: Mapping[str, Grid], touched: Collection[str]
) -> set[str | None]:
    """Return the parents whose families a redraw touches: where a grid was, where it is, and its own children.

    None stands for the family of roots.  Each touched grid counts as a parent, whether it has children or not, so
    that the proof of a family that ceases to be is found and dropped.

    Args:
        before: the grids as they are, by code; those touched are enough.
        after: the same as they will be; a retired grid is missing.
        touched: the codes of all grids that are made, changed or retired.
    """
    families: set[str | None] = set(touched)
    for code in touched:
        families.update(grid.parent for grid in (before.get(code), after.get(code)) if grid is not None)
    return families


def check_footprint(
    grids: Sequence[Grid],
    touched: Collection[str],
    rules: CheckRules,
    levels: Sequence[str],
    *,
    parents: Collection[str | None],
    ancestors: Mapping[str, str | None] = _NOTHING_ABOVE,
) -> Report:
    """Return what is wrong in the families that a redraw touches; bad grids never make it raise.

    The findings about ground, and their ids, are those that ``check_tree`` has on the whole tree for these families;
    the remarks on single grids are those on the touched ones.  So where the tree was valid before, the tree is valid
    after exactly if this report is: the check of a family reads its members and their parent and nothing else, and a
    family in which neither has changed is as valid as it was.

    Args:
        grids: as they will be: all touched grids, all members of the touched families, and the parents of these.
            More may be given.  No code of theirs may stand for a grid that is not given.
        touched: the codes of the grids that were made or changed; those of retired grids do no harm.
        rules: the figures of the jurisdiction.
        levels: the codes of the levels, the highest first; empty where levels do not matter.
        parents: the touched families by their parents' codes (``touched_families``).
        ancestors: the parents of grids that are not given, by code, as far up as ``rules.coverage_targets`` may name
            them.

    Returns:
        The report, with the proofs of the touched families that are proved.  Its certificate, where all are, is of
        these alone; ``combine_proofs`` makes the one of the tree.
    """
    wanted, families = set(touched), set(parents)
    near = [grid for grid in grids if grid.parent in families or grid.code in families or grid.code in wanted]
    return check_scope(near, rules, levels, Scope(wanted, families, ancestors))
