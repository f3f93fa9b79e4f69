"""A building, its doors, its flats and shops, and its names in other registers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Entrance:
    """A door of a building, at a place of its own (degrees, EPSG:4326)."""

    label: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Unit:
    """A flat or a shop by its folded label; storey 0 is the ground floor.

    ``owner`` is the grid that has it where that is not its building's: a shop that opens on another street.
    """

    label: str
    storey: int | None = None
    use: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class OtherName:
    """The code of a building in another register; ``scheme`` names the register, ``alias`` is folded."""

    scheme: str
    alias: str


@dataclass(frozen=True, slots=True)
class Building:
    """A place with one code, which never tells the grid it stands in (degrees, EPSG:4326).

    An empty code asks for one when the building is registered.  ``footprint`` is a polygon or multipolygon.  A
    building that is read has no footprint, units and aliases where its reader does not say that it has.
    """

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
    built_on: date | None = None
    footprint: BaseGeometry | None = None
    units: tuple[Unit, ...] = ()
    aliases: tuple[OtherName, ...] = ()
    version: int = 1
    retired_at: datetime | None = None


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
