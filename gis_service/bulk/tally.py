"""What came of the points of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from gis_service.bulk.ownership import FINE, REASONS, Owned
from grid_boundaries.locate.locator import NOBODY

MOST_TOLD = 10
"""Bad rows that are told one by one."""


class BadRow(NamedTuple):
    """A row without usable coordinates; rows count from 1, the header of a CSV does not count."""

    part: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of rows; ``points`` is the sum of the others.

    ``faults`` counts the bad rows by reason, in the order of ``REASONS``; ``first_bad`` are the first of them, at
    most ``MOST_TOLD``.
    """

    owned: int = 0
    outside: int = 0
    faults: tuple[int, ...] = (0,) * len(REASONS)
    first_bad: tuple[BadRow, ...] = ()

    @property
    def bad(self) -> int:
        """Rows without usable coordinates."""
        return sum(self.faults)

    @property
    def bad_by_reason(self) -> dict[str, int]:
        """The reasons that there are, each with its number of rows."""
        return {reason: count for reason, count in zip(REASONS, self.faults, strict=True) if count}

    @property
    def points(self) -> int:
        """All rows."""
        return self.owned + self.outside + self.bad

    @classmethod
    def of(cls, owned: Owned, part: str, before: int) -> Self:
        """Return the tally of a batch that follows ``before`` rows of a part."""
        places = np.flatnonzero(owned.faults != FINE)
        count = int(np.count_nonzero(owned.owners != NOBODY))
        told = tuple(
            BadRow(part, before + place + 1, REASONS[owned.faults[place]]) for place in places[:MOST_TOLD].tolist()
        )
        faults = tuple(np.bincount(owned.faults[places], minlength=len(REASONS)).tolist())
        return cls(count, len(owned.owners) - count - len(places), faults, told)

    def __add__(self, other: Tally) -> Tally:
        """Return both together, this one's rows first."""
        told = (*self.first_bad, *other.first_bad)[:MOST_TOLD]
        faults = tuple(one + more for one, more in zip(self.faults, other.faults, strict=True))
        return Tally(self.owned + other.owned, self.outside + other.outside, faults, told)
