"""Labels inside grids: what is written, how large, and where; millimetres on paper, letters in points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.sheets.paper import Rect

POINT_MM = 25.4 / 72
LINE_HEIGHT = 1.28
"""From line to line, in heights of the letters."""

SIZES = (11.0, 10.0, 9.0, 8.0, 7.0, 6.5, 6.0, 5.5, 5.0)
"""Letters smaller than 5 points are not read on paper."""

SMALLEST_COMMON = 7.0

CLEARANCE_MM = 0.7
"""Between letters and the outline of their grid."""

_MOST_PLACES = 1500


class Measure(Protocol):
    """How wide letters are."""

    def __call__(self, text: str, size: float, *, bold: bool = False) -> float:
        """Return the width of a text in millimetres, its letters ``size`` points high."""


@dataclass(frozen=True, slots=True)
class Label:
    """Centred lines, the first bold where ``is_strong``; ``box`` holds all letters."""

    lines: tuple[str, ...]
    size: float
    box: Rect
    is_strong: bool = True


def box_size(lines: Sequence[str], size: float, measure: Measure, *, is_strong: bool = True) -> tuple[float, float]:
    """Return width and height of centred lines."""
    widths = [measure(line, size, bold=is_strong and number == 0) for number, line in enumerate(lines)]
    return max(widths), len(lines) * size * POINT_MM * LINE_HEIGHT


def choose_common_size(
    wanted: Sequence[tuple[BaseGeometry, tuple[str, ...]]], measure: Measure, enlarged: float, share: float = 0.6
) -> float:
    """Return the largest size at which a share of the grids hold their whole label, SMALLEST_COMMON at the least.

    Grids that do not hold it at this size get smaller letters or less to read; the others look alike.
    """
    sizes = [size * enlarged for size in SIZES if size >= SMALLEST_COMMON]
    for size in sizes:
        fitting = sum(
            place_box(shape, *box_size(lines, size, measure), first=None) is not None for shape, lines in wanted
        )
        if fitting >= share * len(wanted):
            return size
    return sizes[-1]


def write_inside(
    shape: BaseGeometry,
    variants: Sequence[tuple[str, ...]],
    largest: float,
    measure: Measure,
    *,
    enlarged: float = 1.0,
    avoid: BaseGeometry | None = None,
) -> Label | None:
    """Return the fullest variant that goes into a grid, as large as it goes; None when not even the last does.

    Args:
        shape: the grid on paper.
        variants: lines to write, the fullest first.
        largest: points; smaller sizes are tried in turn.
        measure: how wide letters are.
        enlarged: how letters grow on this paper.
        avoid: points better not written over.
    """
    sizes = [size * enlarged for size in SIZES if size * enlarged <= largest * 1.001]
    for lines in variants:
        for size in sizes:
            width, height = box_size(lines, size, measure)
            centre = place_box(shape, width, height, first=None, avoid=avoid)
            if centre is not None:
                return Label(lines, size, _rect(centre, width, height))
    return None


def place_box(
    shape: BaseGeometry,
    width: float,
    height: float,
    *,
    first: Point | None,
    avoid: BaseGeometry | None = None,
    taken: Sequence[Polygon] = (),
) -> tuple[float, float] | None:
    """Return the centre of a box that lies in a shape, or None when none of the places tried holds it.

    Tried are ``first`` or the middle of the largest circle inside, and a raster over the shape.  The place nearest to
    the first one wins, the one that covers fewest points of ``avoid`` before it.

    Args:
        shape: polygons on paper.
        width: of the box, without clearance.
        height: of the box, without clearance.
        first: the best place.
        avoid: points that would be covered.
        taken: boxes that must stay clear.
    """
    wide, high = width + 2 * CLEARANCE_MM, height + 2 * CLEARANCE_MM
    left, top, right, bottom = shape.bounds
    if right - left < wide or bottom - top < high or shape.area < wide * high:
        return None
    middle = first or widest_place(shape)
    places = _places(shape, middle, wide, high)
    boxes = shapely.box(
        places[:, 0] - wide / 2, places[:, 1] - high / 2, places[:, 0] + wide / 2, places[:, 1] + high / 2
    )
    shapely.prepare(shape)
    free = shapely.contains(shape, boxes)
    if taken and free.any():
        tree = shapely.STRtree(taken)
        hit, _ = tree.query(boxes, predicate="intersects")
        free[np.unique(hit)] = False
    if not free.any():
        return None
    places, boxes = places[free], boxes[free]
    cost = np.hypot(places[:, 0] - middle.x, places[:, 1] - middle.y)
    if avoid is not None and not avoid.is_empty:
        points = shapely.get_parts(avoid)
        hit, _ = shapely.STRtree(points).query(boxes, predicate="intersects")
        cost += 1000.0 * np.bincount(hit, minlength=len(boxes))
    best = places[int(np.argmin(cost))]
    return float(best[0]), float(best[1])


def widest_place(shape: BaseGeometry) -> Point:
    """Return the middle of the largest circle in the largest part of a shape."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    left, top, right, bottom = largest.bounds
    circle = shapely.maximum_inscribed_circle(largest, tolerance=max(right - left, bottom - top) / 100)
    return Point(circle.coords[0])


def _places(shape: BaseGeometry, middle: Point, wide: float, high: float) -> NDArray[np.float64]:
    left, top, right, bottom = shape.bounds
    step = max(min(wide, high) / 3, ((right - left) * (bottom - top) / _MOST_PLACES) ** 0.5)
    across = np.arange(left + wide / 2, right - wide / 2 + 1e-9, step)
    down = np.arange(top + high / 2, bottom - high / 2 + 1e-9, step)
    raster = np.array(np.meshgrid(across, down)).reshape(2, -1).T
    return np.vstack([[middle.x, middle.y], raster])


def _rect(centre: tuple[float, float], width: float, height: float) -> Rect:
    return Rect(centre[0] - width / 2, centre[1] - height / 2, width, height)
