"""A worker at a building: near enough, or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gis_service.domain.building import Building, Entrance
from grid_boundaries.measure import GEOD


@dataclass(frozen=True, slots=True)
class CheckInRecord:
    """Where a worker stood (degrees, WGS 84) who says to be at a building or one of its doors.

    ``accepted``: it was no farther than ``allowed_m``.  ``owner`` and ``chain`` are the building's, in ``edition``,
    which was in force ``at`` that instant.
    """

    id: UUID
    worker: str
    building_code: str
    entrance: str | None
    lon: float
    lat: float
    accuracy_m: float | None
    at: datetime
    received_at: datetime
    distance_m: float
    allowed_m: float
    accepted: bool
    edition: int
    owner: str | None
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckInFilter:
    """Which check-ins to list, the newest received first: up to ``limit`` before ``before``."""

    grid: str | None = None
    worker: str | None = None
    since: datetime | None = None
    accepted: bool | None = None
    before: UUID | None = None
    limit: int = 100


def distance_to(building: Building, entrance: Entrance | None, lon: float, lat: float) -> float:
    """Return the geodesic metres from a place to a door, or without one to the building's point or nearest door."""
    places: Iterable[Building | Entrance] = [entrance] if entrance else [building, *building.entrances]
    return min(float(GEOD.inv(lon, lat, place.lon, place.lat)[2]) for place in places)


def allowed_distance(near_m: float, accuracy_m: float | None) -> float:
    """Return how far off a position may lie: what counts as near, and its uncertainty, of which no more counts.

    A position that is known to kilometres would else be near everything.
    """
    return near_m + min(accuracy_m or 0.0, near_m)
