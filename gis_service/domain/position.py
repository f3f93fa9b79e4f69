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
