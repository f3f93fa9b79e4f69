"""Hand out buildings with their owners in an edition, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building_import import ExportedBuilding
from gis_service.errors import NotFoundError
from gis_service.use_cases.read_ground import choose_edition

PAGE = 20_000


def export_buildings(
    work: UnitOfWork, *, edition: int | None = None, grid: str | None = None, with_footprints: bool = False
) -> tuple[int, Iterator[Sequence[ExportedBuilding]]]:
    """Return the number of an edition, and the standing buildings by code, in pages.

    What is registered while pages are read may be among them or not; nothing comes twice.

    Args:
        work: a transaction not yet begun.
        edition: whose owners; the one in force now by default.
        grid: only buildings that it or a grid below it owns.
        with_footprints: whether to read outlines.

    Raises:
        NotFoundError: no such edition, none in force, or no such grid in it.
    """
    with work:
        number = choose_edition(edition, None, work)
        parents = {code: parent for code, (_, parent) in work.grids.outline(number).items()}
    if grid is not None and grid not in parents:
        raise NotFoundError(f"no grid has the code {grid!r} in edition {number}")
    grids = None if grid is None else [code for code in parents if _is_under(code, grid, parents)]

    def pages() -> Iterator[Sequence[ExportedBuilding]]:
        with work:
            yield from work.building_rows.pages(number, grids=grids, with_footprints=with_footprints, rows=PAGE)

    return number, pages()


def _is_under(code: str, under: str, parents: dict[str, str | None]) -> bool:
    step: str | None = code
    while step is not None and step != under:
        step = parents.get(step)
    return step == under
