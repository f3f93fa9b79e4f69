"""Lines that a repair draws across ground before it gives it away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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

_REACH = 1.5  # lattice steps: rounding and noding move a point by as much
_BEYOND = 6.0  # lattice steps by which a mouth is drawn out, so that it surely meets both banks


def cut_long_gaps(gaps: Sequence[BaseGeometry], borders: Borders) -> list[BaseGeometry]:
    """Return lines across long gaps, from where two neighbours meet to the other side; all in local steps."""
    lines: list[BaseGeometry] = []
    for gap in gaps:
        width, length = equal_rectangle_m(gap)
        if length >= _LONG * width:
            lines += _cuts(gap, borders)
    return lines


def _cuts(gap: BaseGeometry, borders: Borders) -> Iterator[BaseGeometry]:
    for ring, owners in _owned_rings(gap, borders):
        for number in range(len(owners)):
            before, after = owners[number - 1], owners[number]
            if before and after and before != after:
                cut = _shortest_cut(gap, ring[number], before | after, borders)
                if cut is not None:
                    yield cut


def _owned_rings(gap: BaseGeometry, borders: Borders) -> Iterator[tuple[NDArray[np.float64], list[frozenset[int]]]]:
    """Return each ring's points, and who borders on the segment that starts in each."""
    for ring in shapely.get_rings(shapely.normalize(gap)):
        points = shapely.get_coordinates(ring)
        owners: list[set[int]] = [set() for _ in points[1:]]
        for segment, owner in zip(*borders.along(points[:-1], points[1:]), strict=True):
            owners[segment].add(int(owner))
        yield points, [frozenset(who) for who in owners]


def _shortest_cut(
    gap: BaseGeometry, node: NDArray[np.float64], own: frozenset[int], borders: Borders
) -> BaseGeometry | None:
    """Return the shortest line inside a gap from a node to a border of others than the two who meet in it."""
    best: tuple[float, float, float] | None = None
    here = shapely.Point(node)
    for ring, owners in _owned_rings(gap, borders):
        ends = [number for number, who in enumerate(owners) if who and not who & own]
        if not ends:
            continue
        segments = shapely.linestrings(np.stack([ring[ends], ring[np.array(ends) + 1]], axis=1))
        nearest = shapely.get_coordinates(shapely.shortest_line(segments, here))[::2]
        corners = np.unique(np.concatenate([ring[ends], ring[np.array(ends) + 1]]), axis=0)
        for points, worth in ((nearest, _TO_VERTEX), (corners, 1.0)):
            for lon, lat in np.rint(points).tolist():
                far = float(np.hypot(lon - node[0], lat - node[1]))
                if far > _REACH and (best is None or (far * worth, lon, lat) < best):
                    line = shapely.LineString(np.array([node, (lon, lat)]))
                    if shapely.length(shapely.difference(line, shapely.buffer(gap, _REACH))) == 0:
                        best = (far * worth, lon, lat)
    return None if best is None else shapely.LineString(np.array([node, best[1:]]))


def mouths(gap: BaseGeometry, borders: Borders, vertices: NDArray[np.float64]) -> list[BaseGeometry]:
    """Return the lines that close a gap which opens to the outside, drawn out so that they meet its banks.

    An end that was a vertex before the opening was looked for in metres is that vertex again.
    """
    tree = STRtree(np.asarray(shapely.points(vertices), dtype=object))
    lines: list[BaseGeometry] = []
    for ring, owners in _owned_rings(gap, borders):
        for number in [number for number, who in enumerate(owners) if not who]:
            ends = ring[number : number + 2].copy()
            along = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
            for end, outward in ((0, -along), (1, along)):
                near = tree.query(shapely.Point(ends[end]), predicate="dwithin", distance=_REACH)
                ends[end] = vertices[min(near.tolist())] if len(near) else ends[end] + _BEYOND * outward
            lines.append(shapely.LineString(ends))
    return lines
