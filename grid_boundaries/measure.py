"""How large a grid is, and where its name is best written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

GEOD = Geod(ellps="WGS84")
"""CGCS2000 and WGS 84 ellipsoids differ by 0.1 mm: one serves both (decision 4)."""


def area_m2(shape: BaseGeometry) -> float:
    """Return the geodesic area of polygons in degrees, holes taken off, whatever the ring order; metres squared.

    Good to about 0.00001 m² for a piece of metres, which a strip of 0.1 mm needs.  Empty shapes have no area.
    """
    return areas_m2([shape])[0]


def areas_m2(shapes: Sequence[BaseGeometry]) -> list[float]:
    """Return ``area_m2`` of each of many shapes."""
    array = _array(shapes)
    parts, shape_of_part = shapely.get_parts(array, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points = shapely.get_coordinates(rings)
    ends = np.cumsum(shapely.get_num_coordinates(rings)).tolist()
    of_parts: list[float] = [0.0] * len(parts)
    holes: dict[int, float] = {}
    begin, last = 0, -1
    for part, end in zip(part_of_ring.tolist(), ends, strict=True):
        lons, lats = points[begin:end].T
        ring_m2 = abs(float(GEOD.polygon_area_perimeter(lons, lats)[0]))
        if part == last:
            holes[part] = holes.get(part, 0) + ring_m2
        else:
            of_parts[part] = ring_m2
        begin, last = end, part
    totals = [0.0] * len(array)
    for part, (shape, outer_m2) in enumerate(zip(shape_of_part.tolist(), of_parts, strict=True)):
        totals[shape] += outer_m2 - holes.get(part, 0)
    return totals


def label_point(shape: BaseGeometry) -> tuple[float, float]:
    """Return lon, lat of the centre of the largest circle inside a polygon, to a hundredth of its size.

    A label there is far from every edge, and stays when a tile or a zoom changes.  Degrees of longitude are
    shrunk by the cosine of the latitude first, so that the circle is one on the ground.
    """
    ((lon, lat),) = label_points([shape]).tolist()
    return lon, lat


def label_points(shapes: Sequence[BaseGeometry]) -> NDArray[np.float64]:
    """Return ``label_point`` of each of many shapes, one a row."""
    parts, shape_of_part = shapely.get_parts(_array(shapes), return_index=True)
    by_size = np.lexsort((-shapely.area(parts), shape_of_part))  # the first of the largest, shape by shape
    largest = parts[by_size[np.unique(shape_of_part, return_index=True)[1]]]
    bounds = shapely.bounds(largest)
    shrink = np.cos(np.radians((bounds[:, 1] + bounds[:, 3]) / 2))
    shrinks = np.repeat(shrink, shapely.get_num_coordinates(largest))
    flat = shapely.transform(largest, lambda degrees: degrees * np.column_stack([shrinks, np.ones_like(shrinks)]))
    west, south, east, north = shapely.bounds(flat).T
    circles = shapely.maximum_inscribed_circle(flat, tolerance=np.maximum(east - west, north - south) / 100)
    centres = shapely.get_coordinates(shapely.get_point(circles, 0))
    return np.column_stack([centres[:, 0] / shrink, centres[:, 1]])


def _array(shapes: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=np.object_)
    array[:] = list(shapes)
    return array
