"""The table of grids: its words, its columns, and which row stands on which page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gis_service.sheets.paper import ROW_MM, Page, Rect, columns_of_next_page
from gis_service.sheets.subject import SheetGrid
from gis_service.sheets.words import WORDS, Language, area_in

_SQUARE_KILOMETRE_FROM_M2 = 300_000.0
"""The mean area from which the table counts in km²: 0.3 km² still has two digits there."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: number, code, name, households, area; the sum has no number."""

    cells: tuple[str, str, str, str, str]
    colour: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """Some rows under a head, in a rectangle of a page (0 is the first)."""

    page: int
    place: Rect
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Heads and columns in reading order; ``pages`` counts the first page too."""

    heads: tuple[str, str, str, str, str]
    columns: tuple[Column, ...]
    pages: int
    row_mm: float


def make_table(grids: Sequence[SheetGrid], colours: Sequence[int], page: Page, language: Language) -> Table:
    """Return the table of grids in their order, going on with new pages when the first has no room for all."""
    words = WORDS[language]
    mean = sum(grid.area_m2 for grid in grids) / len(grids)
    unit = "km²" if mean >= _SQUARE_KILOMETRE_FROM_M2 else "ha"
    heads = (words["number"], words["code"], words["name"], words["homes"], words["size"].format(unit=unit))
    rows = [
        Row((str(number), grid.code, grid.name, _homes(grid.households), area_in(grid.area_m2, unit)), colour)
        for number, (grid, colour) in enumerate(zip(grids, colours, strict=True), start=1)
    ]
    if len(grids) > 1:
        known = [grid.households for grid in grids if grid.households is not None]
        homes = _homes(sum(known)) if len(known) == len(grids) else "—"
        rows.append(Row(("", "", words["total"], homes, area_in(sum(grid.area_m2 for grid in grids), unit))))
    row_mm = ROW_MM * page.enlarged
    columns, pages = _spread(rows, page, row_mm)
    return Table(heads, columns, pages, row_mm)


def _spread(rows: Sequence[Row], page: Page, row_mm: float) -> tuple[tuple[Column, ...], int]:
    columns: list[Column] = []
    places = [(0, place) for place in page.columns]
    done, pages = 0, 1
    while done < len(rows):
        if not places:
            places = [(pages, place) for place in columns_of_next_page(page)]
            pages += 1
        number, place = places.pop(0)
        room = int(place.height // row_mm) - 1  # the head takes one
        is_last_of_first = number == 0 and not places
        if is_last_of_first and len(rows) - done > room:
            room -= 1  # where it goes on is said under it
        columns.append(Column(number, place, tuple(rows[done : done + room])))
        done += room
    return tuple(columns), pages


def _homes(households: int | None) -> str:
    return "—" if households is None else f"{households:,}"
