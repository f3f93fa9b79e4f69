"""Take hold of a building that is to be changed."""

from __future__ import annotations

from collections.abc import Collection

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.building import Building
from gis_service.errors import ClashError, PreconditionFailedError
from gis_service.use_cases.locate_building import find_building
from gis_service.use_cases.register_buildings import refuse_outside_scope


def open_building(
    typed: str, principal: Principal, work: UnitOfWork, *, expected: Collection[int] | None = None
) -> tuple[Building, int]:
    """Return a building and the number of the newest edition, inside a transaction already begun.

    Until that ends nobody else writes buildings, and nobody publishes.

    Args:
        typed: the building, as ``find_building`` reads it.
        principal: who changes it.
        work: the transaction.
        expected: versions of the building that the caller means; None means whatever there is.

    Raises:
        NotFoundError: as ``find_building``.
        ClashError: as ``find_building``; or the building is retired, ``retired``, with its ``successors``.
        PreconditionFailedError: it has another version.
        ForbiddenError: its owner is outside the scope.
    """
    work.editions.hold_latest()
    work.buildings.lock_writing()
    building = find_building(typed, work).building
    latest = work.editions.latest()
    if latest is None:  # buildings come after the first edition
        raise ClashError("no edition has been published yet; publish one first", code="no-edition")
    owner = work.building_places.owner_of(building.code, latest.number)
    refuse_outside_scope([(owner, "")], latest.number, principal, work)
    if expected is not None and building.version not in expected:
        raise PreconditionFailedError(
            f"building {building.code} is at version {building.version}; read it again and change that"
        )
    if building.retired_at is not None:
        successors = work.building_register.successors(building.code)
        became = f"it became {', '.join(successors)}; change that" if successors else "it can be read still"
        raise ClashError(
            f"building {building.code} is retired since {building.retired_at.isoformat()}; {became}",
            code="retired",
            members={"retired_at": building.retired_at.isoformat(), "successors": successors},
        )
    return building, latest.number
