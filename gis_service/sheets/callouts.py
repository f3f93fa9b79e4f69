"""Numbers for grids too small for their label: in a badge inside, or beside them with a leader line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.sheets.labels import place_box, widest_place
from gis_service.sheets.paper import Rect

BADGE_HEIGHT_MM = 3.6
_NARROWEST_MM = 3.6
_AIR_MM = 0.5
_NEAREST_MM, _STEP_MM, _ANGLES = 5.0, 2.0, 32
_OFF_THE_EDGE_MM = 1.0
_ON_THE_GRID_MM = 12.0
"""How much farther a number may stand off to keep out of the grid that the sheet shows."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A number in a box; ``leader`` goes from its grid to the box, None when the box lies in the grid."""

    number: int
    box: Rect
    leader: LineString | None


def badge_width(digits_mm: float, enlarged: float) -> float:
    """Return how wide a badge is around digits of a width."""
    return max(_NARROWEST_MM * enlarged, digits_mm + 1.4 * enlarged)


def badge_inside(shape: BaseGeometry, number: int, width: float, height: float) -> Badge | None:
    """Return a badge in a grid, or None when there is no room for it."""
    centre = place_box(shape, width - _AIR_MM, height - _AIR_MM, first=None)
    if centre is None:
        return None
    return Badge(number, Rect(centre[0] - width / 2, centre[1] - height / 2, width, height), None)


def badges_beside(
    wanted: Sequence[tuple[int, BaseGeometry, float]],
    outline: BaseGeometry,
    frame: Rect,
    taken: Sequence[Polygon],
    height: float,
) -> list[Badge]:
    """Return a badge with a leader line for each grid; none covers another, a leader, a taken box or the edge.

    The places around a grid are tried from near to far, those outside the outline as if they were nearer.  A
    grid for which the whole frame has no room left gets none: the table still tells of it.

    Args:
        wanted: number, grid on paper and width of the badge.
        outline: the grid that the sheet shows, on paper.
        frame: the badges stay in it.
        taken: boxes that stay clear, of badges and of leader lines.
        height: of a badge.
    """
    room = frame.inset(1.0).polygon()
    shapely.prepare(room)
    shapely.prepare(outline)
    occupied: list[BaseGeometry] = list(taken)
    made = []
    # The ones nearest to the outline go first: their places are outside and short.
    starts = sorted(
        ((widest_place(shape), number, width) for number, shape, width in wanted),
        key=lambda start: (outline.boundary.distance(start[0]), start[1]),
    )
    anchors = {number: anchor for anchor, number, _ in starts}
    for anchor, number, width in starts:
        others = [place.buffer(0.8) for other, place in anchors.items() if other != number]
        badge = _beside(anchor, number, (width, height), outline, room, [*occupied, *others], frame)
        if badge is None:
            continue
        made.append(badge)
        occupied.append(badge.box.inset(-_AIR_MM).polygon())
        if badge.leader is not None:
            occupied.append(badge.leader)
    return sorted(made, key=lambda badge: badge.number)


def _beside(
    anchor: Point,
    number: int,
    size: tuple[float, float],
    outline: BaseGeometry,
    room: BaseGeometry,
    occupied: Sequence[BaseGeometry],
    frame: Rect,
) -> Badge | None:
    tree, edge = shapely.STRtree(occupied), outline.boundary
    for x, y in _places_around(anchor, outline, max(frame.width, frame.height)):
        box = Rect(x - size[0] / 2, y - size[1] / 2, *size)
        polygon = box.polygon()
        if not room.contains(polygon) or edge.dwithin(polygon, _OFF_THE_EDGE_MM):
            continue
        leader = _leader(anchor, polygon)
        if len(tree.query(polygon.buffer(_AIR_MM), predicate="intersects")):
            continue
        if len(tree.query(leader, predicate="intersects")):
            continue
        return Badge(number, box, leader)
    return None


def _leader(anchor: Point, badge: Polygon) -> LineString:
    """Return the line from a grid to the side of its badge."""
    whole = LineString([anchor, badge.centroid])
    return LineString([anchor, Point(whole.difference(badge).coords[-1])])


def _places_around(anchor: Point, outline: BaseGeometry, farthest: float) -> list[tuple[float, float]]:
    places = []
    for ring in range(int((farthest - _NEAREST_MM) / _STEP_MM)):
        radius = _NEAREST_MM + ring * _STEP_MM
        for turn in range(_ANGLES):
            angle = 2 * math.pi * turn / _ANGLES
            x, y = anchor.x + radius * math.cos(angle), anchor.y + radius * math.sin(angle)
            inside = outline.contains(Point(x, y))
            places.append((radius + (_ON_THE_GRID_MM if inside else 0.0), turn, x, y))
    return [(x, y) for _, _, x, y in sorted(places)]
