"""Edits of the province that leave it whole: a vertex between two grids of a community is moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.partition import Grid, from_lattice, to_lattice
from grid_boundaries.synthetic.province import LEVELS

MOVE_STEPS = np.array([20_000, 15_000])
"""Some three metres."""


def moved_corners(grids: Sequence[Grid], pairs: int, first: int = 0) -> list[Grid]:
    """Return pairs of unit grids as edited, two of a community, each pair in a community of its own.

    The communities are those in the middle of the province by code, the first ``first`` of them passed over.
    """
    families: defaultdict[str | None, list[Grid]] = defaultdict(list)
    for grid in grids:
        if grid.level == LEVELS[-1]:
            families[grid.parent].append(grid)
    middle = list(families.values())[len(families) // 2 + first :]
    edited = (pair for family in middle if (pair := _moved(family)))
    return [grid for pair, _ in zip(edited, range(pairs), strict=False) for grid in pair]


def _moved(family: Sequence[Grid]) -> list[Grid]:
    """Return two neighbours of a family, the middle vertex of their common line moved; none where there is none."""
    one = family[0]
    for other in family[1:]:
        line = shapely.line_merge(shapely.intersection(one.shape, other.shape))
        inner = to_lattice(shapely.get_coordinates(line))[1:-1]
        if len(inner):
            return [_with_vertex_moved(grid, inner[len(inner) // 2]) for grid in (one, other)]
    return []


def _with_vertex_moved(grid: Grid, vertex: NDArray[np.int64]) -> Grid:
    steps = to_lattice(shapely.get_coordinates(grid.shape))
    steps[(steps == vertex).all(axis=1)] += MOVE_STEPS
    return replace(grid, shape=shapely.Polygon(from_lattice(steps)))
