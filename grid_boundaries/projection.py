"""Metres for pieces of ground whose edges are straight in longitude and latitude (decisions 3 and 4).

A geodesic, or a straight line of a map projection, leaves the straight line between two points in degrees: by 9 cm
over 4.7 km at latitude 25.  A strip between a long edge and short ones would be measured that much too wide, so
pieces are measured with their own edges: areas by integration on the ellipsoid, widths in a plane that is affine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

_RADIUS_M = 6_378_137.0
_FLATTENING = 1 / 298.257222101  # GRS 80, the ellipsoid of CGCS2000; WGS 84 has 0.1 mm less at the pole
_SQUARED_ECCENTRICITY = _FLATTENING * (2 - _FLATTENING)
_ECCENTRICITY = math.sqrt(_SQUARED_ECCENTRICITY)
_GAUSS = ((0.5 - math.sqrt(0.15), 5 / 18), (0.5, 8 / 18), (0.5 + math.sqrt(0.15), 5 / 18))  # points and weights


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Return how long a degree of longitude and one of latitude are, at a latitude on the ellipsoid."""
    sine, cosine = math.sin(math.radians(lat)), math.cos(math.radians(lat))
    squared = 1 - _SQUARED_ECCENTRICITY * sine**2
    east = _RADIUS_M * cosine / math.sqrt(squared)
    north = _RADIUS_M * (1 - _SQUARED_ECCENTRICITY) / squared**1.5
    return math.radians(east), math.radians(north)


def straight_area_m2(shape: BaseGeometry) -> float:
    """Return the area on the ellipsoid of polygons whose edges are straight in degrees, in square metres.

    Holes count off; rings may turn either way.  The area between an edge and the equator is the integral of the
    zone's area over longitude, taken at three Gauss points: exact to the last digits for edges of kilometres, and
    good to 0.00001 m² for a strip of any width.
    """
    total = 0.0
    for part in shapely.get_parts(shape):
        if not part.is_empty:
            total += _ring_area_m2(part.exterior) - sum(_ring_area_m2(hole) for hole in part.interiors)
    return total


def _ring_area_m2(ring: BaseGeometry) -> float:
    lons, lats = np.radians(shapely.get_coordinates(ring)).T
    lat, step = lats[:-1], np.diff(lats)
    middle = _zone_m2(np.array([lats.mean()]))
    zone = sum(weight * (_zone_m2(lat + point * step) - middle) for point, weight in _GAUSS)
    return abs(float(np.sum(np.diff(lons) * zone)))


def _zone_m2(lats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area between the equator and latitudes in radians, for one radian of longitude.

    Source:
        Snyder, Map Projections (USGS PP 1395), equation 3-12: half of q, times the squared radius.
    """
    sine = np.sin(lats)
    q = (1 - _SQUARED_ECCENTRICITY) * (
        sine / (1 - _SQUARED_ECCENTRICITY * sine**2) + np.arctanh(_ECCENTRICITY * sine) / _ECCENTRICITY
    )
    area: NDArray[np.float64] = _RADIUS_M**2 * q / 2
    return area


class LocalPlane:
    """Metres east and north of a place, with straight edges kept straight: degrees times their length there.

    A degree of longitude is as long everywhere as at that place, so lengths east and west are off by 0.8 % one degree
    of latitude away (at latitude 25): good for the width of a piece around the place, and for a search that needs no
    exact width.
    """

    def __init__(self, lon: float, lat: float) -> None:
        self._centre = np.array([lon, lat])
        self._scale = np.array(metres_per_degree(lat))

    @classmethod
    def around(cls, shapes: BaseGeometry | Iterable[BaseGeometry]) -> LocalPlane:
        """Return the plane centred on the bounding box of shapes in degrees, which must not all be empty."""
        west, south, east, north = shapely.total_bounds(np.asarray(shapes, dtype=object)).tolist()
        return cls((west + east) / 2, (south + north) / 2)

    def to_metres(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape in degrees as metres east and north of the centre."""
        return shapely.transform(shape, lambda degrees: (degrees - self._centre) * self._scale)

    def to_degrees(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape of this plane in degrees, longitude first."""
        return shapely.transform(shape, lambda metres: metres / self._scale + self._centre)
