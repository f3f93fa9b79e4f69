"""List the open incidents whose ground an edition gave to another grid."""

from __future__ import annotations

from dataclasses import dataclass

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.stock import OpenIncident
from gis_service.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class HandOver:
    """An open incident that keeps its owner until it is handed over, and whose ground it is by now."""

    incident: OpenIncident
    proposed: str | None


def list_hand_overs(number: int, principal: Principal, work: UnitOfWork) -> list[HandOver]:
    """Return the open incidents owned by a grid whose ground an edition moved, and which lie elsewhere since then.

    The oldest first; only those in the caller's scope, by the chain that an incident was stamped with.

    Raises:
        NotFoundError: there is no such edition.
    """
    with work:
        if work.editions.get(number) is None:
            raise NotFoundError(f"there is no edition {number}; see /v1/editions", code="no-edition")
        moved = [one for one in work.lineage.of_edition(number) if one.from_code != one.to_code]
        losers = {one.from_code for one in moved if one.from_code is not None}
        waiting = work.stock.open_incidents_of(losers, scope=principal.scope)
        owners = work.owners.of_points(number, [one.lon for one in waiting], [one.lat for one in waiting])
        return [HandOver(one, owner) for one, owner in zip(waiting, owners, strict=True) if owner != one.owner]
