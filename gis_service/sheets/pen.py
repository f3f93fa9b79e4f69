"""Draws shapes and letters on PDF pages: millimetres from the upper left corner, letters in points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import shapely
from fontTools.ttLib import TTLibError
from fpdf import FPDF
from fpdf.drawing import PaintedPath
from fpdf.errors import FPDFException
from shapely.geometry.base import BaseGeometry

from gis_service.sheets.fonts import FontMissingError, Fonts
from gis_service.sheets.labels import POINT_MM
from gis_service.sheets.paper import Rect

Align = Literal["left", "centre", "right"]
_FAMILY = "sheet"
BASELINE = 0.36
"""From the middle of a line down to where letters stand, in heights of the letters: Chinese ones are centred so."""


class Pen:
    """A PDF under way.  Its fonts are embedded, with the letters in use only."""

    def __init__(self, fonts: Fonts) -> None:
        self._pdf = FPDF(unit="mm")
        self._pdf.set_auto_page_break(auto=False)
        self._pdf.set_margin(0)
        try:
            for style, face in (("", fonts.regular), ("B", fonts.bold)):
                self._pdf.add_font(_FAMILY, style, face.path, collection_font_number=face.number)
        except (FPDFException, TTLibError, ValueError, OSError) as error:
            raise FontMissingError(f"{fonts.regular.path} is no font that can be embedded: {error}") from None

    def measure(self, text: str, size: float, *, bold: bool = False) -> float:
        """Return the width of a text in millimetres."""
        self._pdf.set_font(_FAMILY, "B" if bold else "", size)
        return self._pdf.get_string_width(text)

    def new_page(self, width: float, height: float) -> None:
        """Begin a page."""
        self._pdf.add_page(orientation="portrait", format=(width, height))

    def describe(self, *, title: str, subject: str, language: str) -> None:
        """Set what readers of the file show about it."""
        self._pdf.set_title(title)
        self._pdf.set_subject(subject)
        self._pdf.set_creator("gis-service")
        self._pdf.set_lang(language)

    def write(
        self,
        text: str,
        x: float,
        middle: float,
        size: float,
        *,
        align: Align = "left",
        bold: bool = False,
        colour: str = "#1A1A1A",
    ) -> None:
        """Write one line whose letters are centred on the height ``middle``."""
        width = self.measure(text, size, bold=bold)
        left = {"left": x, "centre": x - width / 2, "right": x - width}[align]
        self._pdf.set_text_color(colour)
        self._pdf.text(left, middle + size * POINT_MM * BASELINE, text)

    def write_within(
        self,
        text: str,
        x: float,
        middle: float,
        size: float,
        most_mm: float,
        *,
        align: Align = "left",
        bold: bool = False,
        colour: str = "#1A1A1A",
    ) -> None:
        """Write one line with smaller letters where it would be wider than ``most_mm``."""
        width = self.measure(text, size, bold=bold)
        fitting = size if width <= most_mm else size * most_mm / width
        self.write(text, x, middle, fitting, align=align, bold=bold, colour=colour)

    def area(
        self, shape: BaseGeometry, *, fill: str | None = None, line: str | None = None, width: float = 0.2
    ) -> None:
        """Fill polygons, holes left out, and draw their outlines."""
        if shape.is_empty:
            return
        with self._pdf.new_path() as path:
            path.style.fill_color = fill
            path.style.stroke_color = line
            path.style.stroke_width = width
            path.style.stroke_join_style = "round"
            path.style.intersection_rule = "evenodd"
            for part in shapely.get_parts(shape):
                for ring in (part.exterior, *part.interiors):
                    _trace(path, ring, closed=True)

    def lines(
        self, shape: BaseGeometry, *, colour: str, width: float, dashes: tuple[float, ...] | None = None
    ) -> None:
        """Draw the lines of a shape."""
        lines = list(_lines(shape))
        if not lines:
            return
        with self._pdf.new_path() as path:
            path.style.fill_color = None
            path.style.auto_close = False
            path.style.stroke_color = colour
            path.style.stroke_width = width
            path.style.stroke_join_style = "round"
            path.style.stroke_dash_pattern = dashes
            for line in lines:
                _trace(path, line, closed=line.is_ring)

    def box(self, rect: Rect, *, fill: str | None = None, line: str | None = None, width: float = 0.2) -> None:
        """Draw a rectangle."""
        self.area(rect.polygon(), fill=fill, line=line, width=width)

    def rule(self, left: float, right: float, y: float, *, colour: str = "#1A1A1A", width: float = 0.2) -> None:
        """Draw a level line."""
        self.lines(shapely.LineString([(left, y), (right, y)]), colour=colour, width=width)

    def dot(self, x: float, y: float, radius: float, colour: str) -> None:
        """Draw a filled disc."""
        self._pdf.set_fill_color(colour)
        self._pdf.circle(x, y, radius, style="F")

    def finish(self) -> bytes:
        """Return the whole file."""
        return bytes(self._pdf.output())


def _trace(path: PaintedPath, line: BaseGeometry, *, closed: bool) -> None:
    first, *rest = shapely.get_coordinates(line).tolist()
    path.move_to(*first)
    for place in rest[:-1] if closed else rest:
        path.line_to(*place)
    if closed:
        path.close()


def _lines(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    for part in shapely.get_parts(shape):
        if part.geom_type in {"LineString", "LinearRing"}:
            if not part.is_empty:
                yield part
        elif part.geom_type in {"MultiLineString", "GeometryCollection"}:
            yield from _lines(part)
