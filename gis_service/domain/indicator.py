"""What is measured by grid, and how a parent's value is made of those below it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Indicator:
    """A definition.

    ``code`` is the name of its field in tiles.  ``more_is`` is good, bad or neutral, ``rollup`` sum, mean or
    weighted_mean (by households), ``data_class`` general, important or core.  ``thresholds`` rise.
    """

    code: str
    name: str
    name_en: str
    unit: str
    more_is: str
    rollup: str
    data_class: str
    thresholds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """A value of a grid in a period: ``since`` belongs to it, ``until`` does not."""

    indicator: str
    grid_code: str
    since: date
    until: date
    value: float
    source: str
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class NewestIndicator:
    """An indicator with the newest period that has values; None while it has none."""

    indicator: Indicator
    since: date | None
    until: date | None


def roll_up(
    rule: str,
    values: Sequence[IndicatorValue],
    parents: Mapping[str, str | None],
    households: Mapping[str, int | None],
) -> list[IndicatorValue]:
    """Return the values of all grids above those that have one, by code.

    Each is made of the given values below it, not of rolled-up ones: a mean over all, whatever the tree between.  It
    is estimated when one of them is.  Without a household below it a grid has no weighted mean.

    Args:
        rule: sum, mean or weighted_mean.
        values: of one indicator, period and source, none of them above another.
        parents: of every grid, by code; None at the root.
        households: of the grids with values, by code; unknown counts as none.
    """
    below: defaultdict[str, list[IndicatorValue]] = defaultdict(list)
    for value in values:
        above = parents[value.grid_code]
        while above is not None:
            below[above].append(value)
            above = parents[above]
    rolled = []
    for code, parts in sorted(below.items()):
        combined = _COMBINE[rule](parts, [households.get(part.grid_code) or 0 for part in parts])
        if combined is not None:
            estimated = any(part.is_estimated for part in parts)
            rolled.append(replace(parts[0], grid_code=code, value=combined, is_estimated=estimated))
    return rolled


def _sum(parts: Iterable[IndicatorValue], _: Sequence[int]) -> float:
    return math.fsum(part.value for part in parts)


def _mean(parts: Sequence[IndicatorValue], _: Sequence[int]) -> float:
    return math.fsum(part.value for part in parts) / len(parts)


def _weighted_mean(parts: Sequence[IndicatorValue], weights: Sequence[int]) -> float | None:
    total = sum(weights)
    if total == 0:
        return None
    return math.fsum(part.value * weight for part, weight in zip(parts, weights, strict=True)) / total


_COMBINE = {"sum": _sum, "mean": _mean, "weighted_mean": _weighted_mean}
