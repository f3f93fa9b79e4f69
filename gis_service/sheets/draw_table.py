"""Draws the table of grids."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gis_service.sheets.colouring import fill_of
from gis_service.sheets.draw_map import FAINT_INK, INNER
from gis_service.sheets.paper import Page, Rect
from gis_service.sheets.pen import Align, Pen
from gis_service.sheets.table import Column, Row, Table
from gis_service.sheets.words import WORDS, Language

LETTERS = 6.8
HEAD = "#ECE8E1"
_SHARES = (0.0, 0.09, 0.42, 0.69, 0.83, 1.0)
"""Where the columns of number, code, name, households and area begin and end, in widths of the table."""

_ALIGNED: tuple[Align, ...] = ("centre", "left", "left", "right", "right")
_PADDING_MM = 0.8


def draw_columns(pen: Pen, columns: Sequence[Column], table: Table, page: Page, language: Language) -> None:
    """Draw the columns of one page; under the last it is said when the table goes on."""
    for column in columns:
        _draw_row(pen, Row(table.heads), _line(column.place, 0, table.row_mm), page, is_head=True)
        for number, row in enumerate(column.rows, start=1):
            _draw_row(pen, row, _line(column.place, number, table.row_mm), page)
        last = column.place.top + (len(column.rows) + 1) * table.row_mm
        pen.rule(column.place.left, column.place.right, last, colour=INNER)
        goes_on = column.page == 0 and table.pages > 1 and column is columns[-1]
        if goes_on:
            words = WORDS[language]["next"]
            middle = last + table.row_mm / 2
            pen.write(words, column.place.right, middle, LETTERS * page.enlarged, align="right", colour=FAINT_INK)


def _line(place: Rect, number: int, row_mm: float) -> Rect:
    return Rect(place.left, place.top + number * row_mm, place.width, row_mm)


def _draw_row(pen: Pen, row: Row, line: Rect, page: Page, *, is_head: bool = False) -> None:
    edges = [line.left + share * line.width for share in _SHARES]
    if is_head:
        pen.box(line, fill=HEAD)
    elif row.colour is not None:
        pen.box(Rect(line.left, line.top, edges[1] - line.left, line.height), fill=fill_of(row.colour))
    pen.rule(line.left, line.right, line.top, colour=INNER, width=0.25 if is_head or row.colour is None else 0.08)
    middle = line.top + line.height / 2
    is_strong = is_head or row.colour is None
    for text, (left, right), align in zip(row.cells, pairwise(edges), _ALIGNED, strict=True):
        x = {"left": left + _PADDING_MM, "centre": (left + right) / 2, "right": right - _PADDING_MM}[align]
        room = right - left - 2 * _PADDING_MM
        if text:
            pen.write_within(text, x, middle, LETTERS * page.enlarged, room, align=align, bold=is_strong)
