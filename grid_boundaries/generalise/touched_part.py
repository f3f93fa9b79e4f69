"""Generalise what an edit touched, and leave every other shape as it is, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.generalise.lines import Lines
from grid_boundaries.generalise.proof import Piece, find_changed_balance
from grid_boundaries.generalise.rings import Ids, Mask, Rings
from grid_boundaries.generalise.thinning import Thinning
from grid_boundaries.partition import Grid, on_lattice


@dataclass(frozen=True, slots=True)
class Remade:
    """What takes the place of stored shapes: ``shapes`` that are new or differ, and ``gone`` codes that have none."""

    shapes: Mapping[str, BaseGeometry]
    gone: frozenset[str]


def remake(
    before: Sequence[Grid], after: Sequence[Grid], stored: Mapping[str, BaseGeometry], tolerance: float
) -> Remade | None:
    """Generalise anew the lines that an edit changed, with the shapes that have them.

    A line is decided anew when one of its edges is new, or one of its points has become a junction or ceased to be
    one: so a corner that appears in the middle of a neighbour's line stays, and the neighbour is remade.  All other
    lines keep the vertices that they have in the stored shapes.  Lines that get in each other's way are refined as
    ``make`` does it; a stored line in the way of a new one is decided anew too.

    Args:
        before: grids of the tree that was, at the level of the stored shapes: all leaves that share a point with a
            leaf that was or is changed, and the ancestors of all of them.  Who has no child
            here has none.  More do no harm; the whole tree is right.
        after: the same of the tree that is.
        stored: the shapes made of ``before``, by code.
        tolerance: that of the stored shapes.

    Returns:
        What is to be stored, or None where it cannot be proved from these grids alone that all lines still coincide:
        then more must be given, or all be made.  The proof is that every shape remade is valid and that no family's
        count of owners changed anywhere, against what was stored and is replaced.
    """
    if any(grid.code not in stored for grid in before):
        return None
    neighbourhood = _Neighbourhood(before, after, stored)
    thinning = Thinning(neighbourhood.rings, neighbourhood.lines, tolerance)
    fresh = neighbourhood.changed_lines()
    thinning.keep(neighbourhood.points_of_stored(), fresh)
    thinning.thin(np.flatnonzero(fresh))
    made = neighbourhood.settle(thinning, fresh)
    if made is None:
        return None
    return _differences(before, after, stored, made)


class _Neighbourhood:
    """Three sets of shapes over one table of points: those after come first, then those before, then the stored."""

    def __init__(self, before: Sequence[Grid], after: Sequence[Grid], stored: Mapping[str, BaseGeometry]) -> None:
        self.codes = [grid.code for grid in after]
        old = {grid.code: grid.shape for grid in before}
        self._redrawn = np.array(
            [grid.code not in old or not grid.shape.equals_exact(old[grid.code], 0.0) for grid in after],
            dtype=np.bool_,
        )
        shapes = [on_lattice(grid.shape) for grid in (*after, *before)] + [stored[grid.code] for grid in before]
        self.rings = Rings.of(np.array(shapes, dtype=object))
        number = np.arange(self.rings.count)
        self._after: Mask = number < len(after)
        self._before: Mask = ~self._after & (number < len(after) + len(before))
        self._stored: Mask = ~self._after & ~self._before
        self.lines = Lines.of(self.rings, self._after)

    def _vertices_of(self, chosen: Mask) -> Ids:
        """Return the places of the vertices of some shapes."""
        return np.flatnonzero(np.repeat(chosen[self.rings.shape_of_ring], self.rings.size))

    def points_of_stored(self) -> Mask:
        """Return which points the stored shapes have."""
        mask = np.zeros(len(self.rings.points), np.bool_)
        mask[self.rings.ids[self._vertices_of(self._stored)]] = True
        return mask

    def changed_lines(self) -> Mask:
        """Return the lines that are not what they were."""
        lines, keys = self.lines, self.rings.edge_keys()
        places = self._vertices_of(self._after)
        edges_before = np.unique(keys[self._vertices_of(self._before)])
        ended = self.rings.degrees(edges_before)
        changed = (ended > 0) & ((ended != 2) != (self.rings.degrees(np.unique(keys[places])) != 2))  # noqa: PLR2004
        mask = np.zeros(len(lines), np.bool_)
        mask[lines.line_of[places[~np.isin(keys[places], edges_before)]]] = True
        mask[lines.line_of_point[changed[lines.ids]]] = True
        return mask

    def settle(self, thinning: Thinning, fresh: Mask) -> NDArray[np.object_] | None:
        """Rebuild the shapes with fresh lines, and those redrawn, until all are valid; None when they cannot be so.

        A street that gains a whole community is redrawn along lines that were there before.

        Returns:
            The shapes after by number, None for those whose stored shape stays.
        """
        rings = self.rings
        shapes = np.empty(int(self._after.sum()), dtype=object)
        todo = np.union1d(self._shapes_of(fresh), np.flatnonzero(self._redrawn))
        while len(todo):
            shapes[todo], collapsed = rings.rebuild(thinning.kept, todo)
            bad = todo[~shapely.is_valid(shapes[todo])]
            if not len(bad):
                break
            quarrels = thinning.find_quarrels(bad, collapsed)
            joining = quarrels[~fresh[quarrels]]
            fresh[joining] = True
            changed = thinning.refine(quarrels)
            if not len(changed):
                return None
            mask = np.zeros(len(self.lines), np.bool_)
            mask[changed] = True
            todo = np.union1d(self._shapes_of(mask), bad)
        return shapes

    def _shapes_of(self, chosen: Mask) -> Ids:
        """Return the shapes after that have one of some lines."""
        edges = self._vertices_of(self._after)
        ring = self.rings.ring_of[edges[chosen[self.lines.line_of[edges]]]]
        return np.unique(self.rings.shape_of_ring[ring])


def _differences(
    before: Sequence[Grid], after: Sequence[Grid], stored: Mapping[str, BaseGeometry], made: NDArray[np.object_]
) -> Remade | None:
    """Compare with what is stored, and prove it."""
    were, are = {grid.code: grid for grid in before}, {grid.code: grid for grid in after}
    were_parents, are_parents = {grid.parent for grid in before}, {grid.parent for grid in after}
    shapes: dict[str, BaseGeometry] = {}
    for code, shape in zip(are, made, strict=True):
        old = stored[code] if code in were else None
        new = old if shape is None else shape
        if new is None:
            return None
        if old is None or not new.equals_exact(old, 0.0):
            shapes[code] = new
    changed = set(shapes) | (set(were) ^ set(are))
    changed |= {code for code in set(were) & set(are) if were[code].parent != are[code].parent}
    changed |= {code for code in set(were) & set(are) if (code in were_parents) != (code in are_parents)}
    replaced = [Piece(were[one].parent, one, stored[one], one in were_parents) for one in changed if one in were]
    replacing = [
        Piece(are[one].parent, one, shapes[one] if one in shapes else stored[one], one in are_parents)
        for one in changed
        if one in are
    ]
    changed_families = find_changed_balance(replaced, replacing)
    if max(sum(grid.parent is None for grid in tree) for tree in (before, after)) <= 1:
        changed_families -= {None}  # a single root has nobody to share ground with
    if changed_families:
        return None
    return Remade(shapes, frozenset(were) - frozenset(are))
