"""Two ways to the same result, timed in turn on the same machine at the same time."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Side:
    """One way to the result: its name, a call of it, and how many units of work the call does."""

    name: str
    call: Callable[[], object]
    units: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One result: work done per second by ours and by the reference, and their ratio with its spread over rounds.

    ``least_ratio`` is the target; None where the figure is there for the order of magnitude only.
    """

    ours: str
    reference: str
    unit: str
    ours_per_s: float
    reference_per_s: float
    ratio: float
    ratio_low: float
    ratio_high: float
    least_ratio: float | None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.least_ratio is None else self.ratio >= self.least_ratio


def race(ours: Side, reference: Side, *, unit: str, least_ratio: float | None = None, rounds: int = ROUNDS) -> Row:
    """Time two calls in alternating order, after one call of each that does not count.

    The ratio is the median over rounds of (units a second of ours) / (units a second of the reference), so that a
    slow moment of the machine, which strikes both sides of a round, hardly moves it.
    """
    ours.call(), reference.call()
    mine: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        pair = [(ours, mine), (reference, theirs)]
        for side, rates in pair if number % 2 == 0 else reversed(pair):
            rates.append(side.units / _time(side.call))
    ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
    return Row(
        ours=ours.name,
        reference=reference.name,
        unit=unit,
        ours_per_s=statistics.median(mine),
        reference_per_s=statistics.median(theirs),
        ratio=statistics.median(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        least_ratio=least_ratio,
    )


def _time(call: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
