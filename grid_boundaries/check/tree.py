"""The check of a whole tree: every grid with children is tiled by them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

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
    codes = [grid.code for grid in grids]
    inspection = inspect_shapes(codes, [grid.shape for grid in grids])
    sound = [grids[number] for number in inspection.sound]
    ground = check_families(_families(grids, inspection), rules)
    shapes: dict[str, BaseGeometry] = dict(zip((grid.code for grid in sound), inspection.shapes, strict=True))
    findings = [
        *inspection.findings,
        *_misplaced(grids, levels, shapes),
        *find_duplicate_codes(codes, inspection.sound.tolist(), inspection.shapes),
        *remark_on_grids(sound, inspection.shapes, rules),
        *ground.findings,
    ]
    return make_report(findings, len(grids), ground.coverage_ratio, ground.proofs, proved=ground.proved)


def is_tree(grids: Sequence[Grid]) -> bool:
    """Return whether any of the grids is the parent of another, so that they cannot all lie side by side."""
    codes = {grid.code for grid in grids}
    return any(grid.parent in codes for grid in grids)


def _families(grids: Sequence[Grid], inspection: Inspection) -> Families:
    """Return the sound grids by parent, families in order of the parents' codes; several roots come last.

    Grids whose parent is missing belong to no family; those whose parent has no sound shape are bounded by nothing.
    """
    sound = [grids[number] for number in inspection.sound]
    known = {grid.code for grid in grids}
    parents = sorted({grid.parent for grid in grids if grid.parent is not None and grid.parent in known})
    number_of: dict[str | None, int] = {code: number for number, code in enumerate(parents)}
    bounds: list[BaseGeometry | None] = [None] * len(parents)
    for grid, shape in zip(sound, inspection.shapes, strict=True):
        if grid.code in number_of:
            bounds[number_of[grid.code]] = shape
    codes: list[str | None] = list(parents)
    if sum(grid.parent is None for grid in grids) > 1:
        number_of[None] = len(parents)
        bounds.append(None)
        codes.append(None)
    family: NDArray[np.int32] = np.array([number_of.get(grid.parent, -1) for grid in sound], dtype=np.int32)
    doubted = {number_of[code] for code in _doubted(grids, inspection) if code in number_of}
    return Families([grid.code for grid in sound], inspection.shapes, family, bounds, codes, frozenset(doubted))


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


def _misplaced(grids: Sequence[Grid], levels: Sequence[str], shapes: Mapping[str, BaseGeometry]) -> Iterator[Finding]:
    """Find codes of a wrong form, unknown levels, and parents that are missing, circular or not above the child."""
    by_code = {grid.code: grid for grid in grids}
    rank = {level: number for number, level in enumerate(levels)}
    for grid in grids:
        shape = shapes.get(grid.code)
        if not _CODE.fullmatch(grid.code):
            yield _remark("bad-code", grid.code, messages.bad_code(grid.code), shape)
        if levels and grid.level not in rank:
            yield _remark("bad-code", grid.code, messages.unknown_level(grid.code, grid.level, levels), shape)
        if grid.parent is None:
            continue
        parent = by_code.get(grid.parent)
        if parent is None:
            yield _remark("unknown-parent", grid.code, messages.unknown_parent(grid.code, grid.parent), shape)
        elif grid.level in rank and parent.level in rank and rank[parent.level] < rank[grid.level]:
            continue  # the usual case; no way round comes back to a level
        elif _leads_back(grid, by_code):
            yield _remark("unknown-parent", grid.code, messages.own_ancestor(grid.code, grid.parent), shape)
        elif grid.level in rank and parent.level in rank:
            said = messages.parent_not_above(grid.code, grid.level, parent.code, parent.level)
            yield _remark("unknown-parent", grid.code, said, shape)


def _leads_back(grid: Grid, by_code: Mapping[str, Grid]) -> bool:
    """Return whether the parents of a grid come round to it."""
    seen = {grid.code}
    parent = grid.parent
    while parent is not None and parent in by_code and parent not in seen:
        seen.add(parent)
        parent = by_code[parent].parent
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
