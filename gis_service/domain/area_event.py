"""A warning for a piece of ground, and all that lies in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shapely.geometry.base import BaseGeometry

from gis_service.domain.area import AreaAnswer
from gis_service.domain.device import DeviceState
from gis_service.domain.resource import Resource


@dataclass(frozen=True, slots=True)
class Warned:
    """What is warned of: a valid polygon or multipolygon in degrees (WGS 84), from an instant, to one if it is known.

    ``until`` is not part of the period.
    """

    title: str
    kind: str
    severity: str
    area: BaseGeometry
    since: datetime
    until: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AreaEvent:
    """A warning as it is kept: who raised it, and who ended it before its time, if anybody did."""

    id: UUID
    warned: Warned
    raised_at: datetime
    raised_by: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_note: str | None = None

    def is_active(self, now: datetime) -> bool:
        """Say whether the warning holds at an instant."""
        until = self.warned.until
        return self.ended_at is None and self.warned.since <= now and (until is None or now < until)


@dataclass(frozen=True, slots=True)
class AreaBuilding:
    """A building in an area (degrees), and the grid that owns it in the edition asked."""

    code: str
    name: str
    address: str
    households: int
    lon: float
    lat: float
    owner: str | None


@dataclass(frozen=True, slots=True)
class Affected:
    """What an area touches in one edition, as far as the caller may see it.

    ``buildings`` is empty when there are more than a list may hold: a part of them would be arbitrary.  The owners
    are grids by the code of the device or resource, None where no grid is.  ``truncated`` names the lists that go
    on, those of ``answer`` among them.
    """

    answer: AreaAnswer
    buildings: Sequence[AreaBuilding]
    devices: Sequence[DeviceState]
    resources: Sequence[Resource]
    device_owners: Mapping[str, str | None]
    resource_owners: Mapping[str, str | None]
    truncated: frozenset[str]
