"""From faces back to polygons, without the nodes that only the drawing of faces needed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.partition import to_lattice
from grid_boundaries.redraw.repair.vertices import rebuilt

_Point = tuple[int, int]

STRAIGHT = 1.0
"""A node so many lattice steps from a straight line was put there by rounding: 0.71 steps at most, twice."""


def dissolve(faces: NDArray[np.object_]) -> BaseGeometry:
    """Return the union of faces that share whole edges; their vertices stay."""
    return shapely.coverage_union_all(faces) if len(faces) > 1 else faces[0]


def canonical(shape: BaseGeometry) -> BaseGeometry:
    """Return a polygon with ring starts that depend on its vertices alone, and ring turns as RFC 7946 asks."""
    return shapely.orient_polygons(shapely.normalize(shape))


def same_edges(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Return whether two polygons have the same vertices on the lattice, whatever their rings' starts and turns."""
    these, those = (shapely.normalize(shape) for shape in (one, other))
    return len(_rings(these)[0]) == len(_rings(those)[0]) and np.array_equal(
        to_lattice(shapely.get_coordinates(these)), to_lattice(shapely.get_coordinates(those))
    )


def without_new_nodes(shapes: Mapping[int, BaseGeometry], known: Iterable[_Point]) -> dict[int, BaseGeometry]:
    """Return polygons without nodes on straight lines that no polygon had before; all users lose a node alike.

    A node goes where just two edges meet in it, counting all shapes, and it lies within ``STRAIGHT`` of the line
    between the vertices that stay.
    """
    had = set(known)
    rings = {number: _rings(shape) for number, shape in shapes.items()}
    beside: defaultdict[_Point, set[_Point]] = defaultdict(set)
    for of_shape in rings.values():
        for ring in of_shape[0]:
            for i, point in enumerate(ring):
                if point not in had:
                    beside[point].update((ring[i - 1], ring[(i + 1) % len(ring)]))
    loose = {point for point, neighbours in beside.items() if len(neighbours) == 2}  # noqa: PLR2004  before, behind
    thinner = {}
    for number, (whole, part_of_ring) in rings.items():
        kept = [_thin(ring, loose) for ring in whole]
        closed = [[*ring, ring[0]] for ring in kept]
        steps = np.array([point for ring in closed for point in ring], dtype=np.int64)
        shape = rebuilt(steps, np.repeat(np.arange(len(closed)), [len(ring) for ring in closed]), part_of_ring)
        thinner[number] = shape
    return thinner if all(shapely.is_valid(shape) for shape in thinner.values()) else dict(shapes)


def _rings(shape: BaseGeometry) -> tuple[list[list[_Point]], NDArray[np.intp]]:
    """Return the rings as lattice points, the last not repeated, and the part of each."""
    rings, part_of_ring = shapely.get_rings(shapely.get_parts(shape), return_index=True)
    return [
        [(lon, lat) for lon, lat in to_lattice(shapely.get_coordinates(ring)[:-1]).tolist()] for ring in rings
    ], part_of_ring


def _thin(ring: list[_Point], loose: set[_Point]) -> list[_Point]:
    """Return a ring without the loose points that lie on straight lines."""
    fixed = [i for i, point in enumerate(ring) if point not in loose]
    if len(fixed) < 2 or len(fixed) == len(ring):  # noqa: PLR2004  between one point and itself is no straight line
        return ring
    kept: list[_Point] = []
    for i, start in enumerate(fixed):
        end = fixed[(i + 1) % len(fixed)]
        run = ring[start : end + 1] if start < end else ring[start:] + ring[: end + 1]
        kept += (_straightened(run) if run[0] < run[-1] else _straightened(run[::-1])[::-1])[:-1]
    return kept if len(kept) > 2 else ring  # noqa: PLR2004  a ring has three corners


def _straightened(run: list[_Point]) -> list[_Point]:
    """Return a run of points from its first to its last without those beside the straight line (Douglas–Peucker)."""
    if len(run) < 3:  # noqa: PLR2004  nothing between the ends
        return run
    line = shapely.LineString([(0, 0), (run[-1][0] - run[0][0], run[-1][1] - run[0][1])])
    inner = np.array(run[1:-1], dtype=np.int64) - np.array(run[0], dtype=np.int64)
    away = np.asarray(shapely.distance(line, shapely.points(inner.astype(np.float64))))
    farthest = int(np.argmax(away)) + 1
    if away[farthest - 1] <= STRAIGHT:
        return [run[0], run[-1]]
    return _straightened(run[: farthest + 1])[:-1] + _straightened(run[farthest:])
