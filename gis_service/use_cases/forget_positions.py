"""Delete where people were, once it is old enough."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork


def forget_positions(now: datetime, zone: ZoneInfo, kept_days: int, work: UnitOfWork) -> int:
    """Delete the positions of all days more than ``kept_days`` back, and return how many they were.

    Each day is a transaction of its own: what was killed half-way goes on with the next call.
    """
    before = first_kept_day(now, zone, kept_days)
    forgotten = 0
    while True:
        with work:
            gone = work.positions.forget_oldest_day(before)
            work.commit()
        if not gone:
            return forgotten
        forgotten += gone


def first_kept_day(now: datetime, zone: ZoneInfo, kept_days: int) -> date:
    """Return the oldest day whose positions are kept."""
    return now.astimezone(zone).date() - timedelta(days=kept_days)
