"""The register of buildings: what it tells of one, and how it is searched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gis_service.domain.building import Building
from gis_service.domain.edition import Bounds


@dataclass(frozen=True, slots=True)
class OwnedFrom:
    """The grid that owned a building from one edition up to and with another; ``last`` None: still."""

    first: int
    last: int | None
    grid: str | None


@dataclass(frozen=True, slots=True)
class BuildingRecord:
    """A building as the register tells of it, without units.

    ``owners`` are in the order of editions.  ``successors`` are what a retired one was merged into or split into, by
    code; ``predecessors`` those that were merged or split into this one.
    """

    building: Building
    registered_at: datetime
    owners: tuple[OwnedFrom, ...]
    successors: tuple[str, ...]
    predecessors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedBuilding:
    """A building in a list, with the grid that owns it in the edition of the list."""

    building: Building
    owner: str | None


@dataclass(frozen=True, slots=True)
class BuildingFilter:
    """Which buildings to list, by code: up to ``limit`` that come after ``after``; None leaves a question open.

    ``within`` are codes of grids, of each of which the owner must lie in the subtree.  Not verified on or after
    ``unverified_since``: those that never were are among them.
    """

    limit: int
    after: str | None = None
    bbox: Bounds | None = None
    within: tuple[str, ...] = ()
    unverified_since: date | None = None


def month_before(day: date) -> date:
    """Return the same day of the month before, or the last that it has."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))
