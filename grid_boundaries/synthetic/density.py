"""How densely an area is built up, and how much of that lies within a ring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.synthetic.plane import Plane

# Gauss-Legendre nodes on a segment: eight settle a chord that is a few radii long to a percent.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_AT = (_NODES + 1) / 2
_SHARE = _WEIGHTS / 2


@dataclass(frozen=True, slots=True)
class Centre:
    """A built-up place (degrees, EPSG:4326): ``weight`` is its density at the middle, open country being 1."""

    lon: float
    lat: float
    radius_m: float
    weight: float


@dataclass(frozen=True, slots=True)
class Density:
    """Open country of density 1 with built-up centres on it.

    A centre adds ``weight * (1 + d² / radius²) ** -2.5`` at distance d.  That bell has a primitive in x without
    special functions, so the mass within a ring is a sum over its edges (Green's theorem) and needs no samples.
    """

    plane: Plane
    centres: tuple[Centre, ...] = ()

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density at points in metres, shape (..., 2), as shape (...)."""
        total = np.ones(points.shape[:-1])
        for centre, east, north in self._placed():
            squared = (points[..., 0] - east) ** 2 + (points[..., 1] - north) ** 2
            total += centre.weight * (1 + squared / centre.radius_m**2) ** -2.5
        return total

    def mass_along(self, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each directed edge adds to the mass of a counter-clockwise ring.

        Args:
            starts: metres, shape (n, 2).
            ends: metres, shape (n, 2).

        Returns:
            Shape (n,); the sum around a closed ring is the mass within it, in square metres of open country.
        """
        x = starts[:, 0, None] + (ends[:, 0] - starts[:, 0])[:, None] * _AT
        y = starts[:, 1, None] + (ends[:, 1] - starts[:, 1])[:, None] * _AT
        primitive = x.copy()
        for centre, east, north in self._placed():
            primitive += centre.weight * _bell_primitive(x - east, y - north, centre.radius_m)
        total: NDArray[np.float64] = primitive @ _SHARE * (ends[:, 1] - starts[:, 1])
        return total

    def _placed(self) -> Iterator[tuple[Centre, float, float]]:
        """Yield each centre with its place in metres."""
        for centre in self.centres:
            yield (centre, *self.plane.place(centre.lon, centre.lat))


def _bell_primitive(x: NDArray[np.float64], y: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Return the primitive in x of ``(1 + (x² + y²) / radius²) ** -2.5``, zero at x = 0."""
    across = radius**2 + y**2
    root = np.sqrt(across + x**2)
    total: NDArray[np.float64] = radius**5 * x * (1 / (3 * across * root**3) + 2 / (3 * across**2 * root))
    return total
