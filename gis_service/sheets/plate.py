"""Draws door plates: each alone as PDF, PNG or SVG, or many on A4 sheets to cut apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import segno
import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.domain.plate import Plate, group_code
from gis_service.sheets.fonts import Fonts
from gis_service.sheets.image import paint
from gis_service.sheets.paper import Rect
from gis_service.sheets.pen import Align, Pen
from gis_service.sheets.svg_pen import SvgPen

WIDTH_MM, HEIGHT_MM = 95.0, 66.0
COLUMNS, ROWS = 2, 4
PLATES_A_PAGE = COLUMNS * ROWS
PNG_DOTS_PER_INCH = 300
A4_MM = (210.0, 297.0)

QR_MM = 44.0
QUIET_MODULES = 4
"""Left white around the code (ISO/IEC 18004, 9.1)."""

_BLUE, _INK, _GREY, _WHITE = "#164B87", "#1A1A1A", "#5F6670", "#FFFFFF"
_BAND_MM = 14.0
_TEXT_LEFT, _TEXT_MM = 49.5, 40.5
_LINE_MM = 5.4
_ADDRESS_LINES = 3


class PlatePen(Protocol):
    """What draws: millimetres from the upper left corner, letters in points."""

    def measure(self, text: str, size: float, *, bold: bool = False) -> float:
        """Return the width of a text in millimetres."""

    def area(
        self, shape: BaseGeometry, *, fill: str | None = None, line: str | None = None, width: float = 0.2
    ) -> None:
        """Fill polygons, holes left out, and draw their outlines."""

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
        colour: str = _INK,
    ) -> None:
        """Write one line, smaller where it would be wider than ``most_mm``."""


def plate_svg(plate: Plate, public_url: str, fonts: Fonts) -> bytes:
    """Return a plate as SVG; letters are drawn as outlines, so that every printer has them."""
    pen = SvgPen(fonts, WIDTH_MM, HEIGHT_MM, title=f"{plate.typed} {plate.address}")
    _draw(pen, plate, public_url, 0, 0)
    return pen.finish()


def plate_pdf(plate: Plate, public_url: str, fonts: Fonts) -> bytes:
    """Return a plate as a PDF of its own size."""
    pen = Pen(fonts)
    pen.describe(title=plate.typed, subject=plate.address, language="zh-CN")
    pen.new_page(WIDTH_MM, HEIGHT_MM)
    _draw(pen, plate, public_url, 0, 0)
    return pen.finish()


def plate_png(plate: Plate, public_url: str, fonts: Fonts) -> bytes:
    """Return a plate as a picture at 300 dots an inch."""
    return paint(plate_pdf(plate, public_url, fonts), PNG_DOTS_PER_INCH)


def plates_pdf(plates: Sequence[Plate], public_url: str, fonts: Fonts, *, title: str) -> bytes:
    """Return A4 pages of eight plates each in rows, with the page's number at the foot."""
    pen = Pen(fonts)
    pen.describe(title=title, subject=f"{len(plates)} plates", language="zh-CN")
    width, height = A4_MM
    left, top = (width - COLUMNS * WIDTH_MM) / 2, (height - ROWS * HEIGHT_MM) / 2
    pages = [plates[first : first + PLATES_A_PAGE] for first in range(0, len(plates), PLATES_A_PAGE)]
    for number, page in enumerate(pages, start=1):
        pen.new_page(width, height)
        for place, plate in enumerate(page):
            row, column = divmod(place, COLUMNS)
            _draw(pen, plate, public_url, left + column * WIDTH_MM, top + row * HEIGHT_MM)
        foot = f"{title}  {number}/{len(pages)}"
        pen.write_within(foot, width / 2, height - top / 2, 7, width - 2 * left, align="centre", colour=_GREY)
    return pen.finish()


def qr_matrix(url: str) -> Sequence[Sequence[int]]:
    """Return the modules of the QR code of an address, row by row from the top, 1 for dark.

    Level M lets it be read with 15 % of it scratched off; no smaller code is made of it by leaving that out.
    """
    rows: Sequence[Sequence[int]] = segno.make_qr(url, error="m", boost_error=False).matrix
    return rows


def _draw(pen: PlatePen, plate: Plate, public_url: str, left: float, top: float) -> None:
    pen.area(Rect(left, top, WIDTH_MM, HEIGHT_MM).polygon(), fill=_WHITE, line=_GREY, width=0.1)
    frame = Rect(left + 2.5, top + 2.5, WIDTH_MM - 5, HEIGHT_MM - 5)
    pen.area(frame.polygon(), line=_BLUE, width=0.5)
    band = Rect(frame.left, frame.top, frame.width, _BAND_MM)
    pen.area(band.polygon(), fill=_BLUE)
    called = plate.name or plate.address or plate.code
    heading = called if plate.entrance is None else f"{called} · {plate.entrance}"
    middle = band.top + band.height / 2
    pen.write_within(heading, left + WIDTH_MM / 2, middle, 20, 84, align="centre", bold=True, colour=_WHITE)
    _draw_qr(pen, plate.url(public_url), left + 3.5, band.bottom + 1.25)
    x, y = left + _TEXT_LEFT, band.bottom + 6.5
    for line in _wrap(pen, plate.address):
        pen.write_within(line, x, y, 11, _TEXT_MM)
        y += _LINE_MM
    pen.write_within("楼栋编码 Building code", x, top + 44, 7, _TEXT_MM, colour=_GREY)
    pen.write_within(group_code(plate.code), x, top + 48.8, 15, _TEXT_MM, bold=True)
    pen.write_within("扫码查网格、报问题", x, top + 55.5, 9, _TEXT_MM, colour=_BLUE)
    pen.write_within("Scan: your grid, report a problem", x, top + 59.6, 7, _TEXT_MM, colour=_BLUE)


def _draw_qr(pen: PlatePen, url: str, left: float, top: float) -> None:
    matrix = qr_matrix(url)
    module = QR_MM / (len(matrix) + 2 * QUIET_MODULES)
    squares = [
        shapely.box(column, row, column + 1, row + 1)
        for row, line in enumerate(matrix)
        for column, dark in enumerate(line)
        if dark
    ]
    # One shape: squares drawn one by one leave hairlines of white between them.
    shape = shapely.transform(
        shapely.union_all(squares), lambda places: (places + QUIET_MODULES) * module + (left, top)
    )
    pen.area(shape, fill="#000000")


def _wrap(pen: PlatePen, address: str) -> list[str]:
    """Return an address in lines that fit; the last one takes what is left, and is written smaller."""
    lines: list[str] = []
    rest = address
    while rest and len(lines) < _ADDRESS_LINES - 1:
        fitting = len(rest)
        while fitting > 1 and pen.measure(rest[:fitting], 11) > _TEXT_MM:
            fitting -= 1
        lines.append(rest[:fitting])
        rest = rest[fitting:]
    return [*lines, rest] if rest else lines
