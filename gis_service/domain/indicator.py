"""What is measured by grid, and how a parent's value is made of those below it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

SMALL_COUNT = 3
"""A sum below this is not told to who sees general data alone: it could be told apart by a neighbour."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A definition.

    ``code`` is the name of its field in tiles.  ``more_is`` is good, bad or neutral, ``rollup`` sum, mean or
    weighted_mean, ``data_class`` general, important or core.  ``thresholds`` rise.  ``weight`` is the code of the
    indicator that a weighted mean is weighted by; None: by households.
    """

    code: str
    name: str
    name_en: str
    unit: str
    more_is: str
    rollup: str
    data_class: str
    thresholds: tuple[float, ...] = ()
    weight: str | None = None

    def class_of(self, value: float) -> int:
        """Return the class of a value on a map: how many thresholds it reaches, 0 below the first."""
        return bisect_right(self.thresholds, value)


@dataclass(frozen=True, slots=True)
class GridNode:
    """A grid in the tree of an edition."""

    level: str
    parent: str | None
    households: int | None


Tree = Mapping[str, GridNode]
"""The grids of an edition, or of a part of it, by code."""


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """A value of a grid in a period: ``since`` belongs to it, ``until`` does not.

    ``coverage`` is the share of the grid's households that it was measured of.  ``origin`` is given, apportioned
    (after a redraw) or rolled_up.  It is that of the grid as drawn from ``since_edition`` until before
    ``until_edition``; None: to this day.
    """

    indicator: str
    grid_code: str
    since: date
    until: date
    value: float
    source: str
    is_estimated: bool = False
    coverage: float = 1.0
    origin: str = "given"
    since_edition: int = 1
    until_edition: int | None = None


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
    weights: Mapping[str, float] | None = None,
) -> list[IndicatorValue]:
    """Return the values of all grids above those that have one and that have none themselves, by code.

    Each is made of the nearest given values below it, not of rolled-up ones: a mean over all, whatever the tree
    between.  It is estimated when one of them is.  Without any weight below it a grid has no weighted mean.

    Args:
        rule: sum, mean or weighted_mean.
        values: of one indicator and period.
        parents: of every grid, by code; None at the root.
        households: of the grids, by code; unknown counts as none.  Those of the deepest grids say what share of a
            grid is covered; where there are none, the deepest grids count alike.
        weights: for a weighted mean, by code; the households by default.
    """
    own = {value.grid_code: value for value in values}
    weighed = households if weights is None else weights
    parts: defaultdict[str, list[IndicatorValue]] = defaultdict(list)
    sizes: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
    rolled = []
    inner = set(parents.values())
    for code in sorted(parents, key=lambda one: _depth(one, parents), reverse=True):
        size = sizes[code]
        if code not in inner:
            size[:2] = households.get(code) or 0, 1
        if code in own:
            parts[code] = [own[code]]
            size[2:] = size[0] * own[code].coverage, size[1] * own[code].coverage
        elif parts[code]:
            combined = _COMBINE[rule](parts[code], [weighed.get(part.grid_code) or 0 for part in parts[code]])
            if combined is not None:
                rolled.append(_rolled(code, combined, parts[code], size))
        above = parents[code]
        if above is not None:
            parts[above] += parts[code]
            sizes[above] = [mine + more for mine, more in zip(sizes[above], size, strict=True)]
    return sorted(rolled, key=lambda one: one.grid_code)


def join_sources(values: Iterable[IndicatorValue]) -> str:
    """Return the sources of values, each once, in their order by name."""
    return ", ".join(sorted({source for value in values for source in value.source.split(", ")}))


def _depth(code: str, parents: Mapping[str, str | None]) -> int:
    depth, above = 0, parents[code]
    while above is not None:
        depth, above = depth + 1, parents[above]
    return depth


def _rolled(code: str, value: float, parts: Sequence[IndicatorValue], size: Sequence[float]) -> IndicatorValue:
    homes, grids, homes_covered, grids_covered = size
    return replace(
        parts[0],
        grid_code=code,
        value=value,
        source=join_sources(parts),
        is_estimated=any(part.is_estimated for part in parts),
        coverage=min(1.0, homes_covered / homes if homes else grids_covered / grids),
        origin="rolled_up",
    )


def _sum(parts: Iterable[IndicatorValue], _: Sequence[float]) -> float:
    return math.fsum(part.value for part in parts)


def _mean(parts: Sequence[IndicatorValue], _: Sequence[float]) -> float:
    return math.fsum(part.value for part in parts) / len(parts)


def _weighted_mean(parts: Sequence[IndicatorValue], weights: Sequence[float]) -> float | None:
    total = sum(weights)
    if total == 0:
        return None
    return math.fsum(part.value * weight for part, weight in zip(parts, weights, strict=True)) / total


_COMBINE = {"sum": _sum, "mean": _mean, "weighted_mean": _weighted_mean}
