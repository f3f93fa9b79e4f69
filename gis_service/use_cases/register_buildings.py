"""Give buildings their owner."""

from __future__ import annotations

from collections.abc import Sequence

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building import Building
from gis_service.errors import ClashError


def register_buildings(buildings: Sequence[Building], work: UnitOfWork) -> list[Building]:
    """Store new buildings, each owned by the grid that holds its point in the newest edition.

    Returns:
        Those that no grid holds; they are stored all the same, without an owner.

    Raises:
        ClashError: nothing has been published yet.
    """
    with work:
        work.editions.hold_latest()
        latest = work.editions.latest()
        if latest is None:
            raise ClashError("no edition has been published yet; publish one first", code="no-edition")
        owners = work.owners.of_points(latest.number, [one.lon for one in buildings], [one.lat for one in buildings])
        work.buildings.add_many(buildings, owners, latest.number)
        work.commit()
    return [one for one, owner in zip(buildings, owners, strict=True) if owner is None]
