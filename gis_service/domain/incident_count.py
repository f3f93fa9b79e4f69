"""Counting incidents: by what, which, and what the sums tell (问题发现率、处置及时率、居民满意率)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from gis_service.domain.incident import SIX_STEPS

DIMENSIONS = (
    "grid",
    "category",
    "state",
    "channel",
    "severity",
    "department",
    "hour",
    "weekday",
    "day",
    "month",
)
"""By what incidents can be counted; the last four are of the local time at which they happened."""

PUBLIC_DIMENSIONS = ("grid",)
"""Those for everyone: of finer cells the counts would be small enough to tell of a person."""

PUBLIC_MONTHS = ZoneInfo("Asia/Shanghai")
"""Whose months are counted as a whole for the public; fixed, since what is rounded must stay rounded alike."""

MOST_DIMENSIONS = 4
MOST_ROWS = 10_000

HANDLED_STATES = SIX_STEPS[SIX_STEPS.index("handled") :]
"""The work is done; what follows is to check, to file and to rate it."""

NOT_COUNTED = ("merged", "cancelled")
"""The same incident once more, and none at all: they count only where their state is asked for."""

DISCOVERED_BY = ("patrol", "device")
"""Channels of the grid's own: found before anybody had to complain."""

SATISFIED_FROM = 4
"""Of 1 worst to 5 best."""

Key: TypeAlias = tuple[str | int | None, ...]
"""The value of each dimension asked for, in that order; None where an incident has none."""

_RATE_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Tally:
    """How many incidents, and how many of them are or were something.

    ``open`` are neither archived nor evaluated; ``handled`` are in a state from handled on, and of those that had a
    deadline some were ``handled_on_time`` and the others ``handled_late``; ``overdue`` are not handled with their
    deadline passed; ``discovered`` came by patrol or device; ``rated`` have the reporter's mark, and ``satisfied``
    a good one.
    """

    count: int = 0
    open: int = 0
    handled: int = 0
    handled_on_time: int = 0
    handled_late: int = 0
    overdue: int = 0
    discovered: int = 0
    rated: int = 0
    satisfied: int = 0

    @property
    def closed(self) -> int:
        """Nothing more will be done about them."""
        return self.count - self.open

    @property
    def handled_rate(self) -> float | None:
        """Return the share that is handled (办结率); None of none."""
        return _share(self.handled, self.count)

    @property
    def discovery_rate(self) -> float | None:
        """Return the share found by patrol or device (问题发现率); None of none."""
        return _share(self.discovered, self.count)

    @property
    def on_time_rate(self) -> float | None:
        """Return the share handled by its deadline, of those whose deadline is met or missed (处置及时率)."""
        return _share(self.handled_on_time, self.handled_on_time + self.handled_late + self.overdue)

    @property
    def satisfaction_rate(self) -> float | None:
        """Return the share of good marks among all marks (居民满意率); None without marks."""
        return _share(self.satisfied, self.rated)


MARKS = tuple(Tally.__dataclass_fields__)[1:]
"""What an incident is or is not, and is counted for: bit by bit the mark of an incident."""


@dataclass(frozen=True, slots=True)
class CountFilter:
    """Which incidents are counted; nothing counts all.  ``grid`` and ``category`` take all below them."""

    states: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    grid: str | None = None
    category: str | None = None
    department: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CountQuestion:
    """What is to be counted.

    ``level`` rolls grids up, ``depth`` cuts categories to so many words.  With ``edition`` an incident counts for
    the grid that had its ground in that edition, without for the owner that it has.
    """

    by: tuple[str, ...]
    wanted: CountFilter = CountFilter()
    level: str | None = None
    depth: int | None = None
    edition: int | None = None

    @property
    def needs_ground(self) -> bool:
        """Tell whether it matters which grid of the edition an incident lies in."""
        return "grid" in self.by or (self.edition is not None and self.wanted.grid is not None)


@dataclass(frozen=True, slots=True)
class CountedGrid:
    """A grid by which is counted."""

    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class IncidentCounts:
    """The answer: rows by key, of which no two are alike, and their sum.

    ``is_rounded`` says that counts are made of rounded ones, for the public: other figures there are none then.
    """

    question: CountQuestion
    rows: Sequence[tuple[Key, Tally]]
    total: Tally
    grids: Mapping[str, CountedGrid]
    is_rounded: bool = False


def whole_months(since: datetime | None, until: datetime | None) -> tuple[datetime | None, datetime | None]:
    """Return the beginnings of months between which lie all months that meet a window; None stays open.

    Instants of the first and the last two years that a date can have are taken for open.
    """
    first = None if since is None or since.year <= MINYEAR + 1 else _month_of(since)
    if until is None or until.year >= MAXYEAR - 1 or until.year <= MINYEAR + 1:
        return first, None if until is None or until.year > MINYEAR + 1 else until
    last = _month_of(until)
    if last == until:
        return first, last
    return first, last.replace(year=last.year + last.month // 12, month=last.month % 12 + 1)


def _month_of(at: datetime) -> datetime:
    return at.astimezone(PUBLIC_MONTHS).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def tally_of(marks: Mapping[int, int]) -> Tally:
    """Return the figures of incidents told by how many have the same marks."""
    set_bits = (sum(number for mark, number in marks.items() if mark >> bit & 1) for bit in range(len(MARKS)))
    return Tally(sum(marks.values()), *set_bits)


def total_of(tallies: Iterable[Tally]) -> Tally:
    """Return the figures of sets of incidents that have none in common, as one."""
    return Tally(*map(sum, zip(*map(astuple, tallies), strict=True)))


def in_order(sums: Mapping[Key, Mapping[int, int]]) -> list[tuple[Key, Tally]]:
    """Return the rows by their keys, dimension by dimension; what has no value comes last."""
    keys = sorted(sums, key=lambda key: [(value is None, "" if value is None else value) for value in key])
    return [(key, tally_of(sums[key])) for key in keys]


def _share(part: int, whole: int) -> float | None:
    return None if whole == 0 else round(part / whole, _RATE_DECIMALS)
