"""Take down which devices were heard of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.use_cases.read_ground import choose_edition


def hear_devices(
    heartbeats: Iterable[tuple[str, datetime | None]], principal: Principal, work: UnitOfWork
) -> list[str]:
    """Store when devices were last heard of, and return the codes that are of none that the caller may see.

    None is now, and so is an instant to come: a clock that runs ahead must not hide that its device fell silent.

    Raises:
        NotFoundError: no edition is in force.
    """
    now = datetime.now(UTC)
    heard: dict[str, datetime] = {}
    for code, at in heartbeats:
        instant = min(at or now, now)
        heard[code] = max(heard.get(code, instant), instant)
    with work:
        known = work.devices.hear(heard, principal, choose_edition(None, None, work))
        work.commit()
    return sorted(heard.keys() - known)
