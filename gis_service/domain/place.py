"""Whose ground a point is, as the incident desk needs to know it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One grid of a chain."""

    code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Place:
    """The owner of a point in the edition in force at an instant, and how it was found.

    ``match`` is ``inside``, ``edge``, ``partial`` (in an upper level, in no grid below it) or ``outside``; ``owner``
    is None when outside, and ``kind`` with it.  ``chain`` begins at the root and ends with the owner.  ``tied_with``
    are the other grids at an edge.  ``nearest`` is a code and the metres to it when outside.  ``edition`` is None
    before anything is published.  ``in_force`` is False when the instant lies before the first edition, whose
    ground was then taken instead.
    """

    edition: int | None
    match: str
    owner: str | None = None
    kind: str | None = None
    chain: tuple[ChainLink, ...] = ()
    tied_with: tuple[str, ...] = ()
    nearest: tuple[str, float] | None = None
    in_force: bool = True

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the chain, root first."""
        return tuple(link.code for link in self.chain)


Locate: TypeAlias = Callable[[float, float, datetime], Place]
"""Longitude and latitude in degrees (EPSG:4326) and an instant, to the place; never raises for the place."""

LocateMany: TypeAlias = Callable[[Sequence[float], Sequence[float], Sequence[datetime]], Sequence[Place]]
"""The same for columns of equal length, in their order."""
