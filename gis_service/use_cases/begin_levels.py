"""Make sure that there are levels, before the first grids come."""

from __future__ import annotations

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.level import STANDARD_LEVELS, Level


def begin_levels(work: UnitOfWork) -> list[Level]:
    """Return the levels of the tree, the root-most first; a database without any gets the standard ones."""
    with work:
        levels = work.levels.list_all()
        if levels:
            return levels
        work.rules.store_levels(STANDARD_LEVELS)
        work.commit()
    return list(STANDARD_LEVELS)
