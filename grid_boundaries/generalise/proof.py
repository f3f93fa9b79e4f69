"""The proof that generalised grids tile their parents as the exact ones do: edges cancel (decision 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.cancellation import cancel
from grid_boundaries.check.edges import Edges, edges_of
from grid_boundaries.partition import Grid


@dataclass(frozen=True, slots=True)
class Families:
    """Children with what bounds them, by numbers of shapes.

    Shapes from ``len(grids)`` on are ``outlines``: what the children of a family fill together, where no grid
    bounds them or the one that does is not filled.  ``unproved`` are parents whose children do not even keep apart.
    """

    children: NDArray[np.int64]
    family: NDArray[np.int32]
    bounds: NDArray[np.int64]
    outlines: tuple[BaseGeometry, ...]
    unproved: tuple[str, ...]

    @classmethod
    def of(cls, grids: Sequence[Grid]) -> Families:
        """Find the families of a tree: one for each parent that is there, and one of the roots if there are more."""
        number_of = {grid.code: number for number, grid in enumerate(grids)}
        bound = [-1 if grid.parent is None else number_of.get(grid.parent, -1) for grid in grids]
        members = np.array(bound, dtype=np.int64)
        if (members < 0).sum() == 1:
            members[members < 0] = -2  # a single root is bounded by nothing and has no neighbour
        children = np.flatnonzero(members >= -1)
        bounds, family = np.unique(members[children], return_inverse=True)
        shapes: NDArray[np.object_] = np.array([grid.shape for grid in grids], dtype=object)
        made = cls(children, family.astype(np.int32), bounds, (), ())
        return made._with_outlines(grids, shapes)

    def _with_outlines(self, grids: Sequence[Grid], shapes: NDArray[np.object_]) -> Families:
        """Bound each family whose edges do not cancel by the union of its children instead."""
        bounds = self.bounds.copy()
        outlines: list[BaseGeometry] = []
        unproved: list[str] = []
        for number in self.left_over(shapes).tolist():
            members = shapes[self.children[self.family == number]]
            name = "" if self.bounds[number] < 0 else grids[self.bounds[number]].code
            try:
                outline = shapely.coverage_union_all(members)
            except shapely.errors.GEOSException:
                outline = shapely.Polygon()
            pair = np.append(members, np.array([outline], dtype=object))
            apart = outline.is_valid and not outline.is_empty and outline.geom_type.endswith("Polygon")
            if apart and not len(cancel(edges_of(pair, reversed_from=len(members))).left):
                bounds[number] = len(grids) + len(outlines)
                outlines.append(outline)
            else:
                bounds[number] = -1
                unproved.append(name)
        proved = np.flatnonzero(bounds >= 0)
        which = np.isin(self.family, proved)
        family = np.searchsorted(proved, self.family[which]).astype(np.int32)
        return Families(self.children[which], family, bounds[proved], tuple(outlines), tuple(unproved))

    def left_over(self, shapes: NDArray[np.object_]) -> NDArray[np.int64]:
        """Return the families in which an edge is left over; a family without a bound always has some."""
        has_bound = np.flatnonzero(self.bounds >= 0)
        array = np.concatenate([shapes[self.children], shapes[self.bounds[has_bound]]])
        family = np.concatenate([self.family, has_bound.astype(np.int32)])
        edges = edges_of(array, family, reversed_from=len(self.children))
        return np.unique(edges.family[cancel(edges).left]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Piece:
    """A grid as the balance sees it; ``bounds`` tells whether it has children, whom it must equal."""

    parent: str | None
    code: str
    shape: BaseGeometry
    bounds: bool


def find_changed_balance(before: Sequence[Piece], after: Sequence[Piece]) -> set[str | None]:
    """Return the families whose count of owners changed somewhere, None for the roots; empty is the proof.

    In each family, edges of the children less those of the parent are counted both ways: where the counts after
    equal those before, so does everybody's number of owners, and a tree that tiled its parents still does.  Only the
    grids that differ need be given; what is not given is the same before and after and takes itself away.

    Args:
        before: the grids that were there, sound one by one, and whose shape, parent or having children differs now.
        after: those that took their place.
    """
    shapes: list[BaseGeometry] = []
    families: list[str | None] = []
    signs: list[int] = []
    for sign, pieces in ((1, after), (-1, before)):
        for piece in pieces:
            shapes.append(piece.shape)
            families.append(piece.parent)
            signs.append(sign)
            if piece.bounds:
                shapes.append(piece.shape)
                families.append(piece.code)
                signs.append(-sign)
    names = list(dict.fromkeys(families))
    number_of = {name: number for number, name in enumerate(names)}
    family: NDArray[np.int32] = np.array([number_of[name] for name in families], dtype=np.int32)
    edges = edges_of(np.array(shapes, dtype=object), family)
    unequal = _unbalanced(edges, np.array(signs, dtype=np.int64)[edges.owner])
    return {names[number] for number in np.unique(edges.family[unequal]).tolist()}


def _unbalanced(edges: Edges, sign: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return one of each set of edges of a family on the same points whose signed directions do not add to 0."""
    points = np.column_stack([edges.start, edges.end])
    forward = (points[:, 0] < points[:, 2]) | ((points[:, 0] == points[:, 2]) & (points[:, 1] < points[:, 3]))
    points = np.where(forward[:, None], points, points[:, [2, 3, 0, 1]])
    order: NDArray[np.intp] = np.lexsort([*points.T, edges.family])
    if not len(order):
        return order
    keys = np.column_stack([points, edges.family])[order]
    begins = np.flatnonzero(np.append(True, (keys[1:] != keys[:-1]).any(axis=1)))
    turn = np.where(forward, sign, -sign)[order]
    left: NDArray[np.intp] = order[begins[np.add.reduceat(turn, begins) != 0]]
    return left
