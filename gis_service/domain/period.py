"""The time in which a rule is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of time: ``since`` belongs to it, ``until`` does not; None is without end."""

    since: datetime | None = None
    until: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """Tell whether the instant lies in the period."""
        return (self.since is None or self.since <= instant) and (self.until is None or instant < self.until)

    def meets(self, other: Period) -> bool:
        """Tell whether the two periods have an instant in common."""
        return _begins_before_end(self, other) and _begins_before_end(other, self)


ALWAYS = Period()


def _begins_before_end(first: Period, second: Period) -> bool:
    return first.since is None or second.until is None or first.since < second.until
