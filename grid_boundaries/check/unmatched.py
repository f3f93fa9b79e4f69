"""Vertices that one grid has on a common edge and its neighbour lacks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from grid_boundaries.check.cancellation import cancel
from grid_boundaries.check.edges import Edges
from grid_boundaries.check.frame import Frame
from grid_boundaries.check.rules import NOISE_STEPS


@dataclass(frozen=True, slots=True)
class UnmatchedVertex:
    """A lattice point on an edge of ``lacking`` that the ``holders`` have as a vertex; all by owner number."""

    lacking: int
    holders: tuple[int, ...]
    point: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The points along each edge, in order: row after row, an edge after the other."""

    edge: NDArray[np.intp]
    point: NDArray[np.int64]
    inserted: NDArray[np.bool_]


def match_vertices(edges: Edges) -> tuple[list[UnmatchedVertex], Edges]:
    """Give every edge the vertices of others that lie on it, cancel again, and return who lacked what.

    A vertex lies on an edge when it is at most ``NOISE_STEPS`` from it and farther than that from both its ends: a
    point computed on a line is hardly ever on it exactly.  It counts as unmatched only where the common edge then
    cancels: a corner that merely touches an edge needs no vertex there.  The edges returned are what is still left
    over, and the cause of gaps and overlaps.
    """
    if not len(edges) or (edges.owner == edges.owner[0]).all():
        return [], edges  # nobody has a vertex that another lacks
    owned = _vertices(edges)
    nodes = _nodes(edges, owned)
    if not nodes.inserted.any():
        return [], edges
    joined, shorter = _cut(edges, nodes)
    cancellation = cancel(shorter)
    cancelled = np.ones(len(nodes.edge), np.bool_)
    cancelled[joined[cancellation.left]] = False  # row r stands for the edge from row r to row r + 1
    rows = np.flatnonzero(nodes.inserted)
    rows = rows[cancelled[rows - 1] | cancelled[rows]]
    return _unmatched(edges, owned, nodes, rows), shorter.pick(cancellation.left)


def cut_at_vertices(edges: Edges) -> Edges:
    """Return edges cut at every vertex of another owner that lies on them, as ``match_vertices`` does."""
    return _cut(edges, _nodes(edges, _vertices(edges)))[1] if len(edges) else edges


def _vertices(edges: Edges) -> NDArray[np.int64]:
    """Return rows of point and owner, once each."""
    return np.unique(np.column_stack([np.concatenate([edges.start, edges.end]), np.tile(edges.owner, 2)]), axis=0)


def _cut(edges: Edges, nodes: _Nodes) -> tuple[NDArray[np.intp], Edges]:
    """Return the rows of nodes at which a shorter edge starts, and the shorter edges."""
    joined = np.flatnonzero(nodes.edge[1:] == nodes.edge[:-1])
    source = nodes.edge[joined]
    return joined, Edges(nodes.point[joined], nodes.point[joined + 1], edges.owner[source], edges.family[source])


def _nodes(edges: Edges, owned: NDArray[np.int64]) -> _Nodes:
    """Return the edges with the vertices of other owners that lie on them; ``owned`` has rows of point and owner."""
    frame = Frame.around(edges)
    start, end = frame.local(edges.start), frame.local(edges.end)
    vertices = frame.local(owned[:, :2])
    vertex, edge = STRtree(frame.lines(edges)).query(
        shapely.points(vertices), predicate="dwithin", distance=NOISE_STEPS
    )
    others = (
        (owned[vertex, 2] != edges.owner[edge])
        & (np.hypot(*(vertices[vertex] - start[edge]).T) > NOISE_STEPS)
        & (np.hypot(*(vertices[vertex] - end[edge]).T) > NOISE_STEPS)
    )
    found = np.unique(np.column_stack([edge[others], owned[vertex[others], :2]]), axis=0)
    on, points = found[:, 0], found[:, 1:]
    along = end[on] - start[on]
    share = ((frame.local(points) - start[on]) * along).sum(axis=1) / (along**2).sum(axis=1)
    each = np.arange(len(edges))
    row_edge = np.concatenate([each, on, each])
    order = np.lexsort((np.concatenate([np.zeros(len(each)), share, np.ones(len(each))]), row_edge))
    inserted = np.repeat([False, True, False], [len(each), len(on), len(each)])
    return _Nodes(row_edge[order], np.concatenate([edges.start, points, edges.end])[order], inserted[order])


def _unmatched(
    edges: Edges, owned: NDArray[np.int64], nodes: _Nodes, rows: NDArray[np.intp]
) -> list[UnmatchedVertex]:
    """Return one entry for each owner and point among the rows, ordered by point and owner."""
    wanted = {(int(lon), int(lat)) for lon, lat in nodes.point[rows]}
    holders = defaultdict(list)
    for lon, lat, owner in owned.tolist():
        if (lon, lat) in wanted:
            holders[lon, lat].append(owner)
    lacking = {
        (int(lon), int(lat), int(edges.owner[nodes.edge[row]]))
        for row, (lon, lat) in zip(rows, nodes.point[rows], strict=True)
    }
    return [
        UnmatchedVertex(owner, tuple(other for other in holders[lon, lat] if other != owner), (lon, lat))
        for lon, lat, owner in sorted(lacking)
    ]
