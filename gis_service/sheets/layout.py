"""Puts a sheet together: scale, colours, labels, numbers and table; pure, given how wide letters are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from gis_service.sheets.callouts import BADGE_HEIGHT_MM, Badge, badge_inside, badge_width, badges_beside
from gis_service.sheets.colouring import colour_map
from gis_service.sheets.labels import Label, Measure, box_size, choose_common_size, place_box, write_inside
from gis_service.sheets.paper import Orientation, Page, Paper, Rect, arrange_page
from gis_service.sheets.plane import LocalZone
from gis_service.sheets.scale import ScaleBar, choose_denominator, make_bar
from gis_service.sheets.subject import SheetGrid, Subject
from gis_service.sheets.table import Table, make_table
from gis_service.sheets.words import WORDS, Language

BADGE_SIZE = 6.5
_AIR_MM = 6.0
"""Around the grid in the map, for its neighbours."""

_DETAIL_MM = 0.02
"""Finer bends are not seen on paper."""

_NEIGHBOUR_SIZES = (8.0, 7.0, 6.0)


@dataclass(frozen=True, slots=True)
class PaperPlane:
    """Takes degrees to millimetres on the page, at 1:denominator."""

    zone: LocalZone
    denominator: int
    centre_m: tuple[float, float]
    frame: Rect

    def to_paper(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape in degrees as it lies on the page."""
        middle = np.array([self.frame.left + self.frame.width / 2, self.frame.top + self.frame.height / 2])
        scale = np.array([1000.0, -1000.0]) / self.denominator

        def move(metres: NDArray[np.float64]) -> NDArray[np.float64]:
            moved: NDArray[np.float64] = (metres - np.array(self.centre_m)) * scale + middle
            return moved

        return shapely.transform(self.zone.to_metres(shape), move)


@dataclass(frozen=True, slots=True)
class DrawnGrid:
    """A grid that is coloured: its number in the table, its shape on paper and its colour's number."""

    number: int
    grid: SheetGrid
    shape: BaseGeometry
    colour: int


@dataclass(frozen=True, slots=True)
class Layout:
    """All that is drawn on the map, in millimetres on the page, and the table beside it."""

    page: Page
    plane: PaperPlane
    bar: ScaleBar
    outline: BaseGeometry
    grids: tuple[DrawnGrid, ...]
    neighbours: tuple[BaseGeometry, ...]
    neighbour_labels: tuple[Label, ...]
    buildings: BaseGeometry
    labels: tuple[Label, ...]
    badges: tuple[Badge, ...]
    table: Table


def lay_out(
    subject: Subject, paper: Paper, orientation: Orientation | None, language: Language, measure: Measure
) -> Layout:
    """Return the layout of a sheet; without an orientation, the one that gives the larger scale."""
    page, plane = _choose_page(subject, paper, orientation)
    outline = plane.to_paper(subject.grid.shape)
    shapes = [_as_seen(plane.to_paper(grid.shape)) for grid in subject.shown()]
    colours = colour_map([grid.shape for grid in subject.shown()])
    drawn = tuple(
        DrawnGrid(number, grid, shape, colour)
        for number, (grid, shape, colour) in enumerate(zip(subject.shown(), shapes, colours, strict=True), start=1)
    )
    buildings = plane.to_paper(shapely.MultiPoint(subject.buildings))
    labels, badges = _write(drawn, outline, page, language, measure, buildings)
    neighbours = [_as_seen(plane.to_paper(one.shape)) for one in subject.neighbours]
    taken = [label.box.polygon() for label in labels]
    for badge in badges:
        taken.append(badge.box.polygon())
        if badge.leader is not None:
            taken.append(badge.leader.buffer(0.3))
    names = [one.called for one in subject.neighbours]
    return Layout(
        page=page,
        plane=plane,
        bar=make_bar(plane.denominator),
        outline=_as_seen(outline),
        grids=drawn,
        neighbours=tuple(neighbours),
        neighbour_labels=_name_neighbours(neighbours, names, outline, page, measure, taken),
        buildings=buildings,
        labels=tuple(labels),
        badges=tuple(badges),
        table=make_table(subject.shown(), colours, page, language),
    )


def _choose_page(subject: Subject, paper: Paper, orientation: Orientation | None) -> tuple[Page, PaperPlane]:
    zone = LocalZone.around(subject.grid.shape)
    metres = zone.to_metres(shapely.GeometryCollection(list(subject.shapes())))
    west, south, east, north = metres.bounds
    wanted: tuple[Orientation, ...] = ("landscape", "portrait") if orientation is None else (orientation,)
    shown = subject.shown()
    # The grid's own edge, the edges in it, its neighbours', a number or a building; and dedicated grids.
    signs = 4 + any(grid.is_dedicated for grid in shown)
    found = []
    for one in wanted:
        page = arrange_page(paper, one, signs, len(shown) + (len(shown) > 1))
        room = page.map.inset(_AIR_MM * page.enlarged)
        denominator = choose_denominator(east - west, north - south, room.width, room.height)
        found.append((page, PaperPlane(zone, denominator, ((west + east) / 2, (south + north) / 2), page.map)))
    return min(found, key=lambda pair: pair[1].denominator)


def _as_seen(shape: BaseGeometry) -> BaseGeometry:
    return shapely.simplify(shape, _DETAIL_MM)


def _variants(grid: SheetGrid, language: Language) -> list[tuple[str, ...]]:
    """Return what may be written into a grid, the fullest first; the code stands for a name that is not there."""
    whole = [grid.called] if grid.called == grid.code else [grid.name, grid.code]
    if grid.households is None:
        return [tuple(whole), (grid.called,)]
    homes = WORDS[language]["households"].format(count=f"{grid.households:,}")
    return [(*whole, homes), (grid.called, homes), (grid.called,)]


def _write(
    drawn: Sequence[DrawnGrid],
    outline: BaseGeometry,
    page: Page,
    language: Language,
    measure: Measure,
    buildings: BaseGeometry,
) -> tuple[list[Label], list[Badge]]:
    variants = [_variants(one.grid, language) for one in drawn]
    whole = [(one.shape, lines[0]) for one, lines in zip(drawn, variants, strict=True)]
    size = choose_common_size(whole, measure, page.enlarged)
    labels, badges, small = [], [], []
    height = BADGE_HEIGHT_MM * page.enlarged
    for one, lines in zip(drawn, variants, strict=True):
        label = write_inside(one.shape, lines, size, measure, enlarged=page.enlarged, avoid=buildings)
        if label is not None:
            labels.append(label)
            continue
        width = badge_width(measure(str(one.number), BADGE_SIZE * page.enlarged, bold=True), page.enlarged)
        badge = badge_inside(one.shape, one.number, width, height)
        if badge is not None:
            badges.append(badge)
        else:
            small.append((one.number, one.shape, width))
    taken: list[Polygon] = [label.box.inset(-0.5).polygon() for label in labels]
    taken += [badge.box.inset(-0.5).polygon() for badge in badges]
    badges += badges_beside(small, outline, page.map, taken, height)
    return labels, sorted(badges, key=lambda badge: badge.number)


def _name_neighbours(
    shapes: Sequence[BaseGeometry],
    names: Sequence[str],
    outline: BaseGeometry,
    page: Page,
    measure: Measure,
    taken: Sequence[Polygon],
) -> tuple[Label, ...]:
    """Return the names of the neighbours that have room for them in the map, outside the grid shown."""
    frame = page.map.inset(0.5).polygon()
    labels = []
    for shape, name in zip(shapes, names, strict=True):
        visible = shapely.difference(shapely.intersection(shape, frame), outline)
        polygons = shapely.MultiPolygon(_polygons(visible))
        for size in (size * page.enlarged for size in _NEIGHBOUR_SIZES):
            width, height = box_size((name,), size, measure, is_strong=False)
            centre = None if polygons.is_empty else place_box(polygons, width, height, first=None, taken=taken)
            if centre is not None:
                box = Rect(centre[0] - width / 2, centre[1] - height / 2, width, height)
                labels.append(Label((name,), size, box, is_strong=False))
                break
    return tuple(labels)


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    """Return the polygons of a shape, also of collections within collections; what else there is has no room."""
    if isinstance(shape, Polygon):
        return [] if shape.is_empty else [shape]
    return [polygon for part in getattr(shape, "geoms", ()) for polygon in _polygons(part)]
