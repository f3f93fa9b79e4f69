"""A flat picture of a small part of the Earth, good enough to draw in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.partition import LATTICE_PER_DEG

METRES_PER_DEG = 110_800.0
"""A degree of latitude near 25 degrees north; boundaries are drawn with it, nothing is measured."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres east and north of a place (degrees); shapes a district wide are true within a percent."""

    lon: float
    lat: float

    def _scale(self) -> tuple[float, float]:
        """Return metres per lattice step, east and north."""
        north = METRES_PER_DEG / LATTICE_PER_DEG
        return north * math.cos(math.radians(self.lat)), north

    def _origin(self) -> tuple[float, float]:
        return self.lon * LATTICE_PER_DEG, self.lat * LATTICE_PER_DEG

    def metres(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return lattice steps of shape (n, 2) as metres of shape (n, 2)."""
        metres: NDArray[np.float64] = (steps - np.array(self._origin())) * np.array(self._scale())
        return metres

    def steps(self, metres: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return metres of shape (n, 2) as the nearest lattice steps of shape (n, 2)."""
        exact = metres / np.array(self._scale()) + np.array(self._origin())
        steps: NDArray[np.int64] = np.rint(exact).astype(np.int64)
        return steps

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """Return one place (degrees) as metres east and north."""
        east, north = self._scale()
        return (lon - self.lon) * LATTICE_PER_DEG * east, (lat - self.lat) * LATTICE_PER_DEG * north
