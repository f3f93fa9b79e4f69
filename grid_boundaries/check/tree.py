"""The check of a whole tree: every grid with children is tiled by them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import messages
from grid_boundaries.check.duplicates import find_duplicate_codes
from grid_boundaries.check.families import Families, check_families
from grid_boundaries.check.findings import Finding, Report, Rule, make_report, place_of
from grid_boundaries.check.remarks import remark_on_grids
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.check.validity import Inspection, inspect_shapes
from grid_boundaries.partition import Grid

_CODE = re.compile(r"[0-9A-Za-z]{1,32}")


def check_tree(grids: Sequence[Grid], rules: CheckRules, levels: Sequence[str]) -> Report:
    """Return everything that is wrong with a tree of grids; bad grids never make it raise.

    Each grid with children must be tiled by them.  A single root has to be valid only; several roots must keep apart
    and leave no gaps.  Codes have the form that is stored, parents are there and of a higher level.

    Args:
        grids: all nodes, in any order; ``parent`` is the parent's code, None for a root.
        rules: the figures of the jurisdiction.
        levels: the codes of the levels, the highest first; empty where levels do not matter.

    Returns:
        The report.  ``coverage_ratio`` is that of the parent with the least owned share.  It has a certificate where
        every parent is tiled exactly.
    """
    return check_scope(grids, rules, levels, Scope())


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a tree is to be checked: all of it, or the touched grids and families (``footprint``).

    ``touched`` and ``families`` are None for all.  ``above`` tells the parents of grids that are not given.
    """

    touched: Collection[str] | None = None
    families: Collection[str | None] | None = None
    above: Mapping[str, str | None] = field(default_factory=dict)

    def has_grid(self, grid: Grid) -> bool:
        """Return whether to remark on a single grid."""
        return self.touched is None or grid.code in self.touched

    def has_family(self, parent: str | None) -> bool:
        """Return whether to check the family of a parent."""
        return self.families is None or parent in self.families


def check_scope(grids: Sequence[Grid], rules: CheckRules, levels: Sequence[str], scope: Scope) -> Report:
    """Return the report on a part of a tree, or on all of it."""
    codes = [grid.code for grid in grids]
    inspection = inspect_shapes(codes, [grid.shape for grid in grids])
    sound = [grids[number] for number in inspection.sound]
    parent_of: Mapping[str, str | None] = {**scope.above, **{grid.code: grid.parent for grid in grids}}
    ground = check_families(_families(grids, inspection, rules, scope, parent_of), rules)
    shapes: dict[str, BaseGeometry] = dict(zip((grid.code for grid in sound), inspection.shapes, strict=True))
    about = [number for number, grid in enumerate(sound) if scope.has_grid(grid)]
    findings = [
        *inspection.findings,
        *_misplaced(grids, levels, shapes, scope, parent_of),
        *find_duplicate_codes(codes, inspection.sound.tolist(), inspection.shapes),
        *remark_on_grids(sound, inspection.shapes, rules, about, in_tree=True),
        *ground.findings,
    ]
    return make_report(findings, len(grids), ground.coverage_ratio, ground.proofs, proved=ground.proved)


def is_tree(grids: Sequence[Grid]) -> bool:
    """Return whether any of the grids is the parent of another, so that they cannot all lie side by side."""
    codes = {grid.code for grid in grids}
    return any(grid.parent in codes for grid in grids)


def _families(
    grids: Sequence[Grid],
    inspection: Inspection,
    rules: CheckRules,
    scope: Scope,
    parent_of: Mapping[str, str | None],
) -> Families:
    """Return the sound grids by parent, families in order of the parents' codes; several roots come last.

    Grids whose parent is missing belong to no family; those whose parent has no sound shape are bounded by nothing.
    """
    sound = [grids[number] for number in inspection.sound]
    known = {grid.code for grid in grids}
    named = {grid.parent for grid in grids}
    parents = sorted(code for code in named if code is not None and code in known and scope.has_family(code))
    number_of: dict[str | None, int] = {code: number for number, code in enumerate(parents)}
    bounds: list[BaseGeometry | None] = [None] * len(parents)
    for grid, shape in zip(sound, inspection.shapes, strict=True):
        if grid.code in number_of:
            bounds[number_of[grid.code]] = shape
    codes: list[str | None] = list(parents)
    if scope.has_family(None) and sum(grid.parent is None for grid in grids) > 1:
        number_of[None] = len(parents)
        bounds.append(None)
        codes.append(None)
    family: NDArray[np.int32] = np.array([number_of.get(grid.parent, -1) for grid in sound], dtype=np.int32)
    doubted = {number_of[code] for code in _doubted(grids, inspection) if code in number_of}
    return Families(
        codes=[grid.code for grid in sound],
        shapes=inspection.shapes,
        family=family,
        parents=bounds,
        parent_codes=codes,
        targets=[rules.target_of(code, parent_of) for code in codes],
        doubted=frozenset(doubted),
    )


def _doubted(grids: Sequence[Grid], inspection: Inspection) -> Iterator[str | None]:
    """Yield the parents of grids that are not sound, and of those that share a code, and these codes themselves."""
    if len(inspection.sound) < len(grids):
        for number in set(range(len(grids))).difference(inspection.sound.tolist()):
            yield grids[number].parent
    seen: set[str] = set()
    shared = {grid.code for grid in grids if grid.code in seen or seen.add(grid.code)}  # type: ignore[func-returns-value]
    for grid in grids if shared else ():
        if grid.code in shared:
            yield from (grid.code, grid.parent)


def _misplaced(
    grids: Sequence[Grid],
    levels: Sequence[str],
    shapes: Mapping[str, BaseGeometry],
    scope: Scope,
    parent_of: Mapping[str, str | None],
) -> Iterator[Finding]:
    """Find codes of a wrong form, unknown levels, and parents that are missing, circular or not above the child.

    Codes and levels of the grids in scope; parents also of all members of the families in scope.
    """
    by_code = {grid.code: grid for grid in grids}
    rank: dict[str | None, int] = {level: number for number, level in enumerate(levels)}
    for grid in grids:
        if scope.has_grid(grid):
            if not _CODE.fullmatch(grid.code):
                yield _remark("bad-code", grid.code, messages.bad_code(grid.code), shapes.get(grid.code))
            if levels and grid.level not in rank:
                said = messages.unknown_level(grid.code, grid.level, levels)
                yield _remark("bad-code", grid.code, said, shapes.get(grid.code))
        if grid.parent is not None and scope.has_family(grid.parent):
            wrong = _wrong_parent(grid, by_code.get(grid.parent), rank, parent_of)
            if wrong is not None:
                yield _remark("unknown-parent", grid.code, wrong, shapes.get(grid.code))


def _wrong_parent(
    grid: Grid, parent: Grid | None, rank: Mapping[str | None, int], parent_of: Mapping[str, str | None]
) -> messages.Sentences | None:
    """Return what is wrong with a grid's parent, if anything is."""
    if parent is None:
        return messages.unknown_parent(grid.code, grid.parent or "")
    upper, lower = rank.get(parent.level), rank.get(grid.level)
    if upper is not None and lower is not None and upper < lower:
        return None  # the usual case; no way round comes back to a level
    if _leads_back(grid, parent_of):
        return messages.own_ancestor(grid.code, parent.code)
    if upper is not None and lower is not None:
        return messages.parent_not_above(grid.code, grid.level or "", parent.code, parent.level or "")
    return None


def _leads_back(grid: Grid, parent_of: Mapping[str, str | None]) -> bool:
    """Return whether the parents of a grid come round to it."""
    seen = {grid.code}
    parent = grid.parent
    while parent is not None and parent not in seen:
        seen.add(parent)
        parent = parent_of.get(parent)
    return parent == grid.code


def _remark(rule: Rule, code: str, said: messages.Sentences, shape: BaseGeometry | None) -> Finding:
    place = None if shape is None else place_of(shape)
    action = "rename" if rule == "bad-code" else "set-parent"
    return Finding(
        rule,
        "error",
        (code,),
        *said,
        geometry=None if place is None else mapping(shapely.Point(place)),
        fixes=({"action": action, "grid": code},),
        place=place,
    )
