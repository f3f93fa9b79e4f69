"""Which days are worked: the city's own rows first, then the national calendar, then Monday to Friday."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar
from chinese_calendar.constants import holidays

KNOWN_YEARS = range(min(holidays).year, max(holidays).year + 1)
"""Years whose public holidays and make-up working days the installed calendar library carries."""

FIRST_WEEKEND_DAY = 5


class WorkCalendar:
    """Working days in one time zone; ``overrides`` are the city's own decisions, day by day."""

    def __init__(self, zone: ZoneInfo, overrides: Mapping[date, bool] | None = None) -> None:
        self.zone = zone
        self._overrides = dict(overrides or {})

    def is_workday(self, day: date) -> bool:
        """Tell whether the day is worked; Monday to Friday in years that the library does not know."""
        if (decided := self._overrides.get(day)) is not None:
            return decided
        if day.year in KNOWN_YEARS:
            return _is_national_workday(day)
        return day.weekday() < FIRST_WEEKEND_DAY

    def years_unknown(self, start: datetime, end: datetime) -> list[int]:
        """Return the years between two instants for which only Monday to Friday is known, ascending.

        A year of which the city has decided any day is known to the city.
        """
        first, last = start.astimezone(self.zone).year, end.astimezone(self.zone).year
        decided = {day.year for day in self._overrides}
        return [year for year in range(first, last + 1) if year not in KNOWN_YEARS and year not in decided]


@cache
def _is_national_workday(day: date) -> bool:
    # Asked for the same few days again and again: the library takes 100 times as long as the cache.
    return bool(chinese_calendar.is_workday(day))
