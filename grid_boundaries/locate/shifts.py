"""The offsets that Chinese maps add to coordinates: GCJ-02, and BD-09 on top of it.

Degrees, arrays of one shape, longitude first.  Both are defined only in a rough box around China; outside it
nothing is shifted, here as in the maps.  The public formula of GCJ-02 follows the true one to about a metre.

Source:
    Formulas as published many times over (PRCoords, gcoord, coordtransform agree to the digit).  The semi-major
    axis is that of Krassowsky 1940; taking WGS 84's instead moves results by a centimetre.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Degrees: TypeAlias = NDArray[np.float64]
Forward: TypeAlias = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]

CHINA = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north of the box in which maps are shifted."""

MAX_STEPS = 6
"""Steps of the inverse: three or four reach a micrometre anywhere in the box; the cap is for its corners."""

STOP_DEG = 1e-10
"""A tenth of the lattice step."""

_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD09_TURN = np.pi * 3000.0 / 180.0
"""Not plain pi, as one widely used library has it: that is wrong by 28 m in the median and 85 m at worst."""


def in_china(lons: Degrees, lats: Degrees) -> NDArray[np.bool_]:
    """Tell which points lie in the box in which maps are shifted."""
    west, south, east, north = CHINA
    return (lons >= west) & (lons <= east) & (lats >= south) & (lats <= north)


def wgs84_to_gcj02(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    """Return what a GCJ-02 map shows for places in WGS 84."""
    return _in_china_only(_gcj02_of_wgs84, lons, lats)


def gcj02_to_wgs84(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    """Return the places in WGS 84 that a GCJ-02 map shows at these coordinates."""
    return _in_china_only(lambda x, y: _invert(_gcj02_of_wgs84, x, y), lons, lats)


def wgs84_to_bd09(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    """Return what a BD-09 map shows for places in WGS 84."""
    return _in_china_only(lambda x, y: _bd09_of_gcj02(*_gcj02_of_wgs84(x, y)), lons, lats)


def bd09_to_wgs84(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    """Return the places in WGS 84 that a BD-09 map shows at these coordinates."""
    return _in_china_only(lambda x, y: _invert(_gcj02_of_wgs84, *_invert(_bd09_of_gcj02, x, y)), lons, lats)


def bd09_to_gcj02(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    """Return the GCJ-02 coordinates of what a BD-09 map shows at these coordinates."""
    return _in_china_only(lambda x, y: _invert(_bd09_of_gcj02, x, y), lons, lats)


def gcj02_to_bd09(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    """Return what a BD-09 map shows for GCJ-02 coordinates."""
    return _in_china_only(_bd09_of_gcj02, lons, lats)


def _in_china_only(convert: Forward, lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    shifted = in_china(lons, lats)
    new_lons, new_lats = lons.copy(), lats.copy()
    new_lons[shifted], new_lats[shifted] = convert(lons[shifted], lats[shifted])
    return new_lons, new_lats


def _invert(forward: Forward, lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    """Return the places that ``forward`` sends to these, by fixed-point iteration.

    The offsets change by less than a hundredth of a degree in a degree, so each step gains two digits or more.
    """
    guess_lons, guess_lats = lons, lats
    for _ in range(MAX_STEPS):
        seen_lons, seen_lats = forward(guess_lons, guess_lats)
        miss_lons, miss_lats = lons - seen_lons, lats - seen_lats
        guess_lons, guess_lats = guess_lons + miss_lons, guess_lats + miss_lats
        if max(np.abs(miss_lons).max(initial=0.0), np.abs(miss_lats).max(initial=0.0)) < STOP_DEG:
            break
    return guess_lons, guess_lats


def _gcj02_of_wgs84(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    east, north = lons - 105.0, lats - 35.0
    ripple = _waves(east, (20.0, 6.0), (20.0, 2.0))
    north_m = (
        -100.0
        + 2.0 * east
        + 3.0 * north
        + 0.2 * north**2
        + 0.1 * east * north
        + 0.2 * np.sqrt(np.abs(east))
        + ripple
        + _waves(north, (20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))
    )
    east_m = (
        300.0
        + east
        + 2.0 * north
        + 0.1 * east**2
        + 0.1 * east * north
        + 0.1 * np.sqrt(np.abs(east))
        + ripple
        + _waves(east, (20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))
    )
    latitude = np.radians(lats)
    flattened = 1.0 - _ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    across_m = _AXIS_M / np.sqrt(flattened) * np.cos(latitude)
    along_m = _AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / flattened**1.5
    return lons + np.degrees(east_m / across_m), lats + np.degrees(north_m / along_m)


def _waves(degrees: Degrees, *waves: tuple[float, float]) -> Degrees:
    """Return two thirds of the sum of ``amplitude * sin(pi * frequency * degrees)``."""
    total = np.zeros_like(degrees)
    for amplitude, frequency in waves:
        total += amplitude * np.sin(np.pi * frequency * degrees)
    return total * (2.0 / 3.0)


def _bd09_of_gcj02(lons: Degrees, lats: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(lons, lats) + 0.00002 * np.sin(lats * _BD09_TURN)
    angle = np.arctan2(lats, lons) + 0.000003 * np.cos(lons * _BD09_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
