"""Gaps that open to the outside, where no parent says where the outside begins.

The outline of a set of grids may have any shape, so ground outside it is a gap only where the grids themselves
give it away.  Three signs, each found in ground too narrow for a disc of ``strip_width_m``, or of a quarter of the
usual grid's width where grids are small:

* a strip between two grids that do not join at its end: on the outline one follows the other in a point that is not
  a vertex of both, so that edges cross there or one stops short of the other;
* a strip open at both ends between two grids, at least ten times as long as wide;
* an inlet of even width, at least five times as long as wide, between different grids, or a crack of at most
  ``sliver_m`` in one grid.

A notch that narrows to a common vertex is the drawn outline, whatever its angle.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.arrangement import Borders, Piece
from grid_boundaries.check.edges import Edges
from grid_boundaries.check.frame import Frame
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.check.widths import equal_rectangle_m, greatest_width_m
from grid_boundaries.projection import LocalPlane

_Vertices: TypeAlias = dict[tuple[int, int], set[int]]

_STRIP_RATIO = 10.0
_INLET_RATIO = 5.0
_EVENNESS = 0.75  # width of the rectangle over the greatest: 1 for a strip, 0.5 for a wedge
_GRAIN_M = 1e-5  # a tenth of a lattice step: what buffering there and back leaves is finer
_OUTWARD_MITRE, _INWARD_MITRE = 1.5, 10.0  # square mouths stay square; notches wider than 11.5 degrees stay open


def find_openings(
    owned: BaseGeometry,
    edges: Edges,
    frame: Frame,
    reach_m: float,
    rules: CheckRules,
) -> list[Piece]:
    """Return gaps between grids that open to the outside.

    Args:
        owned: the union of all faces that have an owner, in local steps.
        edges: the left-over edges, the outline among them.
        frame: the origin of the local steps.
        reach_m: the width of ground that is no more narrow.
        rules: ``sliver_m`` bounds what counts as a crack.

    Returns:
        One piece of kind ``gap`` for each opening, in local steps, closed by a straight mouth.
    """
    if reach_m <= 0:
        return []
    outline = _filled(owned)
    degrees = frame.to_degrees(outline)
    plane = LocalPlane.around(degrees)
    outline_m = plane.to_metres(degrees)
    half = reach_m / 2
    closed = shapely.buffer(outline_m, half, join_style="mitre", mitre_limit=_OUTWARD_MITRE)
    closed = shapely.buffer(closed, -half, join_style="mitre", mitre_limit=_INWARD_MITRE)
    narrow = shapely.difference(closed, outline_m, grid_size=_GRAIN_M)
    parts_m = shapely.get_parts(narrow)
    parts_m = parts_m[
        (shapely.get_dimensions(parts_m) > 1) & (shapely.area(parts_m) > _GRAIN_M * shapely.length(parts_m))
    ]
    if not len(parts_m):
        return []
    borders = Borders(edges, frame)
    vertices = _vertices(edges)
    found = []
    for part_m in parts_m:
        part = frame.to_local(plane.to_degrees(part_m))
        if (
            shapely.is_valid(part)
            and part.area > 0
            and _is_gap(part_m, _sides(part, borders, vertices, frame), rules)
        ):
            found.append(Piece("gap", (), part))
    return found


def _filled(owned: BaseGeometry) -> BaseGeometry:
    """Return polygons without their holes: those are gaps already."""
    outlines = [Polygon(part.exterior) for part in shapely.get_parts(owned)]
    return shapely.union_all(outlines, grid_size=1.0) if len(outlines) > 1 else outlines[0]


def _vertices(edges: Edges) -> _Vertices:
    """Return the owners that have a vertex in a point where left-over edges end, by point."""
    points = np.concatenate([edges.start, edges.end])
    owners: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for (lon, lat), owner in zip(points.tolist(), np.tile(edges.owner, 2).tolist(), strict=True):
        owners[lon, lat].add(owner)
    return owners


@dataclass(frozen=True, slots=True)
class _Sides:
    """What bounds a narrow piece: its owners, the runs of owned border between mouths, and how the runs join."""

    owners: frozenset[int]
    runs: int
    joined: bool
    """Whether wherever one owner follows another, both have a vertex."""


def _sides(part: BaseGeometry, borders: Borders, vertices: _Vertices, frame: Frame) -> _Sides:
    owners: set[int] = set()
    runs, joined = 0, True
    for ring in shapely.get_rings(part):
        points = shapely.get_coordinates(ring)
        sides: list[set[int]] = [set() for _ in points[1:]]
        for segment, owner in zip(*borders.along(points[:-1], points[1:]), strict=True):
            sides[segment].add(int(owner))
        corners = [(lon, lat) for lon, lat in frame.steps(points[:-1]).tolist()]
        mouth = next((i for i, side in enumerate(sides) if not side), 0)
        sides, corners = sides[mouth:] + sides[:mouth], corners[mouth:] + corners[:mouth]
        for run in _runs(sides):
            runs += 1
            owners |= set().union(*(sides[i] for i in run))
            joined &= _joins(run, sides, corners, vertices)
    return _Sides(frozenset(owners), runs, joined)


def _runs(sides: list[set[int]]) -> list[list[int]]:
    """Return the numbers of owned segments by unbroken run; the ring begins at a mouth where it has one."""
    runs: list[list[int]] = []
    for i, side in enumerate(sides):
        if side:
            if i == 0 or not sides[i - 1]:
                runs.append([])
            runs[-1].append(i)
    return runs


def _joins(run: list[int], sides: list[set[int]], corners: list[tuple[int, int]], vertices: _Vertices) -> bool:
    """Return whether both have a vertex wherever one owner follows another along a run.

    Next to a crossing the edges of both run under a short segment; the owner changes somewhere along those.
    """
    before: int | None = None
    between: list[tuple[int, int]] = []
    for i in run:
        between.append(corners[i])
        if len(sides[i]) > 1:
            continue
        (owner,) = sides[i]
        if before is not None and owner != before:
            needed = {before, owner}
            if not any(needed <= vertices.get(point, set()) for point in between):
                return False
        before, between = owner, []
    return True


def _is_gap(part_m: BaseGeometry, sides: _Sides, rules: CheckRules) -> bool:
    """Return whether a narrow piece outside the outline is a fault; see the signs above."""
    between = len(sides.owners) > 1
    width_m, length_m = equal_rectangle_m(part_m)
    if between and not sides.joined:
        return True
    if between and sides.runs > 1 and length_m >= _STRIP_RATIO * width_m:
        return True
    if length_m < _INLET_RATIO * width_m or not (between or width_m <= rules.sliver_m):
        return False
    return width_m >= _EVENNESS * greatest_width_m(part_m, width_m / 20)
