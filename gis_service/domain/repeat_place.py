"""Places where the same thing has happened again and again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gis_service.domain.incident_count import CountFilter

MOST_CLUSTERED = 200_000
"""Incidents looked through at once."""

MOST_IDS = 100
"""Incidents of a place that are named, the newest; all are counted."""


@dataclass(frozen=True, slots=True)
class RepeatQuestion:
    """Which places: ``least`` incidents of one category, each near another, in ``least_months`` different months.

    Categories are equal as a whole, or in their first ``depth`` words.
    """

    wanted: CountFilter = field(default_factory=CountFilter)
    within_m: float = 50.0
    least: int = 3
    least_months: int = 2
    depth: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class RepeatPlace:
    """One place: ``lon``, ``lat`` its middle in degrees, ``radius_m`` from there to the furthest of its incidents.

    ``ids`` are the newest first, ``owners`` the codes of all grids that own any.
    """

    category: str
    number: int
    months: int
    first: datetime
    last: datetime
    lon: float
    lat: float
    radius_m: float
    owners: tuple[str, ...]
    ids: tuple[str, ...]
