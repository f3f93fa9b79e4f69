"""How time runs on the two clocks of deadlines: ``elapsed`` never stops, ``working`` runs on working days alone.

The working clock runs through every instant of a working day, from its first to its last in the zone of the calendar,
and stands still on the others.  A day is as long as it is: one on which the clocks of the zone are put forward has 23
hours.  All instants are given back in UTC, since Python adds and compares times of one zone by the hands of clocks.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from gis_service.domain.work_calendar import WorkCalendar

ONE_DAY = timedelta(days=1)
_MIDNIGHT = time(0)
_KEPT = 4096
"""Midnights that are kept: clocks run through the same few weeks again and again."""


def time_between(clock: str, start: datetime, end: datetime, calendar: WorkCalendar) -> timedelta:
    """Return how long a clock runs from one instant to another; nothing when the end does not come later."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if start >= end:
        return timedelta(0)
    if clock == "elapsed":
        return end - start
    ran, day = timedelta(0), _day_of(start, calendar)
    while start < end:
        following = _begin(day + ONE_DAY, calendar)
        if calendar.is_workday(day):
            ran += min(following, end) - start
        start, day = following, day + ONE_DAY
    return ran


def time_after(clock: str, start: datetime, span: timedelta, calendar: WorkCalendar) -> datetime:
    """Return the earliest instant at which a clock has run so long since the start; no time ends at the start itself.

    A later start never ends earlier, nor does a longer span.

    Args:
        clock: ``elapsed`` or ``working``.
        start: with an offset.
        span: at least 0; a working day is 24 hours on the working clock.
        calendar: of working days, and in whose zone days begin.

    Returns:
        In UTC.  For 3 working days, Friday 17:00 gives Wednesday 17:00, and Saturday at any hour the midnight after
        Wednesday.
    """
    instant = start.astimezone(UTC)
    if clock == "elapsed" or not span:
        return instant + span
    day = _day_of(instant, calendar)
    while True:
        following = _begin(day + ONE_DAY, calendar)
        if calendar.is_workday(day):
            if following - instant >= span:
                return instant + span
            span -= following - instant
        instant, day = following, day + ONE_DAY


def time_before(clock: str, end: datetime, span: timedelta, calendar: WorkCalendar) -> datetime:
    """Return the latest instant from which a clock runs so long until the end; no time begins at the end itself.

    The answer is in UTC; for 1 working day, Monday 17:00 gives Friday 17:00.
    """
    instant = end.astimezone(UTC)
    if clock == "elapsed" or not span:
        return instant - span
    day = _day_of(instant, calendar)
    while True:
        begin = _begin(day, calendar)
        if calendar.is_workday(day):
            if instant - begin >= span:
                return instant - span
            span -= instant - begin
        instant, day = begin, day - ONE_DAY


def _begin(day: date, calendar: WorkCalendar) -> datetime:
    """Return the first instant of a day, in UTC; where its midnight is skipped, that at which it is."""
    return _midnight(day, calendar.zone)


@lru_cache(_KEPT)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, _MIDNIGHT, zone).astimezone(UTC)


def _day_of(instant: datetime, calendar: WorkCalendar) -> date:
    """Return the day of an instant; what is repeated after a midnight belongs to the day that has begun."""
    day = instant.astimezone(calendar.zone).date()
    return day + ONE_DAY if instant >= _begin(day + ONE_DAY, calendar) else day
