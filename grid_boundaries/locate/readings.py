"""What else two numbers may mean: the mistakes that callers make with coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from grid_boundaries.locate.coordinates import LIMITS, CoordinateError, to_wgs84

FAR_M = 200.0
"""Nearer to the grids than this a point outside is likelier just that: a street off, or a poor fix.

The offset of GCJ-02 is 430 m in the median over China and 700 m at most, that of BD-09 700 to 1,500 m.
"""

_OTHERS = {
    "EPSG:4326": ("gcj02", "bd09"),
    "EPSG:4490": ("gcj02", "bd09"),
    "gcj02": ("EPSG:4326", "bd09"),
    "bd09": ("EPSG:4326", "gcj02"),
}
"""The systems that each is taken for, the commonest mistake first."""


class Reading(NamedTuple):
    """A place in WGS 84 that a pair of numbers means when read in a system, perhaps latitude first."""

    crs: str
    is_swapped: bool
    lon: float
    lat: float


def other_readings(x: float, y: float, crs: str) -> Iterator[Reading]:
    """Return what a pair in degrees may mean besides, the likeliest first; nothing for a projected system.

    First the two the other way round, where that is a place on earth; then the other systems in degrees.

    Args:
        x: longitude as given.
        y: latitude as given.
        crs: the system as declared, one that ``to_wgs84`` takes.
    """
    declared = next((name for name in _OTHERS if name.lower() == crs.strip().lower()), None)
    if declared is None:
        return
    if abs(y) <= LIMITS["lon"][1] and abs(x) <= LIMITS["lat"][1]:
        yield from _read(y, x, declared, is_swapped=True)
    for other in _OTHERS[declared]:
        yield from _read(x, y, other, is_swapped=False)


def _read(lon: float, lat: float, crs: str, *, is_swapped: bool) -> Iterator[Reading]:
    try:
        lons, lats = to_wgs84(np.array([lon]), np.array([lat]), crs)
        yield Reading(crs, is_swapped, float(lons[0]), float(lats[0]))
    except CoordinateError:  # no place in that system
        return
