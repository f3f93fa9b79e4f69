"""Findings that are accepted on purpose, and how much of its ground a jurisdiction must have in grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class FindingException:
    """A finding that does not stand in the way of publishing: a lake, an island, a disputed strip.

    ``owner`` answers for it.  It holds up to the day ``expires_on``, unless it was withdrawn.
    """

    id: int
    finding_id: str
    rule: str
    grids: Sequence[str]
    reason: str
    owner: str
    expires_on: date
    granted_by: str
    granted_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class CoverageTarget:
    """The share of its ground that a grid and its subtree must have in grids."""

    grid_code: str
    share: float
    reason: str
