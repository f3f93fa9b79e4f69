"""Lines that a repair draws across ground before it gives it away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.arrangement import Borders
from grid_boundaries.check.widths import equal_rectangle_m

_LONG = 4.0
"""A gap so many times as long as wide would run along a neighbour as a spike, given to another in one piece."""

_TO_VERTEX = 1.5
"""A cut goes to a vertex on the other side where that is at most so many times as far as the nearest point."""

_TRIED = 32
"""So many of the nearest points are tried; farther ones would cut the gap askew."""

_TWO_SIDES = 2
_OwnedRing: TypeAlias = tuple[NDArray[np.float64], list[frozenset[int]]]

_REACH = 1.5  # lattice steps: rounding and noding move a point by as much
_CROSS = np.array([[[-4.0, 0.0], [4.0, 0.0]], [[0.0, -4.0], [0.0, 4.0]]])  # lattice steps


def cut_long_gaps(gaps: Sequence[BaseGeometry], borders: Borders) -> list[BaseGeometry]:
    """Return lines across long gaps, from where two neighbours meet to the other side; all in local steps."""
    lines: list[BaseGeometry] = []
    for gap in gaps:
        width, length = equal_rectangle_m(gap)
        if length >= _LONG * width:
            lines += _cuts(gap, borders)
    return lines


def _cuts(gap: BaseGeometry, borders: Borders) -> Iterator[BaseGeometry]:
    rings = list(_owned_rings(gap, borders))
    if len(frozenset().union(*(who for _, owners in rings for who in owners))) <= _TWO_SIDES:
        return
    inside = shapely.buffer(gap, _REACH)
    shapely.prepare(inside)
    for ring, owners in rings:
        for number in range(len(owners)):
            before, after = owners[number - 1], owners[number]
            if before and after and before != after:
                cut = _shortest_cut(ring[number], before | after, rings, inside)
                if cut is not None:
                    yield cut


def _owned_rings(gap: BaseGeometry, borders: Borders) -> Iterator[_OwnedRing]:
    """Return each ring's points, and who borders on the segment that starts in each."""
    for ring in shapely.get_rings(shapely.normalize(gap)):
        points = shapely.get_coordinates(ring)
        owners: list[set[int]] = [set() for _ in points[1:]]
        for segment, owner in zip(*borders.along(points[:-1], points[1:]), strict=True):
            owners[segment].add(int(owner))
        yield points, [frozenset(who) for who in owners]


def _shortest_cut(
    node: NDArray[np.float64], own: frozenset[int], rings: Sequence[_OwnedRing], inside: BaseGeometry
) -> BaseGeometry | None:
    """Return the shortest line inside a gap from a node to a border of others than the two who meet in it."""
    here = shapely.Point(node)
    candidates: list[tuple[float, float, float]] = []
    for ring, owners in rings:
        ends = np.array([number for number, who in enumerate(owners) if who and not who & own], dtype=np.intp)
        if not len(ends):
            continue
        segments = shapely.linestrings(np.stack([ring[ends], ring[ends + 1]], axis=1))
        nearest = shapely.get_coordinates(shapely.shortest_line(segments, here))[::2]
        corners = np.concatenate([ring[ends], ring[ends + 1]])
        for points, worth in ((nearest, _TO_VERTEX), (corners, 1.0)):
            on_lattice = np.rint(points)
            far = np.hypot(*(on_lattice - node).T)
            candidates += [
                (distance * worth, lon, lat)
                for distance, (lon, lat) in zip(far.tolist(), on_lattice.tolist(), strict=True)
                if distance > _REACH
            ]
    for _, lon, lat in sorted(candidates)[:_TRIED]:
        line = shapely.LineString(np.array([node, (lon, lat)]))
        if shapely.covers(inside, line):
            return line
    return None


def mouths(gap: BaseGeometry, borders: Borders, vertices: NDArray[np.float64]) -> list[BaseGeometry]:
    """Return the lines that close a gap which opens to the outside.

    An end that was a vertex before the opening was looked for in metres is that vertex again; any other gets a small
    cross, which surely meets the bank beside it.  What stands out of it encloses nothing.
    """
    tree = STRtree(np.asarray(shapely.points(vertices), dtype=object))
    lines: list[BaseGeometry] = []
    for ring, owners in _owned_rings(gap, borders):
        for number in [number for number, who in enumerate(owners) if not who]:
            ends = ring[number : number + 2].copy()
            for end in (0, 1):
                near = tree.query(shapely.Point(ends[end]), predicate="dwithin", distance=_REACH)
                if len(near):
                    ends[end] = vertices[min(near.tolist())]
                else:
                    lines += [shapely.LineString(ends[end] + arm) for arm in _CROSS]
            lines.append(shapely.LineString(ends))
    return lines
