"""Common vertices on long edges, set before projected polygons become degrees (decision 4).

An edge that is straight in a map projection is not straight in degrees: 5 km bow by 0.3 m.  A corner of a neighbour
that lies in the middle of it would then leave it, and ground would seem to open or to overlap that does not.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

LONG_M = 50.0
"""A shorter edge bows by less than 0.05 mm, half a step of the lattice."""

REACH_M = 0.002
"""A corner computed on an edge and rounded to the millimetre lies up to 0.7 mm beside it."""


def node_long_edges(
    shapes: NDArray[np.object_], long: float = LONG_M, reach: float = REACH_M
) -> tuple[NDArray[np.object_], int]:
    """Give long edges the vertices of others that lie on them; return the shapes and how many were set.

    Edges bend by at most ``reach``.  Holes and parts stay; heights go; what is no polygon is handed through.

    Args:
        shapes: polygons in the plane in which their edges are straight, all in its units.
        long: edges up to this length stay as they are.
        reach: how far beside an edge a vertex may lie, and still be on it.
    """
    noded: NDArray[np.object_] = shapes.copy()
    kinds = shapely.get_type_id(shapes)
    chosen = np.flatnonzero(((kinds == 3) | (kinds == 6)) & ~shapely.is_empty(shapes))  # noqa: PLR2004  polygons of GEOS
    parts, shape_of_part = shapely.get_parts(shapes[chosen], return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    edge, vertices = _vertices_on_edges(points, ring_of_point, long, reach)
    if not len(edge):
        return noded, 0
    changed = np.unique(shape_of_part[part_of_ring[ring_of_point[edge]]])
    points = np.insert(points, edge + 1, vertices, axis=0)
    ring_of_point = np.insert(ring_of_point, edge + 1, ring_of_point[edge])
    ring_ends = np.concatenate([[0], np.cumsum(np.bincount(ring_of_point, minlength=len(rings)))])
    part_ends = np.concatenate([[0], np.cumsum(np.bincount(part_of_ring, minlength=len(parts)))])
    rebuilt = shapely.from_ragged_array(shapely.GeometryType.POLYGON, points, (ring_ends, part_ends))
    for number in changed.tolist():
        own = rebuilt[shape_of_part == number]
        noded[chosen[number]] = own[0] if len(own) == 1 else shapely.MultiPolygon(list(own))
    return noded, len(edge)


def _vertices_on_edges(
    points: NDArray[np.float64], ring_of_point: NDArray[np.intp], long: float, reach: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return pairs of edge (by the number of its first point) and vertex on it, in the order along the rings."""
    along = np.diff(points, axis=0)
    lengths = np.where(ring_of_point[1:] == ring_of_point[:-1], np.hypot(*along.T), 0.0)
    edges = np.flatnonzero(lengths > long)
    corners = np.unique(points[np.isfinite(points).all(axis=1)], axis=0)
    lines = np.asarray(shapely.linestrings(np.stack([points[edges], points[edges + 1]], axis=1)), dtype=object)
    vertex, line = STRtree(lines).query(shapely.points(corners), predicate="dwithin", distance=reach)
    edge, found = edges[line], corners[vertex]
    inner = (np.hypot(*(found - points[edge]).T) > reach) & (np.hypot(*(found - points[edge + 1]).T) > reach)
    edge, found = edge[inner], found[inner]
    share = ((found - points[edge]) * along[edge]).sum(axis=1)
    order = np.lexsort((share, edge))
    return edge[order], found[order]
