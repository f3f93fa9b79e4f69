"""Draw the map sheet of a grid (网格划分区域图)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import shapely

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.grid import GridFilter, GridRecord
from gis_service.domain.level import Level
from gis_service.errors import NotFoundError, TooLargeError
from gis_service.sheets.drawing import draw_pdf
from gis_service.sheets.fonts import Fonts
from gis_service.sheets.image import paint
from gis_service.sheets.paper import Orientation, Paper
from gis_service.sheets.subject import SheetGrid, Subject
from gis_service.sheets.words import Language
from gis_service.use_cases.read_ground import choose_edition

MOST_CHILDREN = 500
"""More do not find room on a sheet; the largest divisions in use have some dozens."""

_MOST_NEIGHBOURS = 200

Form = Literal["pdf", "png"]


@dataclass(frozen=True, slots=True)
class SheetForm:
    """How a sheet is asked for; without an orientation the one with the larger scale is taken."""

    form: Form = "pdf"
    language: Language = "zh"
    paper: Paper = "A4"
    orientation: Orientation | None = None


@dataclass(frozen=True, slots=True)
class SheetState:
    """What decides a sheet beside its form: the edition, and the version of its buildings where it shows them.

    ``name`` is what the grid is called: its code when it has no name.
    """

    edition: int
    name: str
    buildings: str | None


def find_sheet(code: str, *, edition: int | None, at: datetime | None, work: UnitOfWork) -> SheetState:
    """Return which sheet is meant, without drawing it.

    ``edition`` or ``at`` choose the edition; neither: the one in force now.

    Raises:
        RuleBrokenError: both ``edition`` and ``at``.
        NotFoundError: no such edition, or no grid of this code in it.
    """
    with work:
        number = choose_edition(edition, at, work)
        record = _record(code, number, work)
        has_children = bool(work.grids.search(number, GridFilter(parent=code, limit=1)))
        buildings = None if has_children else work.tile_changes.sum_of("buildings")
        version = None if buildings is None else f"{buildings.base}.{buildings.total}"
        return SheetState(number, record.name or code, version)


def draw_sheet(
    code: str,
    edition: int,
    form: SheetForm,
    *,
    fonts: Fonts,
    drawn_at: datetime,
    attribution: str,
    work: UnitOfWork,
) -> bytes:
    """Return the sheet of a grid of an edition as a file.

    Args:
        code: of the grid.
        edition: its number.
        form: file format, language and paper.
        fonts: the letters, which are embedded.
        drawn_at: now, in the time zone in which dates are told.
        attribution: source of the boundaries; may be empty.
        work: a transaction not yet begun.

    Raises:
        NotFoundError: no such edition, or no grid of this code in it.
        TooLargeError: the grid has more than MOST_CHILDREN children.
    """
    subject = read_subject(code, edition, drawn_at=drawn_at, attribution=attribution, work=work)
    pdf = draw_pdf(subject, fonts, paper=form.paper, orientation=form.orientation, language=form.language)
    return pdf if form.form == "pdf" else paint(pdf)


def read_subject(code: str, edition: int, *, drawn_at: datetime, attribution: str, work: UnitOfWork) -> Subject:
    """Return all that the sheet of a grid tells; refuses as ``draw_sheet`` does."""
    with work:
        number = choose_edition(edition, None, work)
        published = work.editions.get(number)
        record = _record(code, number, work)
        children = work.grids.search(number, GridFilter(parent=code, limit=MOST_CHILDREN + 1))
        if published is None:
            raise NotFoundError(f"there is no edition {number}; see /v1/editions", code="no-edition")
        if len(children) > MOST_CHILDREN:
            raise TooLargeError(
                f"a sheet shows at most {MOST_CHILDREN} grids, and {code} has more; ask for those below it"
            )
        grid = _to_sheet(record)
        levels = {level.code: level for level in work.levels.list_all()}
        owned = [] if children else work.buildings.places_of(code, number)
        return Subject(
            grid=grid,
            chain=_chain(record, number, work),
            level=levels.get(record.level),
            child_level=_common_level(children, levels),
            children=tuple(_to_sheet(child) for child in children),
            neighbours=_neighbours(grid, record, number, work),
            buildings=tuple(owned),
            edition=published,
            drawn_at=drawn_at,
            attribution=attribution,
        )


def _record(code: str, edition: int, work: UnitOfWork) -> GridRecord:
    record = work.grids.record(edition, code)
    if record is None:
        raise NotFoundError(f"no grid has the code {code!r} in edition {edition}")
    return record


def _chain(record: GridRecord, edition: int, work: UnitOfWork) -> tuple[str, ...]:
    names = [record.name or record.code]
    above = record.parent
    while above is not None and (parent := work.grids.record(edition, above)) is not None:
        names.append(parent.name or parent.code)
        above = parent.parent
    return tuple(reversed(names))


def _common_level(children: list[GridRecord], levels: dict[str, Level]) -> Level | None:
    found = {child.level for child in children}
    return levels.get(found.pop()) if len(found) == 1 else None


def _neighbours(grid: SheetGrid, record: GridRecord, edition: int, work: UnitOfWork) -> tuple[SheetGrid, ...]:
    """Return the grids of the same level as far around as a page may reach: once the grid's size on each side."""
    west, south, east, north = grid.shape.bounds
    reach = max(east - west, north - south)
    box = (max(west - reach, -180), max(south - reach, -90), min(east + reach, 180), min(north + reach, 90))
    found = work.grids.search(edition, GridFilter(level=record.level, bbox=box, limit=_MOST_NEIGHBOURS))
    return tuple(_to_sheet(one) for one in found if one.code != record.code)


def _to_sheet(record: GridRecord) -> SheetGrid:
    return SheetGrid(
        code=record.code,
        name=record.name,
        kind=record.kind,
        households=record.households,
        area_m2=record.area_m2,
        shape=shapely.from_geojson(record.geometry),
    )
