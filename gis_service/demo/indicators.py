"""The ten data sets of the demo district, measured by grid for two years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gis_service.demo.hot_spots import CLUTTER_STREET
from gis_service.demo.rules import read_rows
from gis_service.domain.indicator import Indicator, IndicatorValue, roll_up
from grid_boundaries.partition import Grid

TOTALS: Mapping[str, int] = MappingProxyType({"care_people": 800, "service_cases": 8_900, "activities": 3_200})
"""Sums of the newest year."""

RATES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "elderly_share": (18.0, 4.0),
        "disputes_settled": (92.0, 4.0),
        "sorting_rate": (76.0, 8.0),
        "hazards_fixed": (95.0, 3.0),
        "policy_reach": (84.0, 7.0),
        "facilities_intact": (91.0, 5.0),
        "satisfaction": (88.0, 5.0),
    }
)
"""Mean and spread in per cent."""

ELDERLY_UNITS = 3
"""Unit grids of one street in which more than 30 in 100 are elderly."""

_ELDERLY = 30.0
_YEARS = 2
_ESTIMATED = 0.05


def read_indicators() -> list[Indicator]:
    """Return the definitions, in the order of the data sets."""
    return [
        Indicator(**row | {"thresholds": tuple(map(float, row["thresholds"].split(";")))})  # type: ignore[arg-type]
        for row in read_rows("indicators")
    ]


def measure(grids: Sequence[Grid], random: np.random.Generator, until: date) -> list[IndicatorValue]:
    """Return the values of every grid for the two years that end before ``until``.

    They are drawn for grids without children and rolled up from there.
    """
    parents = {grid.code: grid.parent for grid in grids}
    households = {grid.code: grid.households for grid in grids}
    inner = set(parents.values())
    leaves = [grid for grid in grids if grid.code not in inner]
    values: list[IndicatorValue] = []
    elderly = _elderly_units(grids, random)
    for indicator in read_indicators():
        for ago in range(_YEARS):
            drawn = _draw(indicator.code, leaves, ago, random)
            if indicator.code == "elderly_share":
                drawn = _keep_apart(drawn, leaves, elderly, random)
            estimated = (random.uniform(size=len(leaves)) < _ESTIMATED).tolist()
            end = until - timedelta(days=365 * ago)
            measured = [
                IndicatorValue(
                    indicator.code,
                    leaf.code,
                    end - timedelta(days=365),
                    end,
                    value,
                    "demo",
                    is_estimated=is_estimated,
                )
                for leaf, value, is_estimated in zip(leaves, drawn.tolist(), estimated, strict=True)
            ]
            values += measured + roll_up(indicator.rollup, measured, parents, households)
    return values


def _draw(code: str, leaves: Sequence[Grid], ago: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return a value for each leaf; sums are shared out by households and were a tenth less in the year before."""
    if code in TOTALS:
        weight = np.array([1.0 + (leaf.households or 0) for leaf in leaves])
        total = TOTALS[code] * (10 - ago) // 10
        return random.multinomial(total, weight / weight.sum()).astype(float)
    mean, spread = RATES[code]
    drawn: NDArray[np.float64] = random.normal(mean, spread, len(leaves))
    return drawn.clip(0, 100).round(1)


def _elderly_units(grids: Sequence[Grid], random: np.random.Generator) -> tuple[str, ...]:
    street = next(grid.code for grid in grids if grid.name == CLUTTER_STREET)
    units = [grid.code for grid in grids if grid.level == "unit_grid" and grid.code.startswith(street)]
    return tuple(units[place] for place in sorted(random.choice(len(units), ELDERLY_UNITS, replace=False).tolist()))


def _keep_apart(
    drawn: NDArray[np.float64], leaves: Sequence[Grid], elderly: tuple[str, ...], random: np.random.Generator
) -> NDArray[np.float64]:
    """Return shares of the elderly that are above 30 % in these unit grids and nowhere else."""
    inside = np.array([leaf.code.startswith(elderly) for leaf in leaves])
    many = np.round(random.uniform(_ELDERLY + 1, _ELDERLY + 6, len(leaves)), 1)
    return np.where(inside, many, np.minimum(drawn, _ELDERLY - 1))
