"""Whose ground a building is: asked by what stands on a door plate, answered with how it was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gis_service.domain.building import Alias, Building, Entrance, UnitOwner
from gis_service.domain.lookup import NamedGrid, PointAnswer


@dataclass(frozen=True, slots=True)
class BuildingQuestion:
    """A building as somebody typed or scanned it; ``position`` is where they stand (degrees, WGS 84), if they say so.

    ``at`` None asks for now.
    """

    code: str
    unit: str | None = None
    at: datetime | None = None
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class FoundBuilding:
    """A building, its aliases, and the door that was named, if one was."""

    building: Building
    aliases: tuple[Alias, ...]
    entrance: Entrance | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A position far from the building: metres to its point or nearest door, and the grid that owns the position."""

    distance_m: float
    position_owner: NamedGrid | None


@dataclass(frozen=True, slots=True)
class BuildingAnswer:
    """Whose ground a building is in one edition.

    ``ground`` tells of the building's point, but that its owner and chain are those of the building, or of the unit
    that has another owner.  ``located_by`` says what decided: ``unit`` for such a unit, else ``entrance`` or
    ``building``, whichever was named.
    """

    ground: PointAnswer
    found: FoundBuilding
    located_by: str
    unit: UnitOwner | None
    conflict: Conflict | None
