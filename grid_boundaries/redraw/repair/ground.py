"""The shapes under repair, and which of them must tile which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.edges import Edges, edges_of
from grid_boundaries.partition import Grid

NO_FAMILY = -1


@dataclass(slots=True)
class Ground:
    """Shapes as they change, by number; sound, flat, on the lattice, or None where there is nothing to repair.

    ``family[i]`` is the family of shape ``i``, ``NO_FAMILY`` where it has none: a root alone, an unknown parent, no
    sound shape, or one that the repair leaves aside.  ``parents[f]`` is the number of the shape that family ``f``
    must fill, None where nothing bounds it.  Families are in order from the root down.  ``outline`` is the number of
    a parent that is no grid.
    """

    codes: list[str]
    shapes: NDArray[np.object_]
    family: NDArray[np.int32]
    parents: list[int | None]
    parent_codes: list[str | None]
    outline: int | None = None

    def members(self, family: int) -> list[int]:
        """Return the numbers of a family's shapes."""
        return [int(number) for number in np.flatnonzero(self.family == family)]

    def edges(self) -> tuple[Edges, NDArray[np.intp]]:
        """Return the edges of all families, parents reversed; owner ``i`` is shape ``members[i]``."""
        members = np.flatnonzero(self.family != NO_FAMILY)
        bounded = [number for number, parent in enumerate(self.parents) if parent is not None]
        shapes = [self.shapes[number] for number in members]
        shapes += [self.shapes[parent] for parent in self.parents if parent is not None]
        family = np.concatenate([self.family[members], np.array(bounded, dtype=np.int32)])
        return edges_of(shapes, family, reversed_from=len(members)), members


def flat_ground(
    codes: Sequence[str], shapes: Sequence[BaseGeometry | None], parent: BaseGeometry | None, parent_code: str | None
) -> Ground:
    """Return one family of all shapes that are there, within an outline or not."""
    family = [0 if shape is not None else NO_FAMILY for shape in shapes]
    if parent is None:
        return Ground(list(codes), _array(shapes), np.array(family, np.int32), [None], [parent_code])
    family.append(NO_FAMILY)
    numbers = np.array(family, np.int32)
    return Ground(
        [*codes, parent_code or ""], _array([*shapes, parent]), numbers, [len(shapes)], [parent_code], len(shapes)
    )


def tree_ground(grids: Sequence[Grid], shapes: Sequence[BaseGeometry | None]) -> Ground:
    """Return the families of a tree, from the root down; a parent with no sound shape bounds nothing.

    Several roots are a family.  Grids whose parents lead in a circle are in no family.
    """
    number_of = {grid.code: number for number, grid in reversed(list(enumerate(grids)))}
    children: defaultdict[str, list[int]] = defaultdict(list)
    roots = []
    for number, grid in enumerate(grids):
        if grid.parent is None:
            roots.append(number)
        elif grid.parent in number_of:
            children[grid.parent].append(number)
    family = np.full(len(grids), NO_FAMILY, np.int32)
    parents: list[int | None] = []
    codes: list[str | None] = []
    if len(roots) > 1:
        family[roots] = 0
        parents.append(None)
        codes.append(None)
    layer = roots
    while layer:
        below = []
        for code in sorted({grids[number].code for number in layer} & children.keys()):
            own = children.pop(code)
            family[own] = len(parents)
            parents.append(number_of[code] if shapes[number_of[code]] is not None else None)
            codes.append(code)
            below += own
        layer = below
    family[[number for number, shape in enumerate(shapes) if shape is None]] = NO_FAMILY
    return Ground([grid.code for grid in grids], _array(shapes), family, parents, codes)


def _array(shapes: Sequence[BaseGeometry | None]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    return array
