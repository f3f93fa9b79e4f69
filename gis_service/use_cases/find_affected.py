"""Find all that lies in an area: grids, buildings, whom to call, devices and resources."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.area import AreaQuestion
from gis_service.domain.area_event import Affected
from gis_service.use_cases.locate_area import locate_area
from gis_service.use_cases.name_owners import name_owners


def find_affected(
    area: BaseGeometry, principal: Principal, zone: ZoneInfo, work: UnitOfWork, *, limit: int
) -> Affected:
    """Return what lies in an area in the edition in force, as far as the caller may see it.

    Grids, counts and staff are those of ``locate_area``; of the same edition are the owners of all else.

    Args:
        area: a valid polygon or multipolygon in degrees (WGS 84), its edge included.
        principal: who asks.
        zone: of the day on which staff is on duty.
        work: a transaction not yet begun.
        limit: most entries of each list.

    Raises:
        NotFoundError: no edition is in force.
        TooLargeError: as ``locate_area``.
        UnavailableError: the database does not answer.
    """
    answer = locate_area(AreaQuestion(area, limit=limit), principal, zone, work)
    edition, now = answer.edition, datetime.now(UTC)
    has_all_buildings = answer.standing.buildings <= limit
    with work:
        buildings = work.area_events.buildings_in(area, edition, limit) if has_all_buildings else ()
        devices = work.devices.in_area(area, principal, edition, now=now, limit=limit + 1)
        resources = work.resources.in_area(area, principal, edition, limit + 1)
        too_long = {"buildings": not has_all_buildings, "devices": len(devices) > limit}
        too_long["resources"] = len(resources) > limit
        devices, resources = devices[:limit], resources[:limit]
        device_owners = name_owners([one.device for one in devices], edition, work)
        resource_owners = name_owners(resources, edition, work)
    return Affected(
        answer=answer,
        buildings=buildings,
        devices=devices,
        resources=resources,
        device_owners=device_owners,
        resource_owners=resource_owners,
        truncated=answer.truncated | {name for name, is_too_long in too_long.items() if is_too_long},
    )
