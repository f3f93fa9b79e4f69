"""How large a grid is, and where its name is best written."""

from __future__ import annotations

import math

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

GEOD = Geod(ellps="WGS84")
"""CGCS2000 and WGS 84 ellipsoids differ by 0.1 mm: one serves both (decision 4)."""


def area_m2(shape: BaseGeometry) -> float:
    """Return the geodesic area of polygons in degrees, holes taken off, whatever the ring order; metres squared.

    Good to about 0.00001 m² for a piece of metres, which a strip of 0.1 mm needs.  Empty shapes have no area.
    """
    total = 0.0
    for part in shapely.get_parts(shape):
        if not part.is_empty:
            total += _ring_area_m2(part.exterior) - sum(_ring_area_m2(hole) for hole in part.interiors)
    return total


def label_point(shape: BaseGeometry) -> tuple[float, float]:
    """Return lon, lat of the centre of the largest circle inside a polygon, to a hundredth of its size.

    A label there is far from every edge, and stays when a tile or a zoom changes.  Degrees of longitude are
    shrunk by the cosine of the latitude first, so that the circle is one on the ground.
    """
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    shrink = math.cos(math.radians((largest.bounds[1] + largest.bounds[3]) / 2))
    flat = shapely.transform(largest, lambda degrees: degrees * np.array([shrink, 1.0]))
    west, south, east, north = flat.bounds
    circle = shapely.maximum_inscribed_circle(flat, tolerance=max(east - west, north - south) / 100)
    lon, lat = circle.coords[0]
    return lon / shrink, lat


def _ring_area_m2(ring: BaseGeometry) -> float:
    lons, lats = shapely.get_coordinates(ring).T
    return abs(float(GEOD.polygon_area_perimeter(lons, lats)[0]))
