"""Draws the map of a sheet."""

from __future__ import annotations

import shapely

from gis_service.sheets.callouts import Badge
from gis_service.sheets.colouring import fill_of
from gis_service.sheets.hatching import hatch
from gis_service.sheets.labels import LINE_HEIGHT, POINT_MM, Label
from gis_service.sheets.layout import BADGE_SIZE, DrawnGrid, Layout
from gis_service.sheets.pen import Pen

OUTER, INNER, NEAR = "#8A2F2B", "#6F6A63", "#A9A9A9"
OUTER_MM, INNER_MM, NEAR_MM = 0.8, 0.25, 0.25
HATCHING = "#8C7B66"
BUILDING = "#5A6B7B"
BADGE = "#FFFFFF"
INK, FAINT_INK = "#1A1A1A", "#8A8A8A"
DOT_MM = 0.42


def draw_map(pen: Pen, layout: Layout) -> None:
    """Draw the grids, what is around them, and their labels, within the frame."""
    frame = layout.page.map.polygon()
    for shape in layout.neighbours:
        pen.lines(shapely.intersection(shape.boundary, frame), colour=NEAR, width=NEAR_MM)
    for label in layout.neighbour_labels:
        _draw_label(pen, label, FAINT_INK)
    for drawn in layout.grids:
        pen.area(drawn.shape, fill=fill_of(drawn.colour))
    written = shapely.union_all([label.box.inset(-0.6).polygon() for label in layout.labels])
    for drawn in layout.grids:
        if drawn.grid.is_dedicated:
            pen.lines(shapely.difference(hatch(drawn.shape), written), colour=HATCHING, width=0.18)
    _draw_buildings(pen, layout)
    for drawn in layout.grids:
        pen.area(drawn.shape, line=INNER, width=INNER_MM)
    pen.area(layout.outline, line=OUTER, width=OUTER_MM * layout.page.enlarged)
    for label in layout.labels:
        _draw_label(pen, label, INK)
    shown = {drawn.number: drawn for drawn in layout.grids}
    for badge in layout.badges:
        _draw_badge(pen, badge, shown[badge.number], layout.page.enlarged)
    pen.box(layout.page.map, line=INK, width=0.35)


def _draw_buildings(pen: Pen, layout: Layout) -> None:
    for point in shapely.get_parts(layout.buildings):
        pen.dot(point.x, point.y, DOT_MM, BUILDING)
    if layout.buildings.is_empty:
        return
    # Where no place is free of dots, the letters go over them on a light ground.
    for label in layout.labels:
        ground = label.box.inset(-0.5)
        if shapely.intersects(ground.polygon(), layout.buildings):
            pen.box(ground, fill=fill_of(layout.grids[0].colour))


def _draw_label(pen: Pen, label: Label, colour: str) -> None:
    line_mm = label.size * POINT_MM * LINE_HEIGHT
    centre = label.box.left + label.box.width / 2
    for number, line in enumerate(label.lines):
        middle = label.box.top + (number + 0.5) * line_mm
        is_bold = label.is_strong and number == 0
        pen.write(line, centre, middle, label.size, align="centre", bold=is_bold, colour=colour)


def _draw_badge(pen: Pen, badge: Badge, drawn: DrawnGrid, enlarged: float) -> None:
    if badge.leader is not None:
        anchor = shapely.get_coordinates(badge.leader)[0]
        pen.lines(badge.leader, colour=INK, width=0.18)
        pen.dot(float(anchor[0]), float(anchor[1]), 0.45, INK)
    pen.box(badge.box, fill=BADGE if badge.leader is not None else fill_of(drawn.colour), line=INK, width=0.18)
    centre, middle = badge.box.left + badge.box.width / 2, badge.box.top + badge.box.height / 2
    pen.write(str(badge.number), centre, middle, BADGE_SIZE * enlarged, align="centre", bold=True)
