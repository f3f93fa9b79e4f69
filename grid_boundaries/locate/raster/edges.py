"""The edges of a set of grids, each once, whoever shares it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.partition import to_lattice

Points: TypeAlias = NDArray[np.int64]
"""Rows of ax, ay, bx, by in lattice steps."""
Places: TypeAlias = NDArray[np.int64]

LONGEST = 1 << 29
"""Edges up to this many steps (half a degree) are reckoned in 64 bits; longer ones in Python's integers."""

_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], dtype=np.uint64)
_SHIFTS = (30, 27, 31)
_FACTORS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 1)


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges without direction, in lattice steps: ``points`` are rows of ax, ay, bx, by with a below b, or left of it.

    The grids that have edge i on their boundary are ``grids[starts[i] : starts[i + 1]]``; ``sides`` says along with
    them on which side of the edge each lies, +1 or -1.
    """

    points: NDArray[np.int64]
    starts: NDArray[np.int64]
    grids: NDArray[np.int32]
    sides: NDArray[np.int8]

    @classmethod
    def of(
        cls, shapes: NDArray[np.object_], numbers: NDArray[np.int32], parents: NDArray[np.int32] | None = None
    ) -> Self:
        """Return the edges of polygons in degrees.

        Args:
            shapes: the polygons.
            numbers: the grids that they belong to.
            parents: the number of each grid's parent.  Given those, grids whose children tile them are left out: of
                such ground they own nothing.
        """
        polygons, of_shape = shapely.get_parts(shapes, return_index=True)
        rings, of_polygon = shapely.get_rings(shapely.orient_polygons(polygons), return_index=True)
        degrees, of_ring = shapely.get_coordinates(rings, return_index=True)
        steps = to_lattice(degrees)
        goes_on = (of_ring[1:] == of_ring[:-1]) & (steps[1:] != steps[:-1]).any(axis=1)
        first = np.flatnonzero(goes_on)
        a, b = steps[first], steps[first + 1]
        turned = (a[:, 1] > b[:, 1]) | ((a[:, 1] == b[:, 1]) & (a[:, 0] > b[:, 0]))
        points = np.hstack([np.where(turned[:, None], b, a), np.where(turned[:, None], a, b)])
        grids = numbers[of_shape[of_polygon[of_ring[first]]]]
        sides = np.where(turned, -1, 1).astype(np.int8)

        hashes = _hashes(points)
        if parents is not None:
            owns = ~_tiled(hashes, sides, grids, parents)[grids]
            points, grids, sides, hashes = points[owns], grids[owns], sides[owns], hashes[owns]

        # Two edges with one hash only make an edge be kept twice, which changes no answer.
        order = np.argsort(hashes, kind="stable")
        points, grids, sides = points[order], grids[order], sides[order]
        is_new = np.ones(len(points), dtype=np.bool_)
        is_new[1:] = (points[1:] != points[:-1]).any(axis=1)
        begins = np.flatnonzero(is_new)
        return cls(points[begins], np.append(begins, len(points)), grids, sides)

    def each_grid(self, chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return for edges, chosen by their places, each grid that has them: which of the chosen, and the grid."""
        item, among = spread(np.diff(self.starts)[chosen])
        return item, self.grids[self.starts[chosen[item]] + among]

    def one_sided(self, ranks: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return the edges with ground of their deepest grids on one side only, and one such grid for each.

        Of several the one with the smallest number.
        """
        counts = np.diff(self.starts)
        edge, _ = spread(counts)
        deepest = np.maximum.reduceat(ranks[self.grids], self.starts[:-1])[edge]
        counted = ranks[self.grids] == deepest
        balance = np.add.reduceat(np.where(counted, self.sides, 0), self.starts[:-1], dtype=np.int64)
        smallest = np.minimum.reduceat(np.where(counted, self.grids, np.iinfo(np.int32).max), self.starts[:-1])
        alone = np.flatnonzero(balance)
        return alone, smallest[alone]


def _hashes(points: Points) -> NDArray[np.uint64]:
    """Return 64 bits of each edge that look like chance (the finish of splitmix64)."""
    hashes: NDArray[np.uint64] = (points.view(np.uint64) * _MIX).sum(axis=1, dtype=np.uint64)
    for shift, factor in zip(_SHIFTS, _FACTORS, strict=True):
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(factor)
    return hashes


def _tiled(
    hashes: NDArray[np.uint64], sides: NDArray[np.int8], grids: NDArray[np.int32], parents: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return which grids are tiled by their children: the edges of those cancel each other and the grid's own.

    A sum of hashes stands for the edges; it is 0 by chance once in 2^64 families.
    """
    sums = np.zeros(len(parents) + 1, dtype=np.uint64)
    signed = np.where(sides > 0, hashes, np.uint64(0) - hashes)
    np.subtract.at(sums, grids, signed)
    np.add.at(sums, parents[grids], signed)
    has_children = np.zeros(len(parents) + 1, dtype=np.bool_)
    has_children[parents] = True
    tiled: NDArray[np.bool_] = (has_children & (sums == 0))[:-1]
    return tiled


def are_long(points: Points) -> NDArray[np.bool_]:
    """Return which edges are too long for 64 bits."""
    long: NDArray[np.bool_] = (np.abs(points[:, 2:] - points[:, :2]) > LONGEST).any(axis=1)
    return long


def exactly(reckon: Callable[..., Places], points: Points, *others: Places) -> Places:
    """Return what a function reckons of edges and of arrays along them, in integers that are wide enough."""
    long = are_long(points)
    if not long.any():
        return reckon(points, *others)
    reckoned = np.empty(len(points), dtype=np.int64)
    reckoned[~long] = reckon(points[~long], *(other[~long] for other in others))
    reckoned[long] = reckon(points[long].astype(object), *(other[long].astype(object) for other in others))
    return reckoned


def spread(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for items that are to be repeated the item of each repetition, and which of its repetitions it is."""
    item = np.repeat(np.arange(len(counts)), counts)
    return item, np.arange(len(item)) - np.repeat(np.cumsum(counts) - counts, counts)
