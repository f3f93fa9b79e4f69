"""Hand out the grids of an edition, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.errors import NotFoundError, RuleBrokenError
from gis_service.use_cases.read_ground import choose_edition
from grid_boundaries.partition import Grid

BATCH = 2_000
"""Grids that are held at once: some tens of megabytes."""


def export_grids(
    work: UnitOfWork,
    *,
    edition: int | None = None,
    at: datetime | None = None,
    level: str | None = None,
    under: str | None = None,
) -> tuple[Edition, Iterator[Sequence[Grid]]]:
    """Return an edition, and its grids in batches, parents before their children, each level by code.

    An edition never changes, so that each batch may be a transaction of its own.

    Args:
        work: a transaction not yet begun.
        edition: which one; or ``at``, an instant; the one in force now when both are left out.
        at: see ``edition``.
        level: grids of this level only.
        under: this grid and all below it only.

    Raises:
        NotFoundError: no such edition, none in force then, or no grid ``under`` in it.
        RuleBrokenError: both ``edition`` and ``at``, or no such level.
    """
    with work:
        number = choose_edition(edition, at, work)
        found = work.editions.get(number)
        ranks = {one.code: one.rank for one in work.levels.list_all()}
        outline = work.grids.outline(number)
    assert found is not None  # noqa: S101 - it has just been chosen
    if level is not None and level not in ranks:
        raise RuleBrokenError(f"no level is called {level!r}; they are {', '.join(ranks)}", code="unknown-level")
    if under is not None:
        parents = {code: parent for code, (_, parent) in outline.items()}
        if under not in parents:
            raise NotFoundError(f"no grid has the code {under!r} in edition {number}")
        outline = {code: row for code, row in outline.items() if _is_under(code, under, parents)}
    codes = [code for code, (own, _) in outline.items() if level is None or own == level]
    codes.sort(key=lambda code: (ranks[outline[code][0]], code))
    return found, _batches(number, codes, work)


def _is_under(code: str, under: str, parents: dict[str, str | None]) -> bool:
    step: str | None = code
    while step is not None and step != under:
        step = parents.get(step)
    return step == under


def _batches(number: int, codes: Sequence[str], work: UnitOfWork) -> Iterator[Sequence[Grid]]:
    for first in range(0, len(codes), BATCH):
        part = codes[first : first + BATCH]
        with work:
            by_code = {grid.code: grid for grid in work.grids.of_codes(number, part)}
        yield [by_code[code] for code in part]
