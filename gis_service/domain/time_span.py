"""Instants and stretches of time as the OGC's standards write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_OPEN = ("..", "")


class TimeSpanError(ValueError):
    """A text that names no time; the sentence goes after the name of what was read."""


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A stretch of time in UTC, both ends included; None is without end.  An instant starts when it ends."""

    start: datetime | None
    end: datetime | None


def parse_instant(written: str) -> TimeSpan:
    """Return the instant that a text names, or the day (in UTC, up to its last microsecond).

    Raises:
        TimeSpanError: it is neither an RFC 3339 instant with its offset nor a date.

    Source:
        OGC 21-065r2 (CQL2), 6.3; a date is the day that it names, so that it compares with instants.
    """
    try:
        if _DATE.fullmatch(written):
            day = date.fromisoformat(written)
            return TimeSpan(datetime.combine(day, time.min, UTC), datetime.combine(day, time.max, UTC))
        if _INSTANT.fullmatch(written):
            instant = datetime.fromisoformat(written.upper()).astimezone(UTC)
            return TimeSpan(instant, instant)
    except (ValueError, OverflowError):
        pass
    raise TimeSpanError(f"{written[:40]!r} is no date and no instant such as 2026-07-01T00:00:00Z")


def parse_interval(written: str) -> TimeSpan:
    """Return what ``datetime`` names: an instant, a day, or two of these with a slash between, ``..`` for no end.

    Raises:
        TimeSpanError: it is none of these, or ends before it starts.

    Source:
        OGC 17-069r4 (Features, Part 1), 7.15.4.
    """
    first, slash, last = written.partition("/")
    if not slash:
        return parse_instant(written)
    return span_between(first, last)


def span_between(first: str, last: str) -> TimeSpan:
    """Return the stretch between two instants or days; ``..`` or nothing for no end.

    Raises:
        TimeSpanError: one is no time, or the stretch ends before it starts.
    """
    start = None if first in _OPEN else parse_instant(first).start
    end = None if last in _OPEN else parse_instant(last).end
    if start is not None and end is not None and end < start:
        raise TimeSpanError("ends before it starts")
    return TimeSpan(start, end)
