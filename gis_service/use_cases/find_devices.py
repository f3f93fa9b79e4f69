"""Find devices, and those that have fallen silent."""

from __future__ import annotations

from datetime import UTC, datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.device import DeviceFilter, DeviceState
from gis_service.use_cases.name_owners import name_owners
from gis_service.use_cases.read_ground import choose_edition
from gis_service.use_cases.refuse_unknown_word import refuse_unknown_grid, refuse_unknown_kind


def find_devices(
    wanted: DeviceFilter, principal: Principal, work: UnitOfWork
) -> tuple[int, list[DeviceState], dict[str, str | None]]:
    """Return the edition in force, the devices that match and that the caller may see, and their owners in it.

    Raises:
        NotFoundError: no edition is in force; or it has no such grid, ``unknown-grid``.
        RuleBrokenError: code ``unknown-kind``.
    """
    with work:
        edition = choose_edition(None, None, work)
        refuse_unknown_kind(wanted.kind, [kind.code for kind in work.devices.kinds()])
        refuse_unknown_grid(wanted.grid, edition, work)
        found = work.devices.search(wanted, principal, edition, datetime.now(UTC))
        return edition, found, name_owners([one.device for one in found], edition, work)
