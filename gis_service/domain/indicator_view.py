"""Indicators as they are read: which values, and how fresh they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from gis_service.domain.access import GENERAL, Principal
from gis_service.domain.indicator import Indicator, IndicatorValue
from gis_service.domain.rule_rows import YEARS

_YEAR = re.compile(r"(\d{4})", re.ASCII)
_PART = re.compile(r"(\d{4})-?([QH])([1-4])", re.ASCII | re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
_SPAN = re.compile(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)", re.ASCII)

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class IndicatorSource:
    """Who gives values of an indicator, and the newest period that they gave: ``until`` is the first day after."""

    indicator: str
    source: str
    since: date
    until: date

    def age_days(self, today: date) -> int:
        """Return how many days ago the period ended; none while it lasts."""
        return max(0, (today - self.until).days)

    def is_late(self, today: date) -> bool:
        """Say whether the period ended more than a month ago."""
        return today > _months_after(self.until, 1)


@dataclass(frozen=True, slots=True)
class ValueFilter:
    """Which values of an indicator: of an edition, a period, a level, a grid and all below it, codes after one."""

    indicator: Indicator
    edition: int
    since: date
    level: str | None
    grid: str | None
    after: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value with the name and the level of its grid."""

    value: IndicatorValue
    name: str
    level: str

    def is_withheld(self, indicator: Indicator, principal: Principal, small_count: int) -> bool:
        """Say whether it is a small count, which those who see general data alone are not told; as in tiles."""
        is_small = indicator.rollup == "sum" and 0 < self.value.value < small_count
        return is_small and principal.data_classes == (GENERAL,)


def read_period(written: str) -> tuple[date, date]:
    """Return the first day of a period and the first day after it.

    Args:
        written: 2025, 2025-Q3, 2025-H2, 2025-07, or two days, the second the first after it: 2025-07-01/2025-08-01.

    Raises:
        ValueError: it is none of these, or the second day does not follow the first.
    """
    text = written.strip()
    try:
        if found := _YEAR.fullmatch(text):
            first, months = date(int(found[1]), 1, 1), _MONTHS
        elif found := _PART.fullmatch(text):
            months = 3 if found[2] in "qQ" else 6
            first = date(int(found[1]), (int(found[3]) - 1) * months + 1, 1)
        elif found := _MONTH.fullmatch(text):
            first, months = date(int(found[1]), int(found[2]), 1), 1
        elif found := _SPAN.fullmatch(text):
            since, until = date.fromisoformat(found[1]), date.fromisoformat(found[2])
            return _checked(since, until)
        else:
            raise ValueError(text)  # noqa: TRY301 - told below, as all the others
        return _checked(first, _months_after(first, months))
    except (ValueError, OverflowError):
        msg = "must be a period like 2025, 2025-Q3, 2025-H2, 2025-07 or 2025-07-01/2025-08-01"
        raise ValueError(msg) from None


def write_period(since: date, until: date) -> str:
    """Return a period as ``read_period`` reads it: two days."""
    return f"{since.isoformat()}/{until.isoformat()}"


def _checked(since: date, until: date) -> tuple[date, date]:
    if since >= until or since.year not in YEARS or until.year not in YEARS:
        raise ValueError(since)
    return since, until


def _months_after(day: date, months: int) -> date:
    """Return the same day of a later month, its last where it has no such day."""
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    first = date(year, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return min(first.replace(day=min(day.day, 28)) + timedelta(days=max(0, day.day - 28)), last)
