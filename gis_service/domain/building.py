"""A building and its doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Entrance:
    """A door of a building, at a place of its own (degrees, EPSG:4326)."""

    label: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Building:
    """A place with one code, which never tells the grid it stands in (degrees, EPSG:4326)."""

    code: str
    name: str
    address: str
    use: str
    lon: float
    lat: float
    storeys: int | None = None
    households: int = 0
    verified_on: date | None = None
    entrances: tuple[Entrance, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnedPoint:
    """Where a building stands and which grid owns it now; None where no grid does (degrees, EPSG:4326)."""

    code: str
    lon: float
    lat: float
    owner: str | None


@dataclass(frozen=True, slots=True)
class Alias:
    """The code of a building in another register; ``scheme`` names the register."""

    scheme: str
    alias: str
    building_code: str


@dataclass(frozen=True, slots=True)
class UnitOwner:
    """A flat or shop in one edition, and the grid that owns it where that is not its building's."""

    label: str
    is_registered: bool
    grid_code: str | None
