"""A month in which incidents lie: that of the report, in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class IncidentMonth:
    """Where incidents lie: ``month`` is its first day, None for what lies in no month that is there.

    ``incidents`` is as the database last counted them, -1 when it never has; ``bytes`` are those of tables and
    indexes.  What is not attached is set aside: kept, and not shown.
    """

    month: date | None
    is_attached: bool
    incidents: int
    bytes: int


def month_of(at: datetime) -> date:
    """Return the first day of the month of an instant."""
    return at.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after that of a first day."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def months_from(first: date, last: date) -> Iterator[date]:
    """Yield the first days of months, both ends included."""
    while first <= last:
        yield first
        first = next_month(first)
