"""When things happen: by day in the week, by hour in the day, within the year that ends at a date."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

ZONE = ZoneInfo("Asia/Shanghai")

HOURS = 365 * 24
MONTHS = 12
HOURS_A_MONTH = HOURS // MONTHS
"""A twelfth of the year, so that months are alike long and end with it."""

# How much happens in each hour of a working day, from midnight.
_BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 8, 12, 13, 12, 10, 8, 9, 11, 12, 11, 10, 10, 11, 9, 6, 3, 2)
_WEEKEND = 0.8
_PEAK_HOURS = (15, 16)
_PEAK = 3.0


def today() -> date:
    """Return the date in Kunming."""
    return datetime.now(ZONE).date()


def end_of_year(until: date) -> datetime:
    """Return the instant before which everything lies: midnight at the start of ``until``."""
    return datetime.combine(until, time(), ZONE)


def draw_moments(count: int, until: date, random: np.random.Generator, month: int | None = None) -> list[datetime]:
    """Return moments of the year before ``until`` in order of drawing; weekends peak from 15 to 17 o'clock.

    Args:
        count: how many.
        until: the first day that is not in the year.
        random: the only source of chance.
        month: from 0 to 11, the last; None draws from the whole year.
    """
    start = end_of_year(until) - timedelta(hours=HOURS)
    hours = np.arange(HOURS) if month is None else np.arange(HOURS_A_MONTH) + month * HOURS_A_MONTH
    hour_of_day, weekday = hours % 24, (start.weekday() + hours // 24) % 7
    weight = np.array(_BY_HOUR, float)[hour_of_day]
    weekend = weekday >= 5  # noqa: PLR2004, Saturday and Sunday
    weight[weekend] *= _WEEKEND
    weight[weekend & np.isin(hour_of_day, _PEAK_HOURS)] *= _PEAK
    drawn = random.choice(hours, size=count, p=weight / weight.sum())
    seconds = random.integers(0, 3600, count)
    return [
        start + timedelta(hours=hour, seconds=second)
        for hour, second in zip(drawn.tolist(), seconds.tolist(), strict=True)
    ]
