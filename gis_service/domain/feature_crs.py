"""Coordinate reference systems in which features are asked for and answered, each in the axis order of its authority.

Inside the service degrees are longitude first; what comes in and goes out here is in the order that the system's
registry says: latitude first for EPSG:4326 and 4490, northing first for the Gauss-Kruger zones.

Source:
    OGC 18-058r1 (Features, Part 2: Coordinate Reference Systems by Reference), 6.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.locate.coordinates import CoordinateError, to_wgs84

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_DEGREES = frozenset({0, 4326, 4490})
"""Systems whose degrees are stored as they stand (decision 4); 0 is CRS84."""
_WEB_MERCATOR = 3857
_HALF_WORLD_M = 20037508.3428  # rounded up to what an answer is rounded to
_GAUSS_KRUGER = range(4513, 4555)
_PIECES = 64
"""Parts into which what is asked for in metres is cut: a straight line there is a bow in degrees."""
_METRE_DECIMALS = 4
_DEGREE_DECIMALS = 9


class OutOfCrsError(ValueError):
    """Coordinates that the system cannot have; the sentence goes after the name of what was read."""


@dataclass(frozen=True, slots=True)
class FeatureCrs:
    """One system; ``code`` is its number at EPSG, 0 for CRS84."""

    uri: str
    code: int

    @property
    def is_stored(self) -> bool:
        """Tell whether stored coordinates are answered as they stand."""
        return self.code == 0

    def box_to_degrees(self, first: float, second: float, third: float, fourth: float) -> BaseGeometry:
        """Return the ground of a box, given by its lower and its upper corner, in degrees, longitude first.

        A box in degrees whose west is greater than its east goes through 180 degrees.

        Raises:
            OutOfCrsError: a coordinate that is out of range, or corners that are the wrong way round.
        """
        low, high = (second, fourth) if self.code in _DEGREES and not _is_north_first(self.code) else (first, third)
        if low > high or (self.code not in _DEGREES and second > fourth):
            raise OutOfCrsError("begins with its upper corner; the lower comes first")
        if self.code not in _DEGREES or (first <= third and second <= fourth):
            return self.to_degrees(box_of(first, second, third, fourth))
        west, east = (second, fourth) if _is_north_first(self.code) else (first, third)
        self.to_degrees(shapely.MultiPoint([(first, second), (third, fourth)]))
        return shapely.union_all([box_of(west, low, 180, high), box_of(-180, low, east, high)])

    def to_degrees(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a geometry of this system in degrees, longitude first.

        Raises:
            OutOfCrsError: a coordinate that is out of range or far from the zone.
        """
        if self.code not in _DEGREES and shape.length:
            west, south, east, north = shape.bounds
            shape = shapely.segmentize(shape, max(east - west, north - south) / _PIECES)
        try:
            return shapely.transform(shape, self._points_to_degrees)
        except CoordinateError as error:
            order = "northing or latitude" if _is_north_first(self.code) else "easting or longitude"
            sentence = f"has {error.value:g}, which is out of range in {self.uri}, where {order} comes first"
            raise OutOfCrsError(sentence) from None

    def from_degrees(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a geometry in degrees in this system; vertices are moved, none are added.

        Raises:
            OutOfCrsError: a place that the system does not reach.
        """
        moved = shapely.transform(shape, self._points_from_degrees)
        if not np.isfinite(shapely.get_coordinates(moved)).all():
            raise OutOfCrsError("does not reach these features")
        return moved

    def convert_geojson(self, geometry: str) -> str:
        """Return a GeoJSON geometry in degrees as one in this system.

        Raises:
            OutOfCrsError: a place that the system does not reach.
        """
        return geometry if self.is_stored else shapely.to_geojson(self.from_degrees(shapely.from_geojson(geometry)))

    def _points_to_degrees(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        eastings, northings = points.T[::-1] if _is_north_first(self.code) else points.T
        if self.code == _WEB_MERCATOR:
            outside = np.abs(eastings) > _HALF_WORLD_M
            if outside.any():
                # The projection would go round the world and come back with a longitude.
                index = int(np.argmax(outside))
                raise CoordinateError("lon", index, float(eastings[index]), "beyond 180 degrees")
            lons, lats = _mercator(inverse=True)(eastings, northings)
        else:
            # Through the door of all callers: it knows how far a zone reaches.
            lons, lats = to_wgs84(eastings, northings, f"EPSG:{self.code or 4326}")
        return np.column_stack([lons, lats])

    def _points_from_degrees(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        eastings, northings, decimals = points[:, 0], points[:, 1], _DEGREE_DECIMALS
        if self.code not in _DEGREES:
            project = _mercator(inverse=False) if self.code == _WEB_MERCATOR else _zone(self.code)
            eastings, northings = project(eastings, northings)
            decimals = _METRE_DECIMALS
        ordered = (northings, eastings) if _is_north_first(self.code) else (eastings, northings)
        return np.column_stack(ordered).round(decimals)


FEATURE_CRS: Mapping[str, FeatureCrs] = MappingProxyType(
    {CRS84: FeatureCrs(CRS84, 0)}
    | {f"{_EPSG}{code}": FeatureCrs(f"{_EPSG}{code}", code) for code in (4326, 4490, _WEB_MERCATOR, *_GAUSS_KRUGER)}
)
"""All that are taken, by their URIs; the first is the default and the one that is stored."""

STORED = FEATURE_CRS[CRS84]

_Projection = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]


@cache
def _is_north_first(code: int) -> bool:
    return bool(code) and pyproj.CRS.from_epsg(code).axis_info[0].direction == "north"


@cache
def _mercator(*, inverse: bool) -> _Projection:
    ends = ("EPSG:3857", "EPSG:4326") if inverse else ("EPSG:4326", "EPSG:3857")
    return pyproj.Transformer.from_crs(*ends, always_xy=True).transform


@cache
def _zone(code: int) -> _Projection:
    # From CGCS2000, not from WGS 84: nothing but the projection is to be done.
    return pyproj.Transformer.from_crs("EPSG:4490", f"EPSG:{code}", always_xy=True).transform


def box_of(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """Return the ground of a box; a line or a point where it has no width or no height."""
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)
