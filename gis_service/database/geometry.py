"""Shapely meets PostGIS here and nowhere else."""

from __future__ import annotations

import shapely
from geoalchemy2 import WKBElement
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.database.tables import SRID


def to_column(shape: BaseGeometry) -> WKBElement:
    """Return a geometry as a bind value, bit for bit."""
    return WKBElement(shapely.to_wkb(shape), srid=SRID)


def to_multipolygon(shape: BaseGeometry) -> WKBElement:
    """Return a polygon or multipolygon as a bind value of a MULTIPOLYGON column."""
    return to_column(MultiPolygon([shape]) if isinstance(shape, Polygon) else shape)


def point_column(lon: float, lat: float) -> WKBElement:
    """Return a place in degrees as a bind value of a POINT column."""
    return to_column(Point(lon, lat))


def from_column(element: WKBElement) -> BaseGeometry:
    """Return the geometry of a column; a multipolygon of one part comes back as that polygon."""
    return from_binary(bytes(element.data) if not isinstance(element.data, str) else bytes.fromhex(element.data))


def from_binary(written: bytes) -> BaseGeometry:
    """Return a geometry written as WKB or EWKB; a multipolygon of one part comes back as that polygon."""
    shape = shapely.from_wkb(written)
    if isinstance(shape, MultiPolygon) and len(shape.geoms) == 1:
        return shape.geoms[0]
    return shape
