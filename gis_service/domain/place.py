"""Whose ground a point is, as the incident desk needs to know it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias


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
    ground was then taken instead.  ``candidates`` are codes with probabilities, the likeliest first, of a point that
    is known to some metres only.  ``decided_by`` is ``point``; or ``building`` or ``unit`` where the owner is
    the one kept for these, or ``grid`` where a grid was picked, whatever the point says.
    """

    edition: int | None
    match: str
    owner: str | None = None
    kind: str | None = None
    chain: tuple[ChainLink, ...] = ()
    tied_with: tuple[str, ...] = ()
    nearest: tuple[str, float] | None = None
    in_force: bool = True
    candidates: tuple[tuple[str, float], ...] = ()
    decided_by: str = "point"

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the chain, root first."""
        return tuple(link.code for link in self.chain)

    @property
    def probability(self) -> float | None:
        """That the owner is right, from 0 to 1; None without an owner, and where it is not in doubt."""
        if self.owner is None or not self.candidates:
            return None
        return dict(self.candidates).get(self.owner, 0.0)


class Locate(Protocol):
    """Finds whose ground a point was; never raises for the place."""

    def __call__(self, lon: float, lat: float, at: datetime, accuracy_m: float | None = None, /) -> Place:
        """Return the place of a point (degrees, EPSG:4326) at an instant.

        With ``accuracy_m``, the radius in metres that holds the true point in 95 of 100 cases, also its candidates.
        """


LocateMany: TypeAlias = Callable[[Sequence[float], Sequence[float], Sequence[datetime]], Sequence[Place]]
"""The same for columns of equal length, in their order."""
