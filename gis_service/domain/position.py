"""Where staff were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Position:
    """Where a member of the staff was at an instant (degrees); ``day`` is the local day of that instant."""

    staff_id: int
    at: datetime
    day: date
    lon: float
    lat: float
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class LastPosition:
    """The last place that is known of a person, and whom they serve."""

    position: Position
    name: str
    role: str
    grid_code: str
