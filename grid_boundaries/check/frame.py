"""A local origin for lattice points, so that doubles hold them to a ten-thousandth of a step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.edges import Edges
from grid_boundaries.partition import LATTICE_PER_DEG


@dataclass(frozen=True, slots=True)
class Frame:
    """Steps east and north of an origin, as doubles: what the geometry library reckons in."""

    origin: NDArray[np.int64]

    @classmethod
    def around(cls, edges: Edges) -> Frame:
        """Return the frame whose origin is the south-western corner of the edges; there must be one."""
        return cls(np.minimum(edges.start.min(axis=0), edges.end.min(axis=0)))

    def local(self, points: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return lattice points as local coordinates."""
        return (points - self.origin).astype(np.float64)

    def steps(self, local: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return local coordinates as the nearest lattice points."""
        return np.rint(local).astype(np.int64) + self.origin

    def lines(self, edges: Edges) -> NDArray[np.object_]:
        """Return the edges as local lines, one each."""
        ends = np.stack([self.local(edges.start), self.local(edges.end)], axis=1)
        lines: NDArray[np.object_] = np.asarray(shapely.linestrings(ends), dtype=object)
        return lines

    def to_degrees(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a local shape in degrees; points between lattice points stay between."""
        return shapely.transform(shape, self._degrees)

    def all_to_degrees(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return local shapes in degrees, one for one."""
        return np.asarray(shapely.transform(shapes, self._degrees), dtype=object)

    def to_local(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape in degrees in local coordinates, to the nearest lattice point."""
        return shapely.transform(shape, lambda degrees: np.rint(degrees * LATTICE_PER_DEG) - self.origin)

    def _degrees(self, local: NDArray[np.float64]) -> NDArray[np.float64]:
        return (local + self.origin) / LATTICE_PER_DEG
