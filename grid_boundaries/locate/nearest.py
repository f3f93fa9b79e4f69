"""How far a point lies from grids that do not hold it."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from grid_boundaries.locate.shifts import Degrees

_GEOD = Geod(ellps="WGS84")
_FLATTEST_M_PER_DEG = 110_500.0
"""Metres in a degree of latitude at the equator, rounded down: a reach in degrees is never too short."""

SAME_DISTANCE_M = 0.001
"""Distances this close are equal: an edge measured from its two sides differs in the last digits."""


def nearest_of(shapes: NDArray[np.object_], ranks: NDArray[np.int32], lon: float, lat: float) -> tuple[int, float]:
    """Return the position of the nearest of one or more shapes and its distance in metres.

    Equal distances are settled as ownership is: the largest rank, then the first, so shapes come sorted by code.
    """
    metres = distances_m(shapes, lon, lat)
    equal = np.flatnonzero(metres <= metres.min() + SAME_DISTANCE_M).tolist()
    best = min(equal, key=lambda position: (-ranks[position], position))
    return best, float(metres[best])


def distances_m(shapes: NDArray[np.object_], lon: float, lat: float) -> NDArray[np.float64]:
    """Return the geodesic distance from a point to each shape; 0 where the shape covers it, inf where it is empty.

    The nearest place is sought on a plane where edges that are straight in degrees stay straight: degrees stretched
    to metres at one latitude, half-way to the nearest shape in the second of two rounds.  Only then is the distance
    measured on the ellipsoid.  Within 50 km that is right to a few centimetres.  Nothing is measured across the
    180th meridian.
    """
    return _geodesic_m(nearest_places(shapes, lon, lat), lon, lat)


def nearest_places(shapes: NDArray[np.object_], lon: float, lat: float) -> Degrees:
    """Return the place of each shape that is nearest to a point, as ``distances_m`` finds it.

    Rows of lon, lat; the point itself where the shape covers it, NaN where it is empty.
    """
    if not len(shapes):
        return np.empty((0, 2))
    feet = _feet(shapes, lon, lat, lat)
    metres = _geodesic_m(feet, lon, lat)
    if not np.isfinite(metres).any() or metres.min() == 0.0:
        return feet
    half_way = (lat + float(feet[int(np.argmin(metres)), 1])) / 2
    return _feet(shapes, lon, lat, half_way)


def box_around(lon: float, lat: float, distance_m: float) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a box that holds all that lies within a distance, and a little more."""
    reach_lat = distance_m / _FLATTEST_M_PER_DEG * 1.001 + 1e-9
    highest = abs(lat) + reach_lat
    if highest >= 89.0:  # noqa: PLR2004 - so near a pole a box of longitudes holds little
        return -180.0, lat - reach_lat, 180.0, lat + reach_lat
    reach_lon = reach_lat / math.cos(math.radians(highest))
    return lon - reach_lon, lat - reach_lat, lon + reach_lon, lat + reach_lat


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Return the length of a degree of longitude and of latitude on the ellipsoid; the first is at least 1 mm."""
    latitude = math.radians(lat)
    flattened = 1.0 - _GEOD.es * math.sin(latitude) ** 2
    across = _GEOD.a / math.sqrt(flattened) * math.cos(latitude)
    along = _GEOD.a * (1.0 - _GEOD.es) / flattened**1.5
    return max(math.radians(across), 1e-3), math.radians(along)


def _feet(shapes: NDArray[np.object_], lon: float, lat: float, plane_lat: float) -> Degrees:
    """Return the place of each shape that is nearest to a point, as rows of lon, lat; NaN for an empty shape."""
    origin, scale = np.array([lon, lat]), np.array(metres_per_degree(plane_lat))
    flat = shapely.transform(shapes, lambda degrees: (degrees - origin) * scale)
    ways = shapely.shortest_line(shapely.Point(0.0, 0.0), flat)
    feet = np.full((len(shapes), 2), np.nan)
    there = ~shapely.is_missing(ways)
    feet[there] = shapely.get_coordinates(ways[there])[1::2] / scale + origin
    return feet


def _geodesic_m(feet: Degrees, lon: float, lat: float) -> NDArray[np.float64]:
    count = len(feet)
    _, _, metres = _GEOD.inv(np.full(count, lon), np.full(count, lat), feet[:, 0], feet[:, 1])
    return np.where(np.isnan(metres), np.inf, metres)
