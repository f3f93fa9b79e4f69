"""What differs between two editions, or between an edition and a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely

from grid_boundaries.partition import LATTICE_DEG, Grid

_SAME_LINE_DEG = 3 * LATTICE_DEG


@dataclass(frozen=True, slots=True)
class GridDiff:
    """One grid that differs; ``before`` or ``after`` is None where it is not there.

    ``changes`` says how: ``added``, ``retired``; or any of ``redrawn``, ``refined`` (vertices came or went on edges
    that stayed), ``renamed``, ``moved`` (another parent), ``levelled``, ``kind``, ``households``.
    """

    code: str
    changes: tuple[str, ...]
    before: Grid | None
    after: Grid | None

    @property
    def grid(self) -> Grid:
        """The grid as it is afterwards, or as it was before it went."""
        one = self.after or self.before
        assert one is not None  # noqa: S101 - it is there on one side at least
        return one


def compare(before: Sequence[Grid], after: Sequence[Grid]) -> list[GridDiff]:
    """Return the grids that differ, by code."""
    were, are = _by_code(before), _by_code(after)
    found = []
    for code in sorted(were.keys() | are.keys()):
        one, other = were.get(code), are.get(code)
        changes = _changes(one, other)
        if changes:
            found.append(GridDiff(code, changes, one, other))
    return found


def _by_code(grids: Sequence[Grid]) -> Mapping[str, Grid]:
    return {grid.code: grid for grid in grids}


def _changes(one: Grid | None, other: Grid | None) -> tuple[str, ...]:
    if one is None or other is None:
        return ("added",) if one is None else ("retired",)
    named = {
        "renamed": one.name != other.name,
        "moved": one.parent != other.parent,
        "levelled": one.level != other.level,
        "kind": one.kind != other.kind,
        "households": one.households != other.households,
    }
    return (*_changes_of_shape(one, other), *(name for name, differs in named.items() if differs))


def _changes_of_shape(one: Grid, other: Grid) -> tuple[str, ...]:
    """Return whether the ground is another one, or only its vertices are.

    A vertex set on an edge lies within two lattice steps of it.
    """
    if shapely.to_wkb(shapely.normalize(one.shape)) == shapely.to_wkb(shapely.normalize(other.shape)):
        return ()
    apart = shapely.hausdorff_distance(one.shape.boundary, other.shape.boundary)
    return ("refined",) if apart <= _SAME_LINE_DEG else ("redrawn",)
