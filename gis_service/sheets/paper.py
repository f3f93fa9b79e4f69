"""Where the parts of a page are: title, map, panel and foot; millimetres from the upper left corner, y down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import shapely
from shapely.geometry import Polygon

Paper = Literal["A4", "A3"]
Orientation = Literal["portrait", "landscape"]

SIDES_MM: dict[Paper, tuple[float, float]] = {"A4": (210, 297), "A3": (297, 420)}
"""Short and long side (ISO 216)."""

MARGIN_MM = 9.0
GAP_MM = 3.0
ROW_MM = 4.3
"""A line of the table."""

TALLEST_PANEL_MM = 75.0
LEGEND_HEAD_MM, SIGN_MM = 7.6, 6.2


def legend_mm(lines: int) -> float:
    """Return how high a legend of some lines is."""
    return LEGEND_HEAD_MM + SIGN_MM * lines


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle on the page."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return the x of the right side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Return the y of the lower side."""
        return self.top + self.height

    def inset(self, by: float) -> Rect:
        """Return the rectangle smaller by as much on every side."""
        return Rect(self.left + by, self.top + by, self.width - 2 * by, self.height - 2 * by)

    def polygon(self) -> Polygon:
        """Return it as a polygon."""
        return shapely.box(self.left, self.top, self.right, self.bottom)


@dataclass(frozen=True, slots=True)
class Page:
    """The parts of the first page; ``columns`` are where the table may go, ``enlarged`` is how letters grow."""

    paper: Paper
    orientation: Orientation
    width: float
    height: float
    title: Rect
    map: Rect
    legend: Rect
    columns: tuple[Rect, ...]
    foot: Rect
    enlarged: float


def arrange_page(paper: Paper, orientation: Orientation, signs: int, rows: int) -> Page:
    """Return the parts of a page: a panel for legend and table stands at the right, or under the map when upright.

    Args:
        paper: its size.
        orientation: which side is level.
        signs: how many the legend holds at most.
        rows: lines of the table; under the map it is given room for two columns of them, up to TALLEST_PANEL_MM.
    """
    short, long = SIDES_MM[paper]
    enlarged = 1.0 if paper == "A4" else 1.25
    width, height = (long, short) if orientation == "landscape" else (short, long)
    within = Rect(0, 0, width, height).inset(MARGIN_MM)
    title = Rect(within.left, within.top, within.width, 16 * enlarged)
    foot_height = 17 * enlarged
    foot = Rect(within.left, within.bottom - foot_height, within.width, foot_height)
    top, bottom = title.bottom + 1, foot.top - GAP_MM
    if orientation == "landscape":
        panel_width, legend_height = 66 * enlarged, legend_mm(-(-signs // 2)) * enlarged
        panel_left = within.right - panel_width
        drawn = Rect(within.left, top, panel_left - GAP_MM - within.left, bottom - top)
        legend = Rect(panel_left, top, panel_width, legend_height)
        columns: tuple[Rect, ...] = (Rect(panel_left, legend.bottom + 1, panel_width, bottom - legend.bottom - 1),)
    else:
        table_mm = ROW_MM * (-(-rows // 2) + 1) + 0.1
        panel_height = min(max(legend_mm(signs), table_mm), TALLEST_PANEL_MM) * enlarged
        legend_width = 48 * enlarged
        drawn = Rect(within.left, top, within.width, bottom - panel_height - GAP_MM - top)
        panel_top = bottom - panel_height
        legend = Rect(within.left, panel_top, legend_width, panel_height)
        column_width = (within.width - legend_width - 2 * GAP_MM) / 2
        columns = tuple(
            Rect(legend.right + GAP_MM + number * (column_width + GAP_MM), panel_top, column_width, panel_height)
            for number in range(2)
        )
    return Page(paper, orientation, width, height, title, drawn, legend, columns, foot, enlarged)


def columns_of_next_page(page: Page) -> tuple[Rect, ...]:
    """Return the columns of a page that goes on with the table, the left one first."""
    within = Rect(0, 0, page.width, page.height).inset(MARGIN_MM)
    top = within.top + 12 * page.enlarged
    count = int((within.width + GAP_MM) // (66 * page.enlarged + GAP_MM))
    width = (within.width - (count - 1) * GAP_MM) / count
    height = within.bottom - 6 * page.enlarged - top
    return tuple(Rect(within.left + number * (width + GAP_MM), top, width, height) for number in range(count))
