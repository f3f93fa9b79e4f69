"""Find the building that a door's address names."""

from __future__ import annotations

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.locate_building import find_building


def find_door(typed: str, work: UnitOfWork) -> str:
    """Return the code of the building.

    Raises:
        NotFoundError: as ``find_building``.
        ClashError: as ``find_building``.
    """
    with work:
        return find_building(typed, work).building.code
