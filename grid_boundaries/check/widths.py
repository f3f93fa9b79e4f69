"""How wide a piece of ground is: what tells rounding noise from a decision."""

from __future__ import annotations

import math
from typing import cast

import shapely
from shapely.geometry.base import BaseGeometry

from grid_boundaries.partition import Shape

_SLIVER_ROUNDNESS = 0.05  # 4 pi A / P**2: 1 for a disc, 0.79 for a square, 0.05 for a strip 1 : 60


def greatest_width_m(shape_m: BaseGeometry, tolerance_m: float) -> float:
    """Return the diameter of the largest disc inside a polygon in metres, its radius good to the tolerance."""
    radius = shapely.maximum_inscribed_circle(cast("Shape", shape_m), tolerance=tolerance_m)
    return 2 * float(shapely.length(radius))


def equal_rectangle_m(shape_m: BaseGeometry) -> tuple[float, float]:
    """Return width and length of the rectangle with the area and the perimeter of a polygon in metres.

    A polygon rounder than any rectangle counts as a square.
    """
    quarter = shape_m.length / 4
    half_difference = math.sqrt(max(0.0, quarter**2 - shape_m.area))
    return quarter - half_difference, quarter + half_difference


def width_m(shape_m: BaseGeometry) -> float:
    """Return the width of a polygon in metres: twice area over perimeter for a sliver, else its largest disc.

    For a strip the two agree; the search for the disc takes long where it is thin, so slivers go without.
    """
    if shape_m.length == 0:
        return 0.0
    if 4 * math.pi * shape_m.area / shape_m.length**2 < _SLIVER_ROUNDNESS:
        return 2 * shape_m.area / shape_m.length
    return greatest_width_m(shape_m, math.sqrt(shape_m.area) / 200)
