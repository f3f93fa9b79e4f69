"""What a PDF file holds, as PDFium reads it: text, fonts, and lines in millimetres."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw

POINT_MM = 25.4 / 72


@dataclass(frozen=True)
class Line:
    """The vertices of a path, millimetres from the lower left corner; its stroke colour, None without a stroke."""

    places: tuple[tuple[float, float], ...]
    colour: str | None

    @property
    def width(self) -> float:
        return max(x for x, _ in self.places) - min(x for x, _ in self.places)

    @property
    def height(self) -> float:
        return max(y for _, y in self.places) - min(y for _, y in self.places)


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """The document, closed afterwards."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def texts(pdf: bytes) -> list[str]:
    """The text of each page."""
    with opened(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def sizes_mm(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each page."""
    with opened(pdf) as document:
        return [tuple(round(side * POINT_MM) for side in page.get_size()) for page in document]


def fonts(pdf: bytes) -> dict[str, bool]:
    """Names of the fonts that letters are written in, and whether each is embedded."""
    found = {}
    with opened(pdf) as document:
        for page in document:
            for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
                font = raw.FPDFTextObj_GetFont(one.raw)
                name = ctypes.create_string_buffer(200)
                raw.FPDFFont_GetBaseFontName(font, name, 200)
                found[name.value.decode()] = raw.FPDFFont_GetIsEmbedded(font) == 1
    return found


def lines(pdf: bytes) -> list[Line]:
    """The paths of the first page."""
    with opened(pdf) as document:
        return [_line(one) for one in document[0].get_objects(filter=[raw.FPDF_PAGEOBJ_PATH])]


def _line(one: pypdfium2.PdfObject) -> Line:
    matrix, places = one.get_matrix(), []
    for number in range(raw.FPDFPath_CountSegments(one.raw)):
        x, y = ctypes.c_float(), ctypes.c_float()
        raw.FPDFPathSegment_GetPoint(raw.FPDFPath_GetPathSegment(one.raw, number), x, y)
        across, up = matrix.on_point(x.value, y.value)
        places.append((across * POINT_MM, up * POINT_MM))
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(one.raw, filled, stroked)
    return Line(tuple(places), _colour(one) if stroked.value else None)


def _colour(one: pypdfium2.PdfObject) -> str:
    channels = [ctypes.c_uint() for _ in range(4)]
    raw.FPDFPageObj_GetStrokeColor(one.raw, *channels)
    return "#" + "".join(f"{channel.value:02X}" for channel in channels[:3])
