"""Two ways to the same result, timed in turn on the same machine at the same time."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Row:
    """One result: work done per second by ours and by the reference, and their ratio with its spread over rounds."""

    name: str
    ours: str
    reference: str
    unit: str
    ours_per_s: float
    reference_per_s: float
    ratio: float
    ratio_low: float
    ratio_high: float
    target: str

    def as_dict(self) -> dict[str, Any]:
        """Return the row for a JSON file."""
        return asdict(self)


def race(
    name: str,
    *,
    ours: tuple[str, Callable[[], object], int],
    reference: tuple[str, Callable[[], object], int],
    unit: str,
    target: str,
    rounds: int = ROUNDS,
) -> Row:
    """Time two functions in alternating order; each comes with its name and how many units of work a call does.

    The ratio is the median over rounds of (units a second of ours) / (units a second of the reference), so that a
    slow moment of the machine, which strikes both sides of a round, hardly moves it.
    """
    ours[1](), reference[1]()
    rates: list[tuple[float, float]] = []
    for number in range(rounds):
        pair = [ours, reference] if number % 2 == 0 else [reference, ours]
        measured = {label: units / _time(call) for label, call, units in pair}
        rates.append((measured[ours[0]], measured[reference[0]]))
    ratios = sorted(mine / theirs for mine, theirs in rates)
    return Row(
        name=name,
        ours=ours[0],
        reference=reference[0],
        unit=unit,
        ours_per_s=statistics.median(rate[0] for rate in rates),
        reference_per_s=statistics.median(rate[1] for rate in rates),
        ratio=statistics.median(ratios),
        ratio_low=ratios[0],
        ratio_high=ratios[-1],
        target=target,
    )


def _time(call: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
