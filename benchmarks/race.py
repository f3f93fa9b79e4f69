"""Two ways to the same result, timed in turn on the same machine at the same time."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar

import numpy as np

ROUNDS = 7

Stop = TypeVar("Stop")


@dataclass(frozen=True, slots=True)
class Side:
    """One way to the result: its name, a call of it, and how many units of work the call does."""

    name: str
    call: Callable[[], object]
    units: int = 1


@dataclass(frozen=True, slots=True)
class Way(Generic[Stop]):
    """One way to answer each stop of a path: its name, and what gives the bytes for one stop."""

    name: str
    answer: Callable[[Stop], bytes]


@dataclass(frozen=True, slots=True)
class Spread:
    """Single answers: how long 50, 95 and 99 of a hundred took at most, and their bytes, mean and most."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    mean_bytes: float
    most_bytes: int

    @classmethod
    def of(cls, seconds: Sequence[float], sizes: Sequence[int]) -> Spread:
        """Return the spread of some answers, one at least."""
        p50, p95, p99 = (float(value) * 1000 for value in np.percentile(seconds, (50, 95, 99)))
        return cls(p50, p95, p99, statistics.fmean(sizes), max(sizes))


@dataclass(frozen=True, slots=True)
class Row:
    """One result: work done per second by ours and by the reference, and their ratio with its spread over rounds.

    ``least_ratio`` is the target; None where the figure is there for the order of magnitude only.  The spreads are
    told where answers were timed one by one.
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
    ours_spread: Spread | None = None
    reference_spread: Spread | None = None

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
    return row_of(ours.name, reference.name, mine, theirs, unit=unit, least_ratio=least_ratio)


def race_along(
    ours: Way[Stop],
    reference: Way[Stop],
    rounds: Sequence[Sequence[Stop]],
    *,
    unit: str,
    least_ratio: float | None = None,
) -> Row:
    """Time two ways at every stop, one right after the other, who is first in turn.

    The ratio of a round is of all its stops together, so that a stop weighs what it costs.  A round is one walk of a
    path, or a stretch of it where a stop can be asked for only once.
    """
    mine: list[list[float]] = []
    theirs: list[list[float]] = []
    sizes: tuple[list[int], list[int]] = ([], [])
    for stops in rounds:
        mine.append([])
        theirs.append([])
        gc.collect()
        for number, stop in enumerate(stops):
            turns = [(ours, mine[-1], sizes[0]), (reference, theirs[-1], sizes[1])]
            for way, seconds, bytes_of in turns if number % 2 == 0 else reversed(turns):
                began = time.perf_counter()
                answer = way.answer(stop)
                seconds.append(time.perf_counter() - began)
                bytes_of.append(len(answer))
    return row_of(
        ours.name,
        reference.name,
        [len(seconds) / sum(seconds) for seconds in mine],
        [len(seconds) / sum(seconds) for seconds in theirs],
        unit=unit,
        least_ratio=least_ratio,
        spreads=(
            Spread.of(list(chain.from_iterable(mine)), sizes[0]),
            Spread.of(list(chain.from_iterable(theirs)), sizes[1]),
        ),
    )


def row_of(
    ours: str,
    reference: str,
    mine: Sequence[float],
    theirs: Sequence[float],
    *,
    unit: str,
    least_ratio: float | None = None,
    spreads: tuple[Spread, Spread] | None = None,
) -> Row:
    """Return the row of two ways from their rates in units a second, round by round."""
    ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
    return Row(
        ours=ours,
        reference=reference,
        unit=unit,
        ours_per_s=statistics.median(mine),
        reference_per_s=statistics.median(theirs),
        ratio=statistics.median(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        least_ratio=least_ratio,
        ours_spread=spreads[0] if spreads else None,
        reference_spread=spreads[1] if spreads else None,
    )


def _time(call: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
