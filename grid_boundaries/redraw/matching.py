"""Common vertices for shapes that were drawn apart: set where they lie on an edge, no shape changed (decision 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from grid_boundaries.check.rules import NOISE_STEPS
from grid_boundaries.redraw.edges import Edge, Point, forward


def match(fresh: Collection[Edge], others: Collection[Edge]) -> dict[Edge, tuple[Point, ...]]:
    """Return chains for edges, run forward, on which vertices of other edges lie; one side of each pair is fresh.

    A vertex lies on an edge when it is at most ``NOISE_STEPS`` from it and farther than that from both its ends, as
    the check has it.  It is set only where a part of the edge is then a part of another edge: a corner that merely
    touches needs none.
    """
    every = sorted({forward(edge) for edge in (*fresh, *others)})
    if not every:
        return {}
    fresh_edges = {forward(edge) for edge in fresh}
    fresh_points = {point for edge in fresh_edges for point in edge}
    found: dict[Edge, list[Point]] = {}
    for edge, points in _points_on(every).items():
        close = points if edge in fresh_edges else [point for point in points if point in fresh_points]
        if close:
            found[edge] = close
    return _useful(every, found)


def along(edge: Edge, points: Collection[Point]) -> list[Point]:
    """Return points near an edge in their order along it, its ends first and last."""
    (lon, lat), (lon_end, lat_end) = edge
    inner = set(points) - set(edge)
    ordered = sorted(
        inner, key=lambda point: ((point[0] - lon) * (lon_end - lon) + (point[1] - lat) * (lat_end - lat), point)
    )
    return [edge[0], *ordered, edge[1]]


def _points_on(edges: list[Edge]) -> dict[Edge, list[Point]]:
    ends = np.array(edges, dtype=np.int64)
    origin = ends.reshape(-1, 2).min(axis=0)
    local = (ends - origin).astype(np.float64)
    vertices: NDArray[np.int64] = np.unique(ends.reshape(-1, 2), axis=0)
    places = (vertices - origin).astype(np.float64)
    vertex, edge = STRtree(shapely.linestrings(local)).query(
        shapely.points(places), predicate="dwithin", distance=NOISE_STEPS
    )
    away = np.minimum(np.hypot(*(places[vertex] - local[edge, 0]).T), np.hypot(*(places[vertex] - local[edge, 1]).T))
    found: defaultdict[Edge, list[Point]] = defaultdict(list)
    for which, number in zip(
        vertices[vertex[away > NOISE_STEPS]].tolist(), edge[away > NOISE_STEPS].tolist(), strict=True
    ):
        found[edges[number]].append((which[0], which[1]))
    return found


def _useful(every: Collection[Edge], found: Mapping[Edge, Collection[Point]]) -> dict[Edge, tuple[Point, ...]]:
    """Keep the points at which a part of an edge begins or ends that another edge has too."""
    parts: defaultdict[Edge, int] = defaultdict(int)
    for edge in every:
        for part in pairwise(along(edge, found.get(edge, ()))):
            parts[forward(part)] += 1
    chains = {}
    for edge, points in found.items():
        whole = along(edge, points)
        shared = [parts[forward(part)] > 1 for part in pairwise(whole)]
        kept = [point for point, pair in zip(whole[1:-1], pairwise(shared), strict=True) if any(pair)]
        if kept:
            chains[edge] = (edge[0], *kept, edge[1])
    return chains
