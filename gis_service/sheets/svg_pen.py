"""Draws shapes and letters as SVG: millimetres from the upper left corner, letters in points, as outlines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from html import escape

import shapely
from fontTools.misc.transform import Scale
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont, TTLibError
from shapely.geometry.base import BaseGeometry

from gis_service.sheets.fonts import Face, FontMissingError, Fonts
from gis_service.sheets.labels import POINT_MM
from gis_service.sheets.pen import BASELINE, Align


class SvgPen:
    """A picture under way, of one page."""

    def __init__(self, fonts: Fonts, width: float, height: float, *, title: str) -> None:
        self._regular, self._bold = _open(fonts.regular), _open(fonts.bold)
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm"'
        self._parts = [
            f'{head} viewBox="0 0 {width:g} {height:g}" role="img">',
            f"<title>{escape(_printable(title))}</title>",
        ]

    def measure(self, text: str, size: float, *, bold: bool = False) -> float:
        """Return the width of a text in millimetres."""
        font = self._bold if bold else self._regular
        glyphs, metrics = _glyph_names(font, text), font["hmtx"].metrics
        return float(sum(metrics[name][0] for name in glyphs) * _scale(font, size))

    def area(
        self, shape: BaseGeometry, *, fill: str | None = None, line: str | None = None, width: float = 0.2
    ) -> None:
        """Fill polygons, holes left out, and draw their outlines."""
        outline = "".join(_rings(shape))
        stroke = "" if line is None else f' stroke="{line}" stroke-width="{width:g}"'
        self._parts.append(f'<path fill="{fill or "none"}"{stroke} fill-rule="evenodd" d="{outline}"/>')

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
        """Write one line whose letters are centred on the height ``middle``, smaller where it would be too wide."""
        width = self.measure(text, size, bold=bold)
        if width > most_mm:
            size, width = size * most_mm / width, most_mm
        left = {"left": x, "centre": x - width / 2, "right": x - width}[align]
        font = self._bold if bold else self._regular
        outline = _outline(font, text, _scale(font, size))
        if outline:
            base = middle + size * POINT_MM * BASELINE
            self._parts.append(f'<path fill="{colour}" transform="translate({left:.3f} {base:.3f})" d="{outline}"/>')

    def finish(self) -> bytes:
        """Return the whole file."""
        return "".join([*self._parts, "</svg>\n"]).encode()


@lru_cache(maxsize=4)
def _open(face: Face) -> TTFont:
    try:
        return TTFont(face.path, fontNumber=face.number, lazy=False)
    except (TTLibError, OSError) as error:
        raise FontMissingError(f"{face.path} is no font that can be read: {error}") from None


def _scale(font: TTFont, size: float) -> float:
    """Return the millimetres of a unit of the font at a size in points."""
    return float(size * POINT_MM / font["head"].unitsPerEm)


def _glyph_names(font: TTFont, text: str) -> list[str]:
    names: dict[int, str] = font.getBestCmap()
    return [names.get(ord(letter), ".notdef") for letter in text]


def _outline(font: TTFont, text: str, scale: float) -> str:
    """Return letters as a path that begins at the left end of the base line, y down."""
    glyphs, metrics = font.getGlyphSet(), font["hmtx"].metrics
    path, advance = SVGPathPen(glyphs, lambda number: f"{number:.3f}".rstrip("0").rstrip(".")), 0
    for name in _glyph_names(font, text):
        glyphs[name].draw(TransformPen(path, Scale(scale, -scale).translate(advance, 0)))
        advance += metrics[name][0]
    return str(path.getCommands())


def _rings(shape: BaseGeometry) -> Iterator[str]:
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            places = shapely.get_coordinates(ring).tolist()[:-1]
            yield "M" + "L".join(f"{x:.3f} {y:.3f}" for x, y in places) + "Z"


def _printable(text: str) -> str:
    """Return a text without the characters that XML does not know."""
    return "".join(letter for letter in text if letter.isprintable())
