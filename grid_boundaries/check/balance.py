"""How evenly a measure is shared out among a few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Balance:
    """When a share of the work is too uneven: farther from the mean than ``share`` of it, among ``siblings`` or more.

    Raises:
        ValueError: the share is negative or not finite, or the number below 2, of which no one can deviate.
    """

    share: float = 0.5
    siblings: int = 3

    def __post_init__(self) -> None:
        if not (isfinite(self.share) and self.share >= 0):
            raise ValueError(f"share must be zero or more; got {self.share}")
        if self.siblings < 2:  # noqa: PLR2004  two can differ
            raise ValueError(f"siblings must be 2 or more; got {self.siblings}")


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the most and the mean of a measure."""

    least: float
    most: float
    mean: float


def spread(values: Sequence[float]) -> Spread:
    """Return least, most and mean of one value or more."""
    return Spread(min(values), max(values), sum(values) / len(values))


def deviations(values: Sequence[float]) -> list[float]:
    """Return how far each value is from the mean of all, as a share of it; 0 where the mean is 0."""
    mean = sum(values) / len(values) if values else 0.0
    return [(value - mean) / mean if mean else 0.0 for value in values]
