"""Carry new vertices over to a shape that has changed meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import shapely

from grid_boundaries.check.rules import NOISE_STEPS
from grid_boundaries.partition import Shape
from grid_boundaries.redraw.edges import Edge, Point, forward, points_of, refine_shape
from grid_boundaries.redraw.matching import along


def rebase_refinement(base: Shape, refined: Shape, current: Shape) -> Shape | None:
    """Give a shape the vertices that were set into another version of it.

    Args:
        base: the shape from which both versions come; valid, like the others.
        refined: the base with more vertices on its edges, and not changed otherwise.
        current: the base as others have changed it meanwhile.

    Returns:
        ``current`` with these vertices.  Where an edge has got vertices of its own meanwhile, both sets are put in
        their order along it, which is the same on either side of the edge and whoever comes first.  None where an
        edge is not there any more, or ``refined`` changed more than its vertices.
    """
    wanted = _runs(base, refined)
    there = _runs(base, current)
    chains: dict[Edge, tuple[Point, ...]] = {}
    for edge in _edges(base):
        if edge not in wanted:
            return None
        new = set(wanted[edge]) - set(edge)
        if not new:
            continue
        if edge not in there:
            return None
        run = there[edge]
        whole = along(edge, new | set(run))
        if [point for point in whole if point in set(run)] != run:
            return None
        places = [whole.index(point) for point in run]
        for first, last in pairwise(places):
            if last - first > 1:
                part = whole[first : last + 1]
                chains[forward((part[0], part[-1]))] = tuple(part if part[0] < part[-1] else part[::-1])
    return refine_shape(current, chains) if chains else current


def _edges(shape: Shape) -> list[Edge]:
    return sorted({forward(edge) for ring in _rings(shape) for edge in pairwise(ring)})


def _runs(base: Shape, other: Shape) -> dict[Edge, list[Point]]:
    """Return for each edge of the base, run forward, the points by which the other shape goes along it."""
    ends: defaultdict[Point, set[Point]] = defaultdict(set)
    for ring in _rings(base):
        for start, end in pairwise(ring):
            ends[start].add(end)
    found = {}
    for ring in _rings(other):
        opened = ring[:-1]
        for number, start in enumerate(opened):
            if start not in ends:
                continue
            run = [start]
            for step in range(1, len(opened) + 1):
                point = opened[(number + step) % len(opened)]
                run.append(point)
                if point in ends[start] or not _near(run, ends[start]):
                    break
            if run[-1] in ends[start]:
                edge = forward((start, run[-1]))
                found[edge] = run if edge[0] == start else run[::-1]
    return found


def _near(run: list[Point], ends: set[Point]) -> bool:
    """Return whether the last point of a run lies on an edge from its first to one of the ends."""
    (lon, lat), last = run[0], run[-1]
    for end in ends:
        line = shapely.LineString([(0, 0), (end[0] - lon, end[1] - lat)])
        if shapely.dwithin(line, shapely.Point(last[0] - lon, last[1] - lat), NOISE_STEPS):
            return True
    return False


def _rings(shape: Shape) -> Iterator[list[Point]]:
    """Yield closed rings, all with the ground on their left."""
    for ring in shapely.get_rings(np.asarray(shapely.get_parts(shapely.orient_polygons(shape)))):
        yield points_of(ring)
