"""Round scales, and the bar that shows them."""

from __future__ import annotations

import math
from dataclasses import dataclass

_ROUND = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 10.0)
_BARS = ((5.0, 5), (2.0, 4), (1.0, 4))  # leading digit of the length, and how many parts
LONGEST_BAR_MM = 62.0
LARGEST_SCALE = 200
"""1:200; a grid of a few metres is not blown up beyond it."""


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A bar of ``parts`` equal parts that stands for ``length_m`` metres on the ground."""

    length_m: float
    length_mm: float
    parts: int


def choose_denominator(width_m: float, height_m: float, width_mm: float, height_mm: float) -> int:
    """Return the smallest round N at which a piece of ground goes into a frame at 1:N."""
    least = max(width_m * 1000 / width_mm, height_m * 1000 / height_mm, LARGEST_SCALE)
    power = 10.0 ** math.floor(math.log10(least))
    # A least of 999.9999999 and its power meet in doubles; the last round number is the next power.
    return round(next(step for step in _ROUND if step * power >= least * (1 - 1e-12)) * power)


def make_bar(denominator: int, longest_mm: float = LONGEST_BAR_MM) -> ScaleBar:
    """Return the longest bar of 1, 2 or 5 times a power of ten metres that is no longer than ``longest_mm``."""
    most_m = longest_mm * denominator / 1000
    power = 10.0 ** math.floor(math.log10(most_m))
    digit, parts = next((digit, parts) for digit, parts in _BARS if digit * power <= most_m * (1 + 1e-12))
    return ScaleBar(length_m=digit * power, length_mm=digit * power * 1000 / denominator, parts=parts)
