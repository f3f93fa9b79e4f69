"""A grid as geometry sees it, and the lattice on which all boundaries live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

LATTICE_DEG = 1e-9
"""Step of the lattice in degrees: about 0.1 mm, so that millimetres survive the round trip (decision 3)."""

LATTICE_PER_DEG = 1_000_000_000
"""Lattice steps in a degree, as the integer that arithmetic uses."""

Shape: TypeAlias = Polygon | MultiPolygon


@dataclass(frozen=True, slots=True)
class Grid:
    """One node of the tree: a polygon with a code.

    ``shape`` is in degrees, EPSG:4326, longitude first.  It may be any geometry: what is no valid polygon
    is a finding of the check, not an error here.  ``level`` and ``parent`` are None where a caller checks
    one set of polygons without a tree.
    """

    code: str
    shape: BaseGeometry
    level: str | None = None
    parent: str | None = None
    name: str = ""
    kind: str = "standard"
    households: int | None = None


def to_lattice(degrees: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return coordinates as whole lattice steps, rounded to the nearest; any array shape."""
    return np.rint(degrees * LATTICE_PER_DEG).astype(np.int64)


def from_lattice(steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return lattice steps as degrees: the double nearest to the nine-decimal number."""
    return steps / LATTICE_PER_DEG


def on_lattice(shape: BaseGeometry) -> BaseGeometry:
    """Return the geometry with every vertex moved to the nearest lattice point; topology is not repaired."""
    return shapely.transform(shape, lambda degrees: from_lattice(to_lattice(degrees)))
