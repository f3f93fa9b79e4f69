"""Say what became different between two editions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.diff import GridDiff, compare
from gis_service.errors import NotFoundError, TooLargeError
from grid_boundaries.redraw.transfers import Transfer, find_transfers

MOST_GRIDS = 5_000
"""More redrawn grids are not overlaid in one request."""


@dataclass(frozen=True, slots=True)
class EditionDiff:
    """The grids that differ, by code, and the ground that went from one to another, by level and codes."""

    grids: Sequence[GridDiff]
    transfers: Sequence[Transfer]


def compare_editions(number: int, to: int, work: UnitOfWork) -> EditionDiff:
    """Return what is different in edition ``to``, seen from edition ``number``; either may be the older one.

    Raises:
        NotFoundError: there is no such edition.
        TooLargeError: more grids differ than are compared at once.
    """
    with work:
        for asked in (number, to):
            if work.editions.get(asked) is None:
                raise NotFoundError(f"there is no edition {asked}; see /v1/editions", code="no-edition")
        before, after = work.grids.only_in(number, to), work.grids.only_in(to, number)
    if max(len(before), len(after)) > MOST_GRIDS:
        raise TooLargeError(
            f"{max(len(before), len(after))} grids differ between editions {number} and {to}, and at most"
            f" {MOST_GRIDS} are compared at once; choose editions nearer to each other"
        )
    grids = compare(before, after)
    redrawn = {one.code for one in grids if {"added", "retired", "redrawn"} & set(one.changes)}
    transfers = find_transfers(
        [grid for grid in before if grid.code in redrawn], [grid for grid in after if grid.code in redrawn]
    )
    return EditionDiff(grids, [one for one in transfers if one.from_code != one.to_code])
