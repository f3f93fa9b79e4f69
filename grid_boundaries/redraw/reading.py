"""What comes from outside: lines, polygons and codes, read onto the lattice or refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from grid_boundaries.partition import Grid, from_lattice
from grid_boundaries.redraw.edges import Point, points_of
from grid_boundaries.redraw.ground import Ground
from grid_boundaries.redraw.refusal import RedrawRefusedError

_CODE = re.compile(r"[0-9A-Za-z]{1,32}")
KINDS = ("standard", "dedicated")


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
        raise RedrawRefusedError(
            "polygon-not-valid",
            "The polygon crosses itself or has no area; draw it anew.",
            "该面自相交或没有面积；请重新绘制。",
            pointer=pointer,
        )
    return rings


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


def need_known(ground: Ground, code: str, pointer: str) -> Grid:
    """Return the grid of a code, whatever its shape.

    Raises:
        RedrawRefusedError: no grid has the code.
    """
    grid = ground.get(code)
    if grid is None:
        raise RedrawRefusedError(
            "unknown-code",
            f"No grid has the code {code}.",
            f"没有编码为 {code} 的网格。",
            grids=(code,),
            pointer=pointer,
        )
    return grid


def need(ground: Ground, code: str, pointer: str) -> Grid:
    """Return the grid of a code, with a shape that can be drawn with.

    Raises:
        RedrawRefusedError: no grid has the code, or its shape is not valid.
    """
    grid = need_known(ground, code, pointer)
    if not ground.edges_of(code) or not shapely.is_valid(grid.shape):
        raise RedrawRefusedError(
            "grid-not-valid",
            f"The shape of grid {code} is not valid; replace it first.",
            f"网格 {code} 的图形无效；请先替换其图形。",
            grids=(code,),
            pointer=pointer,
        )
    return grid


def need_all(ground: Ground, codes: Collection[str], least: int, pointer: str = "codes") -> list[str]:
    """Return codes in the order given, once each.

    Raises:
        RedrawRefusedError: they are too few, or one is unknown or has no valid shape.
    """
    wanted = list(dict.fromkeys([codes] if isinstance(codes, str) else codes))
    if len(wanted) < least:
        raise RedrawRefusedError(
            "too-few-grids",
            f"Name {least} different grids at least; got {len(wanted)}.",
            f"请至少给出 {least} 个不同的网格；现有 {len(wanted)} 个。",
            grids=wanted,
            pointer=pointer,
        )
    for code in wanted:
        need(ground, code, pointer)
    return wanted


def need_free(ground: Ground, code: str, pointer: str) -> str:
    """Return a code that a new grid may take.

    Raises:
        RedrawRefusedError: it has not the form of a code, or stands or stood for a grid.
    """
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise RedrawRefusedError(
            "bad-code",
            f"The code {code!r} is not made of 1 to 32 letters A–Z, a–z and digits.",
            f"编码 {code!r} 不符合要求：须为 1 至 32 位字母或数字。",
            pointer=pointer,
        )
    if code in ground or code in ground.used_codes:
        raise RedrawRefusedError(
            "code-in-use",
            f"The code {code} stands or stood for a grid; a code is never given again.",
            f"编码 {code} 已被使用过；编码不得重复使用。",
            grids=(code,),
            pointer=pointer,
        )
    return code


def need_kind(kind: str, pointer: str = "kind") -> str:
    """Return a kind of grid that there is.

    Raises:
        RedrawRefusedError: there is no such kind.
    """
    if kind not in KINDS:
        raise RedrawRefusedError(
            "unknown-kind",
            f"A grid is standard or dedicated, not {kind!r}.",
            f"网格类型只能是 standard（标准）或 dedicated（专属），不能是 {kind!r}。",
            pointer=pointer,
        )
    return kind


def need_name(name: str, pointer: str = "name") -> str:
    """Return a name without blanks around it.

    Raises:
        RedrawRefusedError: nothing is left.
    """
    if not isinstance(name, str) or not name.strip():
        raise RedrawRefusedError("empty-name", "A grid needs a name.", "网格需要名称。", pointer=pointer)
    return name.strip()


def in_degrees(point: Point) -> list[float]:
    """Return longitude and latitude of a lattice point."""
    return [float(number) for number in from_lattice(np.array(point, dtype=np.int64))]
