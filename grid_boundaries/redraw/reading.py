"""Lines and polygons from outside, read onto the lattice or refused with the reason."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from grid_boundaries.partition import from_lattice
from grid_boundaries.redraw.edges import Point, points_of
from grid_boundaries.redraw.refusal import RedrawRefusedError


def read_line(line: BaseGeometry, pointer: str = "line") -> list[Point]:
    """Return the points of a line on the lattice.

    Raises:
        RedrawRefusedError: it is no single line of two points at least, has heights, is not finite or no degrees,
            or crosses or touches itself.
    """
    kind = getattr(line, "geom_type", type(line).__name__)
    if kind not in {"LineString", "LinearRing"}:
        raise RedrawRefusedError(
            "not-a-line",
            f"A single LineString is needed, not a {kind}; draw one line at a time.",
            f"需要一条 LineString 线，而不是 {kind}；请一次只画一条线。",
            pointer=pointer,
        )
    _check_coordinates(line, pointer)
    return refuse_loops(points_of(line), pointer)


def refuse_loops(points: list[Point], pointer: str = "line") -> list[Point]:
    """Return the points of a line if it neither crosses nor touches itself; it may end where it starts.

    Raises:
        RedrawRefusedError: it does.
    """
    if len(points) < 2:  # noqa: PLR2004  two points make a line
        raise RedrawRefusedError(
            "line-too-short",
            "The line needs two different points at least.",
            "线至少需要两个不同的点。",
            pointer=pointer,
        )
    if not shapely.is_simple(shapely.LineString(np.array(points, dtype=np.int64) - np.array(points[0]))):
        raise RedrawRefusedError(
            "line-crosses-itself",
            "The line crosses or touches itself; draw it without loops.",
            "线自相交或自接触；请去掉线上的环。",
            pointer=pointer,
        )
    return points


def read_polygon(polygon: BaseGeometry, pointer: str = "polygon") -> list[list[Point]]:
    """Return the closed rings of a polygon on the lattice, the outer one first, ground on their left.

    Raises:
        RedrawRefusedError: it is no single valid polygon, has heights, is not finite or no degrees.
    """
    kind = getattr(polygon, "geom_type", type(polygon).__name__)
    if kind != "Polygon":
        raise RedrawRefusedError(
            "not-a-polygon",
            f"A single Polygon is needed, not a {kind}.",
            f"需要单个 Polygon 面，而不是 {kind}。",
            pointer=pointer,
        )
    _check_coordinates(polygon, pointer)
    rings = [points_of(ring) for ring in shapely.get_rings(shapely.orient_polygons(polygon))]
    flat = shapely.Polygon(rings[0], rings[1:]) if all(len(ring) > 3 for ring in rings) else shapely.Polygon()  # noqa: PLR2004
    if flat.is_empty or not polygon.is_valid or not flat.is_valid:
        raise not_valid(pointer)
    return rings


def not_valid(pointer: str) -> RedrawRefusedError:
    """Return the refusal of a polygon that is none, perhaps on the lattice only."""
    return RedrawRefusedError(
        "polygon-not-valid",
        "The polygon crosses itself or has no area; draw it anew.",
        "该面自相交或没有面积；请重新绘制。",
        pointer=pointer,
    )


def _check_coordinates(shape: BaseGeometry, pointer: str) -> None:
    points = shapely.get_coordinates(shape)
    if not len(points):
        raise RedrawRefusedError("empty-geometry", "The geometry is empty.", "图形为空。", pointer=pointer)
    if shape.has_z:
        raise RedrawRefusedError(
            "has-heights",
            "The geometry has heights; send longitude and latitude alone.",
            "图形带有高程；请只提供经度和纬度。",
            pointer=pointer,
        )
    if not np.isfinite(points).all() or (np.abs(points) > (180, 90)).any():
        raise RedrawRefusedError(
            "not-degrees",
            "The coordinates are no finite degrees: give longitude (±180) first, then latitude (±90).",
            "坐标不是有效的度数：请按经度（±180）在前、纬度（±90）在后的顺序提供。",
            pointer=pointer,
        )


def in_degrees(point: Point) -> list[float]:
    """Return longitude and latitude of a lattice point."""
    return [float(number) for number in from_lattice(np.array(point, dtype=np.int64))]
