"""The directed edges of polygons on the lattice: what the proof is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.partition import to_lattice

PARENT = -1
"""The owner number of the parent's edges: the outside is one more grid."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Directed edges in lattice steps, the owner's ground on their left; all arrays of one length.

    ``start`` and ``end`` have the shape (n, 2), longitude first.  ``owner`` is the number of the polygon.
    ``family`` keeps apart the sets that are checked in one pass: only edges of one family can cancel.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    owner: NDArray[np.int32]
    family: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.owner)

    def pick(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Edges:
        """Return the chosen edges, by mask or by number."""
        return Edges(self.start[which], self.end[which], self.owner[which], self.family[which])

    def reversed(self) -> Edges:
        """Return the edges the other way round: the ground on their left is then everything but the owner's."""
        return Edges(self.end, self.start, self.owner, self.family)

    def in_family(self, family: NDArray[np.int32] | int, owner: int | None = None) -> Edges:
        """Return the edges under another family (one number, or one for each edge), and another owner."""
        families = np.broadcast_to(np.asarray(family, np.int32), self.owner.shape)
        owners = self.owner if owner is None else np.full(len(self), owner, np.int32)
        return Edges(self.start, self.end, owners, families)


def join_edges(sets: Sequence[Edges]) -> Edges:
    """Return all edges of the sets, in their order; of one set, the set itself."""
    if len(sets) == 1:
        return sets[0]
    return Edges(
        np.concatenate([edges.start for edges in sets]),
        np.concatenate([edges.end for edges in sets]),
        np.concatenate([edges.owner for edges in sets]),
        np.concatenate([edges.family for edges in sets]),
    )


def edges_of(shapes: NDArray[np.object_] | Sequence[BaseGeometry]) -> Edges:
    """Return the directed edges of valid polygons and multipolygons, owner ``i`` for ``shapes[i]``.

    Rings may turn either way: they are turned so that the ground lies on the left.  Vertices are rounded to the
    lattice; edges that become a point are left out.  The family is 0.
    """
    array = np.asarray(shapes, dtype=object)
    parts, shape_of_part = shapely.get_parts(array, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points = to_lattice(shapely.get_coordinates(rings))
    sizes = shapely.get_num_coordinates(rings)
    first = np.cumsum(sizes) - sizes
    is_hole = np.concatenate([np.zeros(1, np.bool_), part_of_ring[1:] == part_of_ring[:-1]])[: len(rings)]
    backwards = _turns_left(points, first, sizes) == is_hole
    last = first + sizes - 1
    inside_ring = np.ones(max(len(points) - 1, 0), np.bool_)
    inside_ring[last[:-1]] = False  # from the end of a ring to the start of the next is no edge
    start, end = points[:-1], points[1:]
    inside_ring &= (start[:, 0] != end[:, 0]) | (start[:, 1] != end[:, 1])
    owner = np.repeat(shape_of_part[part_of_ring].astype(np.int32), sizes)[:-1]
    if backwards.any():
        flip = np.repeat(backwards, sizes)[:-1, None]
        start, end = np.where(flip, end, start), np.where(flip, start, end)
    if not inside_ring.all():
        start, end, owner = start[inside_ring], end[inside_ring], owner[inside_ring]
    return Edges(start, end, owner, np.zeros(len(owner), np.int32))


def _turns_left(points: NDArray[np.int64], first: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each ring whether it runs anticlockwise; exact.

    The sum of cross products is taken twice.  In 64-bit integers it is right modulo 2**64, and so exact where it
    is small; as a float it has an error far below 2**60, and so the right sign where it is large.
    """
    if not len(first):
        return np.zeros(0, np.bool_)
    local = points - np.repeat(points[first], sizes, axis=0)
    x, y = local[:, 0], local[:, 1]
    following = np.arange(1, len(points) + 1)
    following[first + sizes - 1] = first
    with np.errstate(over="ignore"):
        exact = np.add.reduceat(x * y[following] - x[following] * y, first)
    east, north = x.astype(np.float64), y.astype(np.float64)
    rough = np.add.reduceat(east * north[following] - east[following] * north, first)
    turns: NDArray[np.bool_] = np.where(np.abs(rough) > 2.0**61, rough > 0, exact > 0)
    return turns
