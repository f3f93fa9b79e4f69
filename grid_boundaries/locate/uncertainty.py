"""Who may own a point that is known to some metres only.

A position error is taken as a normal distribution, the same in all directions: a radius and the confidence with
which it holds the true place give its sigma, and 256 fixed places stand for the whole of it.  Confidence differs
from source to source (Android reports 68 %, browsers 95 %), so the same 20 m may mean a sigma of 13 m or of 8 m.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
from shapely.geometry import Polygon

from grid_boundaries.locate.locator import Locator
from grid_boundaries.locate.nearest import metres_per_degree
from grid_boundaries.locate.shifts import Degrees

PLACES = 256
CORNERS = 128
"""Corners of a circle: its sides lie within 1 in 3,000 of the radius."""

DEFAULT_CONFIDENCE = 0.95
"""What the W3C geolocation interface promises."""

_GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
_STEPS = np.arange(PLACES)
_RADIUS = np.sqrt(-2.0 * np.log1p(-(_STEPS + 0.5) / PLACES))
_EASTWARD = _RADIUS * np.cos(_STEPS * _GOLDEN_ANGLE)
_NORTHWARD = _RADIUS * np.sin(_STEPS * _GOLDEN_ANGLE)
"""The places for a sigma of 1."""


def sigma_m(accuracy_m: float, confidence: float) -> float:
    """Return the standard deviation along one axis, in metres.

    The radius holds the true place with the given confidence, 0 < confidence < 1 (Rayleigh distribution).
    """
    return accuracy_m / math.sqrt(-2.0 * math.log(1.0 - confidence))


def scatter(lon: float, lat: float, accuracy_m: float, confidence: float) -> tuple[Degrees, Degrees]:
    """Return ``PLACES`` places that stand for an uncertain one, each with the same probability.

    The same input gives the same places: they lie on a spiral whose rings hold equal shares of the distribution,
    a golden angle apart.  Places beyond a pole or the 180th meridian are moved back to it.
    """
    sigma = sigma_m(accuracy_m, confidence)
    across, along = metres_per_degree(lat)
    lons = lon + _EASTWARD * (sigma / across)
    lats = lat + _NORTHWARD * (sigma / along)
    return np.clip(lons, -180.0, 180.0), np.clip(lats, -90.0, 90.0)


def circle(lon: float, lat: float, radius_m: float) -> Polygon:
    """Return the circle around an uncertain place on the plane on which ``scatter`` lays its places.

    A polygon of ``CORNERS`` corners in degrees, cut at a pole and at the 180th meridian; empty without a radius.
    """
    if radius_m == 0:
        return Polygon()
    angle = np.linspace(0.0, 2.0 * math.pi, CORNERS, endpoint=False)
    across, along = metres_per_degree(lat)
    lons = np.clip(lon + radius_m * np.cos(angle) / across, -180.0, 180.0)
    lats = np.clip(lat + radius_m * np.sin(angle) / along, -90.0, 90.0)
    return Polygon(np.column_stack([lons, lats]))


def shares(codes: Iterable[str | None]) -> list[tuple[str, float]]:
    """Return the share of each owner among the places, the largest first, equal ones by code.

    The share that lies in no grid is left out: the sum is 1 less that share.
    """
    return _by_share(Counter(codes))


def candidates(
    locator: Locator, lon: float, lat: float, accuracy_m: float, confidence: float = DEFAULT_CONFIDENCE
) -> list[tuple[str, float]]:
    """Return the codes of the grids that may own an uncertain point, with their probabilities; see ``shares``."""
    owners = locator.locate_many(*scatter(lon, lat, accuracy_m, confidence))
    if owners.min() == owners.max():  # the usual case, in a tenth of the time
        return [] if owners[0] < 0 else [(locator.codes[owners[0]], 1.0)]
    found, counts = np.unique(owners, return_counts=True)
    codes = (None if index < 0 else locator.codes[index] for index in found.tolist())
    return _by_share(dict(zip(codes, counts.tolist(), strict=True)))


def _by_share(counts: Mapping[str | None, int]) -> list[tuple[str, float]]:
    total = sum(counts.values())
    owners = [(code, count / total) for code, count in counts.items() if code is not None]
    return sorted(owners, key=lambda one: (-one[1], one[0]))
