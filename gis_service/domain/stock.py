"""What stands and what is open at a place, with who owns it now (degrees, EPSG:4326)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class StandingBuilding:
    """A building where it stands, the owner of its point, and the places of its entrances by label."""

    code: str
    name: str
    households: int
    lon: float
    lat: float
    owner: str | None
    doors: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident that is not over, where it happened; ``owner`` is who must act, None for nobody."""

    id: UUID
    state: str
    category: str
    lon: float
    lat: float
    owner: str | None
