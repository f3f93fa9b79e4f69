"""Name the grid on which each of many things stands."""

from __future__ import annotations

from collections.abc import Iterable

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.device import Device
from gis_service.domain.resource import Resource


def name_owners(things: Iterable[Device | Resource], edition: int, work: UnitOfWork) -> dict[str, str | None]:
    """Return the owner of each thing's place in an edition, by the thing's code; in a transaction already begun."""
    some = list(things)
    owners = work.owners.of_points(edition, [one.lon for one in some], [one.lat for one in some]) if some else []
    return dict(zip([one.code for one in some], owners, strict=True))
