"""Snap rounding of new paths against existing boundaries, exact in integers; existing vertices never move.

Every point of the lattice owns the half-open square of one step around it.  A line that passes through the square of
a vertex or of a rounded crossing goes through that point afterwards.  All lines are treated alike, so they keep their
order and nothing comes to cross that did not.

Source:
    Hobby, "Practical segment intersection with finite precision output", Computational Geometry 13 (1999);
    Guibas and Marimont, "Rounding arrangements dynamically", 1998.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from grid_boundaries.redraw.edges import Edge, Point
from grid_boundaries.redraw.ground import Ground

_REACH = 1.0  # steps; the corner of a square is 0.71 from its point, and doubles add less than a thousandth


@dataclass(frozen=True, slots=True)
class Noding:
    """Paths with all their nodes; existing edges that became chains, run forward; and who uses each of these."""

    paths: tuple[tuple[Point, ...], ...]
    chains: Mapping[Edge, tuple[Point, ...]]
    users: Mapping[Edge, AbstractSet[str]]


def node(
    ground: Ground, paths: Sequence[Sequence[Point]], pins: Mapping[Edge, Iterable[Point]] | None = None
) -> Noding:
    """Node paths with the boundaries of all grids.

    Args:
        ground: the grids.
        paths: simple lines of two points at least, on the lattice; they do not cross one another.
        pins: points that edges, run forward, must go through: ends of paths that were put on them.
    """
    every = np.array([point for path in paths for point in path], dtype=np.int64)
    low, high = (every.min(axis=0) - 2).tolist(), (every.max(axis=0) + 2).tolist()
    users = ground.edges_near((low[0], low[1]), (high[0], high[1]))
    for edge in pins or {}:
        if edge not in users:
            users |= {edge: who for edge, who in ground.edges_near(*edge).items() if edge in (pins or {})}
    squares = _Squares(list(users), [segment for path in paths for segment in pairwise(path)], every[0])
    pinned = {edge: set(points) for edge, points in (pins or {}).items()}
    hot = {point for path in paths for point in path} | {point for points in pinned.values() for point in points}
    hot |= squares.crossings()
    on_segment, on_edge = squares.passed(hot, pinned)
    chains = {}
    for edge, points in on_edge.items():
        chain = _along(edge, points)
        if len(chain) > 2:  # noqa: PLR2004  an edge has two ends
            chains[edge] = chain
    noded = tuple(_joined(path, on_segment) for path in paths)
    return Noding(noded, chains, {edge: users[edge] for edge in chains})


class _Squares:
    """Which lines pass through the squares of which points."""

    def __init__(self, edges: list[Edge], segments: list[Edge], origin: NDArray[np.int64]) -> None:
        self._edges, self._segments = edges, segments
        self._origin = origin
        self._edge_lines, self._segment_lines = self._lines(edges), self._lines(segments)
        self._edge_tree, self._segment_tree = STRtree(self._edge_lines), STRtree(self._segment_lines)
        self._vertices = {point for edge in edges for point in edge}

    def crossings(self) -> set[Point]:
        """Return where segments cross edges, rounded to the lattice; half a step goes up."""
        found = set()
        numbers = self._edge_tree.query(self._segment_lines, predicate="dwithin", distance=_REACH)
        for segment, edge in numbers.T.tolist():
            point = _crossing(self._segments[segment], self._edges[edge])
            if point is not None:
                found.add(point)
        return found

    def passed(
        self, hot: set[Point], pinned: Mapping[Edge, set[Point]]
    ) -> tuple[dict[Edge, set[Point]], dict[Edge, set[Point]]]:
        """Return the points that each segment and each edge goes through.

        An edge that goes through a hot point goes through all vertices whose squares it passes, and these are hot
        from then on; other edges stay as they are.
        """
        on_segment = self._on(self._segment_tree, self._segments, hot | self._vertices)
        active = hot | {point for points in on_segment.values() for point in points}
        on_vertex = self._on(self._edge_tree, self._edges, self._vertices)
        on_edge: dict[Edge, set[Point]] = {edge: set(points) for edge, points in pinned.items()}
        fresh = active
        while fresh:
            hit = self._on(self._edge_tree, self._edges, fresh)
            fresh = set()
            for edge, points in hit.items():
                more = on_vertex.get(edge, set())
                on_edge.setdefault(edge, set()).update(points | more)
                fresh |= more - active
            active |= fresh
        return on_segment, on_edge

    def _on(self, tree: STRtree, lines: list[Edge], points: AbstractSet[Point]) -> dict[Edge, set[Point]]:
        found: defaultdict[Edge, set[Point]] = defaultdict(set)
        if not points or not lines:
            return found
        ordered = list(points)
        local = (np.array(ordered, dtype=np.int64) - self._origin).astype(np.float64)
        for point, line in tree.query(shapely.points(local), predicate="dwithin", distance=_REACH).T.tolist():
            edge, where = lines[line], ordered[point]
            if where not in edge and _passes(edge, where):
                found[edge].add(where)
        return found

    def _lines(self, edges: list[Edge]) -> NDArray[np.object_]:
        ends = (np.array(edges, dtype=np.int64).reshape(-1, 2, 2) - self._origin).astype(np.float64)
        lines: NDArray[np.object_] = np.asarray(shapely.linestrings(ends), dtype=object)
        return lines


def _crossing(one: Edge, other: Edge) -> Point | None:
    """Return the rounded point where two edges cross inside both; None where they meet in an end, or not at all."""
    (ax, ay), (bx, by) = one
    (cx, cy), (dx, dy) = other
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    across = ux * vy - uy * vx
    if across == 0:
        return None
    along = (cx - ax) * vy - (cy - ay) * vx
    share = (cx - ax) * uy - (cy - ay) * ux
    if across < 0:
        across, along, share = -across, -along, -share
    if not (0 < along < across and 0 < share < across):
        return None
    return (2 * (ax * across + ux * along) + across) // (2 * across), (2 * (ay * across + uy * along) + across) // (
        2 * across
    )


def _passes(edge: Edge, point: Point) -> bool:
    """Return whether an edge passes through the square of a point: west and south sides belong to it, others not."""
    low, low_open, high, high_open = Fraction(0), False, Fraction(1), False
    for axis in (0, 1):
        start, step = 2 * (edge[0][axis] - point[axis]), 2 * (edge[1][axis] - edge[0][axis])
        if step == 0:
            if not -1 <= start < 1:
                return False
            continue
        enters, leaves = Fraction(-1 - start, step), Fraction(1 - start, step)
        enters_open, leaves_open = False, True
        if step < 0:
            enters, leaves, enters_open, leaves_open = leaves, enters, leaves_open, enters_open
        low, low_open = max((low, low_open), (enters, enters_open))
        if (leaves, not leaves_open) < (high, not high_open):
            high, high_open = leaves, leaves_open
    return low < high or (low == high and not low_open and not high_open)


def _along(edge: Edge, points: AbstractSet[Point]) -> tuple[Point, ...]:
    """Return points in their order along an edge, its ends first and last."""
    (ax, ay), (bx, by) = edge
    inner = points - {edge[0], edge[1]}
    ordered = sorted(inner, key=lambda point: ((point[0] - ax) * (bx - ax) + (point[1] - ay) * (by - ay), point))
    return (edge[0], *ordered, edge[1])


def _joined(path: Sequence[Point], on_segment: Mapping[Edge, AbstractSet[Point]]) -> tuple[Point, ...]:
    whole: list[Point] = [path[0]]
    for segment in pairwise(path):
        whole += _along(segment, on_segment.get(segment, frozenset()))[1:]
    return tuple(whole)
