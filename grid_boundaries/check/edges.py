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

_SMALL = 2**30  # steps
_POLYGON = 3


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
        numbers = np.flatnonzero(which) if which.dtype == np.bool_ else which
        return Edges(
            self.start.take(numbers, axis=0),
            self.end.take(numbers, axis=0),
            self.owner.take(numbers),
            self.family.take(numbers),
        )


def runs_forward(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether edges run from their smaller point (by longitude, then latitude) to the larger."""
    forward: NDArray[np.bool_] = (start[:, 0] < end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] < end[:, 1]))
    return forward


def edges_of(
    shapes: NDArray[np.object_] | Sequence[BaseGeometry],
    family: NDArray[np.int32] | None = None,
    reversed_from: int | None = None,
) -> Edges:
    """Return the directed edges of valid polygons and multipolygons, owner ``i`` for ``shapes[i]``.

    Rings may turn either way: they are turned so that the ground lies on the left.  Vertices are rounded to the
    lattice; edges that become a point are left out.

    Args:
        shapes: polygons in degrees.
        family: the family of each shape; 0 for all when left out.
        reversed_from: this shape and those after it are parents: everything but them lies on the left of their
            edges, whose owner is ``PARENT``.
    """
    array = np.asarray(shapes, dtype=object)
    parts, shape_of_part = parts_of(array)
    rings, part_of_ring = _rings_of(parts)
    points = to_lattice(shapely.get_coordinates(rings))
    sizes = shapely.get_num_coordinates(rings).astype(np.int64)
    first = np.cumsum(sizes) - sizes
    is_hole = np.concatenate([np.zeros(1, np.bool_), part_of_ring[1:] == part_of_ring[:-1]])[: len(rings)]
    shape_of_ring = shape_of_part[part_of_ring].astype(np.int32)
    is_parent = shape_of_ring >= (len(array) if reversed_from is None else reversed_from)
    backwards = _turns_left(points, first, sizes) == (is_hole ^ is_parent)
    owner_of_ring = np.where(is_parent, np.int32(PARENT), shape_of_ring)
    family_of_ring = np.zeros_like(shape_of_ring) if family is None else family.astype(np.int32)[shape_of_ring]
    is_edge = (points[:-1, 0] != points[1:, 0]) | (points[:-1, 1] != points[1:, 1])
    is_edge[(first + sizes - 1)[:-1]] = False  # from the end of a ring to the start of the next is no edge
    number = np.flatnonzero(is_edge)
    flip = np.repeat(backwards, sizes).take(number)
    return Edges(
        points.take(number + flip, axis=0),
        points.take(number + ~flip, axis=0),
        np.repeat(owner_of_ring, sizes).take(number),
        np.repeat(family_of_ring, sizes).take(number),
    )


def parts_of(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return the polygons of polygons and multipolygons, and of which shape each is; quick where all are polygons."""
    if (shapely.get_type_id(shapes) == _POLYGON).all():
        return shapes, np.arange(len(shapes))
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    return parts, shape_of_part


def _rings_of(parts: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return the rings of polygons, and of which polygon each is; polygons themselves where none has a hole."""
    if not shapely.get_num_interior_rings(parts).any():
        return parts, np.arange(len(parts))
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    return rings, part_of_ring


def _turns_left(points: NDArray[np.int64], first: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each closed ring whether it runs anticlockwise; exact.

    A sum of cross products in 64-bit integers is right modulo 2**64, and so exact for a ring within 2**30 steps (one
    degree) of its first point, whose doubled area is below 2**63.  Larger rings are summed as Python integers.
    """
    if not len(first):
        return np.zeros(0, np.bool_)
    local = points - np.repeat(points[first], sizes, axis=0)  # zero where a ring starts and ends
    x, y = local[:, 0], local[:, 1]
    cross = np.zeros(len(points), np.int64)
    with np.errstate(over="ignore"):
        cross[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
        turns: NDArray[np.bool_] = np.add.reduceat(cross, first) > 0
    far = np.flatnonzero((np.abs(x) >= _SMALL) | (np.abs(y) >= _SMALL))
    for ring in set((np.searchsorted(first, far, "right") - 1).tolist()):
        lon, lat = local[first[ring] : first[ring] + sizes[ring]].astype(object).T
        turns[ring] = (lon[:-1] * lat[1:] - lon[1:] * lat[:-1]).sum() > 0
    return turns
