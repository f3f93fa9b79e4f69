"""Hatching: slanted lines over a piece of the map."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

STEP_MM = 1.8


def hatch(shape: BaseGeometry, step_mm: float = STEP_MM) -> BaseGeometry:
    """Return the lines that rise to the right at 45 degrees in a shape on paper, ``step_mm`` apart.

    All lines belong to one raster of the page, so they run on through shapes that touch.  y points down.
    """
    if shape.is_empty:
        return shapely.MultiLineString()
    left, top, right, bottom = shape.bounds
    spacing = step_mm * 2**0.5
    first, last = int((left + top) // spacing), int((right + bottom) // spacing) + 1
    reach = bottom - top
    lines = [
        shapely.LineString([(raster * spacing - bottom, bottom), (raster * spacing - bottom + reach, top)])
        for raster in range(first, last + 1)
    ]
    return shapely.intersection(shapely.MultiLineString(lines), shape)
