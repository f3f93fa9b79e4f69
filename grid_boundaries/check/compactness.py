"""How compact grids are: two figures that say how far a shape is from a disc."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.findings import Report
from grid_boundaries.check.validity import inspect_shapes
from grid_boundaries.partition import Grid
from grid_boundaries.projection import metres_per_degree

_DETAIL = 0.02
"""Detail finer than this share of the shape's size (the root of its area) is smoothed away."""


@dataclass(frozen=True, slots=True)
class Compactness:
    """Polsby-Popper, 4 pi area / perimeter²; Reock, area / area of the smallest disc around it.  1 for a disc."""

    polsby_popper: float
    reock: float


def compactness(shape: BaseGeometry) -> Compactness:
    """Return how compact a polygon in degrees is.

    Both are taken of its outline in metres, simplified by 2 % of its size: the perimeter grows with every bend that
    a surveyor records, so that of two grids the one surveyed more finely would seem worse.

    Raises:
        ValueError: the shape has no area.

    Source:
        Polsby and Popper, The Third Criterion, 1991; Reock, A Note: Measuring Compactness, 1961.
    """
    if not shape.area > 0:
        raise ValueError("a shape without area has no compactness")
    ((polsby_popper, reock),) = _measure(np.array([shape], dtype=object)).tolist()
    return Compactness(polsby_popper, reock)


def with_compactness(report: Report, grids: Sequence[Grid]) -> Report:
    """Return the report with ``summary["compactness"]``: least and median of both figures over the leaf grids.

    It is a step of its own, since for a whole province it takes as long as the proof.  Grids without a valid polygon
    are left out; without any there is no such member.
    """
    parents = {grid.parent for grid in grids}
    leaves = [grid for grid in grids if grid.code not in parents]
    shapes = inspect_shapes([grid.code for grid in leaves], [grid.shape for grid in leaves]).shapes
    if not len(shapes):
        return report
    least, median = np.round([figures(_measure(shapes), axis=0) for figures in (np.min, np.median)], 4).tolist()
    told: dict[str, Any] = {
        name: {"min": least[column], "median": median[column]}
        for column, name in enumerate(("polsby_popper", "reock"))
    }
    return replace(report, summary={**report.summary, "compactness": told})


def _measure(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return Polsby-Popper and Reock of polygons with an area, one row each."""
    points, shape_of_point = shapely.get_coordinates(shapes, return_index=True)
    boxes = shapely.bounds(shapes)
    scale = np.array([metres_per_degree(lat) for lat in ((boxes[:, 1] + boxes[:, 3]) / 2).tolist()])
    metres = shapely.set_coordinates(shapes.copy(), (points - boxes[shape_of_point, :2]) * scale[shape_of_point])
    plain = shapely.simplify(metres, _DETAIL * np.sqrt(shapely.area(metres)), preserve_topology=True)
    areas = shapely.area(plain)
    around = math.pi * shapely.minimum_bounding_radius(plain) ** 2
    return np.column_stack([4 * math.pi * areas / shapely.length(plain) ** 2, areas / around])
