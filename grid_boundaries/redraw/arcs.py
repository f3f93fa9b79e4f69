"""The common border of two grids, cut into arcs at the corners where others join."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from grid_boundaries.partition import LATTICE_PER_DEG
from grid_boundaries.projection import metres_per_degree
from grid_boundaries.redraw.edges import Edge, Point


@dataclass(frozen=True, slots=True)
class Arc:
    """A run of common edges, the first grid on its left."""

    points: tuple[Point, ...]

    @property
    def closed(self) -> bool:
        """Whether it ends where it starts."""
        return self.points[0] == self.points[-1]


@dataclass(frozen=True, slots=True)
class Match:
    """An arc and a line that is to take its place; ``backwards`` where the line runs the other way."""

    arc: Arc
    backwards: bool


def arcs_between(one: Sequence[Edge], other: Sequence[Edge]) -> list[Arc]:
    """Return the common arcs of two grids, in the order of their smallest points; none where they share no edge.

    Arcs end where the common border leaves the outline of both together, or meets it.
    """
    there = set(other)
    shared = {edge for edge in one if (edge[1], edge[0]) in there}
    outline = [edge for edge in one if edge not in shared]
    outline += [edge for edge in other if (edge[1], edge[0]) not in shared]
    corners = {point for edge in outline for point in edge}
    following: dict[Point, list[Point]] = {}
    for start, end in sorted(shared):
        following.setdefault(start, []).append(end)
    ends = {end for _, end in shared}
    starts = [point for point in sorted(following) if point in corners or point not in ends]
    starts = [point for point in starts for _ in following[point]] + sorted(following)
    arcs = []
    for start in starts:
        if not following.get(start):
            continue
        points = [start, following[start].pop()]
        while points[-1] not in corners and points[-1] != start and following.get(points[-1]):
            points.append(following[points[-1]].pop())
        arcs.append(Arc(tuple(points)))
    return sorted(arcs, key=lambda arc: (min(arc.points), arc.points))


def match_arc(arcs: Sequence[Arc], line: Sequence[Point]) -> Match | None:
    """Return the arc whose ends are nearest to those of a line; closed lines are for closed arcs only.

    None where no arc is of the line's kind.
    """
    closed = line[0] == line[-1]
    matches = [(_apart(arc, line, closed=closed), number) for number, arc in enumerate(arcs) if arc.closed == closed]
    if not matches:
        return None
    (_, backwards), number = min(matches)
    return Match(arcs[number], backwards)


def metres_between(one: Point, other: Point) -> float:
    """Return how far two lattice points are apart, good for metres."""
    east, north = metres_per_degree(one[1] / LATTICE_PER_DEG)
    return math.hypot((one[0] - other[0]) * east, (one[1] - other[1]) * north) / LATTICE_PER_DEG


def _apart(arc: Arc, line: Sequence[Point], *, closed: bool) -> tuple[float, bool]:
    """Return how far the ends are apart, and whether the line has to be turned for that."""
    if closed:
        near = min(metres_between(point, line[0]) for point in arc.points)
        return near, (_turn(arc.points) > 0) != (_turn(line) > 0)
    same = metres_between(arc.points[0], line[0]) + metres_between(arc.points[-1], line[-1])
    other = metres_between(arc.points[0], line[-1]) + metres_between(arc.points[-1], line[0])
    return (other, True) if other < same else (same, False)


def _turn(ring: Sequence[Point]) -> int:
    """Return twice the area of a closed line, positive where it runs anticlockwise; exact."""
    return sum(lon * lat_end - lon_end * lat for (lon, lat), (lon_end, lat_end) in pairwise(ring))
