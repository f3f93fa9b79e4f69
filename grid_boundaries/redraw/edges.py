"""Regions as sums of directed edges on the lattice: what is added and taken without loss (decision 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.edges import edges_of
from grid_boundaries.partition import Shape, from_lattice, to_lattice

Point: TypeAlias = tuple[int, int]
"""A lattice point: whole steps of longitude and latitude."""

Edge: TypeAlias = tuple[Point, Point]
"""A directed edge; in a region its ground lies on the left."""

Chains: TypeAlias = Mapping[Edge, Sequence[Point]]
"""For an edge that runs forward, the points that it now goes through, both ends included."""


class FoldedError(ValueError):
    """Edges that enclose no region: on the lattice a part of it folded onto itself, or ground was added twice."""


@dataclass(frozen=True, slots=True)
class Face:
    """One piece of ground between edges, its own edges directed with the ground on the left."""

    shape: shapely.Polygon
    edges: frozenset[Edge]


def forward(edge: Edge) -> Edge:
    """Return the edge from its smaller point to its larger."""
    return edge if edge[0] < edge[1] else (edge[1], edge[0])


def turned(edges: Iterable[Edge]) -> Iterator[Edge]:
    """Yield edges the other way round."""
    return ((end, start) for start, end in edges)


def shape_edges(shape: BaseGeometry) -> list[Edge]:
    """Return the directed edges of a valid shape in degrees."""
    edges = edges_of([shape])
    return [((a, b), (c, d)) for (a, b), (c, d) in zip(edges.start.tolist(), edges.end.tolist(), strict=True)]


def path_edges(path: Sequence[Point]) -> list[Edge]:
    """Return the edges along a path."""
    return list(pairwise(path))


def refine(edges: Iterable[Edge], chains: Chains) -> list[Edge]:
    """Return edges with each one that has a chain replaced by it."""
    finer: list[Edge] = []
    for edge in edges:
        chain = chains.get(forward(edge))
        if chain is None:
            finer.append(edge)
        else:
            finer.extend(pairwise(chain if edge[0] < edge[1] else chain[::-1]))
    return finer


def add_up(plus: Iterable[Iterable[Edge]], minus: Iterable[Iterable[Edge]] = ()) -> dict[Edge, int]:
    """Return how many times more each edge runs forward than backward, zeros left out; exact."""
    net: dict[Edge, int] = {}
    for sign, regions in ((1, plus), (-1, minus)):
        for region in regions:
            for edge in region:
                key = forward(edge)
                net[key] = net.get(key, 0) + (sign if key == edge else -sign)
    return {edge: count for edge, count in net.items() if count}


def region(net: Mapping[Edge, int]) -> frozenset[Edge]:
    """Return the directed edges that are left of a sum.

    Raises:
        FoldedError: an edge is left more than once, so that the sum is no region.
    """
    if any(abs(count) != 1 for count in net.values()):
        raise FoldedError
    return frozenset(edge if count > 0 else (edge[1], edge[0]) for edge, count in net.items())


def combine(plus: Iterable[Iterable[Edge]], minus: Iterable[Iterable[Edge]] = ()) -> frozenset[Edge]:
    """Return the edges of regions put together less those taken away; common edges cancel."""
    return region(add_up(plus, minus))


def faces_of(edges: frozenset[Edge], cuts: Iterable[Edge] = ()) -> list[Face]:
    """Return the pieces into which cuts divide a region; without cuts, its connected parts.

    Args:
        edges: the region's, noded.
        cuts: edges inside the region, noded with it and with one another, either way round.

    Raises:
        FoldedError: the pieces do not add up to the region.
    """
    if not edges:
        return []
    lines = [forward(edge) for edge in edges] + list({forward(edge) for edge in cuts})
    ends = np.array(sorted(set(lines)), dtype=np.int64)
    origin = ends.reshape(-1, 2).min(axis=0)
    polygons = shapely.get_parts(shapely.polygonize(shapely.linestrings((ends - origin).astype(np.float64))))
    faces = []
    for polygon in shapely.orient_polygons(shapely.normalize(polygons)):
        face = Face(polygon, frozenset(_edges_of_face(polygon, origin)))
        if not any((end, start) in edges for start, end in face.edges):
            faces.append(Face(_in_degrees(polygon, origin), face.edges))
    if add_up([face.edges for face in faces], [edges]):
        raise FoldedError
    return faces


def shape_of(edges: frozenset[Edge]) -> Shape:
    """Return the shape in degrees that edges enclose: one polygon, or a multipolygon where the parts are several.

    Rings run with the ground on the left and start in their smallest point; parts are in a fixed order.

    Raises:
        FoldedError: they enclose none, or none that is valid.
    """
    parts = [face.shape for face in faces_of(edges)]
    shape = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if shape.is_empty or not shape.is_valid:
        raise FoldedError
    return shape


def refine_shape(shape: BaseGeometry, chains: Chains) -> Shape:
    """Return a shape with chains in the place of edges; rings keep their starts, turns and other vertices."""
    parts = [
        shapely.Polygon(_refine_ring(part.exterior, chains), [_refine_ring(hole, chains) for hole in part.interiors])
        for part in shapely.get_parts(shape)
    ]
    return parts[0] if shape.geom_type == "Polygon" else shapely.MultiPolygon(parts)


def points_of(ring: shapely.Geometry) -> list[Point]:
    """Return the vertices of a line or ring in degrees as lattice points, no point twice in a row."""
    points = [(lon, lat) for lon, lat in to_lattice(shapely.get_coordinates(ring)).tolist()]
    return [point for number, point in enumerate(points) if not number or point != points[number - 1]]


def _refine_ring(ring: shapely.LinearRing, chains: Chains) -> NDArray[np.float64]:
    points = points_of(ring)
    finer = [points[0], *(end for _, end in refine(pairwise(points), chains))]
    return from_lattice(np.array(finer, dtype=np.int64))


def _edges_of_face(polygon: shapely.Polygon, origin: NDArray[np.int64]) -> Iterator[Edge]:
    for ring in shapely.get_rings(polygon):
        points = np.rint(shapely.get_coordinates(ring)).astype(np.int64) + origin
        yield from pairwise([(lon, lat) for lon, lat in points.tolist()])


def _in_degrees(polygon: shapely.Polygon, origin: NDArray[np.int64]) -> shapely.Polygon:
    return shapely.transform(polygon, lambda local: from_lattice(np.rint(local).astype(np.int64) + origin))
