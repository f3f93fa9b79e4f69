"""Faults planted in partitions for a repair to find: one grid moved, bent, doubled; all corners jittered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from grid_boundaries.partition import Grid, on_lattice
from tests.support.partitions import Partition, random_partition

ONE_GRID = ("shift", "grow", "shrink", "turn", "corner", "t-junction", "double")
"""Faults of one grid; with the partition of before, each can be taken back exactly."""


def plant(partition: Partition, kind: str, number: int, size_m: float, seed: int) -> list[Grid]:
    """Return the grids of a partition with one fault of a size in metres; which edge and direction the seed says."""
    rng = np.random.default_rng(seed)
    grid = partition.grids[number % len(partition.grids)]
    if kind == "double":
        return [*partition.grids, replace(grid, code="zz")]
    if kind == "jitter":
        return [_redrawn(partition, one, _jittered(partition, one, size_m, rng)) for one in partition.grids]
    shape = partition.plane.to_metres(grid.shape)
    angle = rng.uniform(0, 2 * np.pi)
    offset = size_m * np.array([np.cos(angle), np.sin(angle)])
    drawn = {
        "shift": lambda: shapely.transform(shape, lambda metres: metres + offset),
        "grow": lambda: shapely.buffer(shape, size_m, join_style="mitre"),
        "shrink": lambda: shapely.buffer(shape, -size_m, join_style="mitre"),
        "turn": lambda: affinity.rotate(shape, np.degrees(size_m / 2000)),
        "corner": lambda: _with_corner(shape, rng, size_m * rng.choice([-1, 1])),
        "t-junction": lambda: _with_corner(shape, rng, 0.0),
    }[kind]()
    return [_redrawn(partition, one, drawn) if one is grid else one for one in partition.grids]


def _redrawn(partition: Partition, grid: Grid, metres: BaseGeometry) -> Grid:
    return replace(grid, shape=on_lattice(partition.plane.to_degrees(metres)))


def _jittered(partition: Partition, grid: Grid, size_m: float, rng: np.random.Generator) -> BaseGeometry:
    corners = shapely.get_coordinates(partition.plane.to_metres(grid.shape))[:-1]
    return shapely.Polygon(corners + rng.uniform(-size_m, size_m, corners.shape))


def _with_corner(shape: BaseGeometry, rng: np.random.Generator, aside_m: float) -> BaseGeometry:
    """Return a polygon with one more corner, so far beside one of its edges."""
    corners = shapely.get_coordinates(shape)[:-1]
    i = int(rng.integers(len(corners)))
    along = corners[(i + 1) % len(corners)] - corners[i]
    across = np.array([-along[1], along[0]]) / np.hypot(*along)
    new = corners[i] + rng.uniform(0.2, 0.8) * along + aside_m * across
    return shapely.Polygon(np.insert(corners, i + 1, new, axis=0))


def small_tree(seed: int) -> list[Grid]:
    """Return a tree that is exact: a district, two streets, four communities, sixteen unit grids."""
    partition = random_partition(seed, cells=16)
    grids = sorted(partition.grids, key=lambda grid: grid.shape.centroid.x)
    communities = [_joined(f"c{j}", "community", f"s{j // 2}", grids[4 * j : 4 * j + 4]) for j in range(4)]
    streets = [_joined(f"s{j}", "street", "d", communities[2 * j : 2 * j + 2]) for j in range(2)]
    units = [replace(grid, level="unit_grid", parent=f"c{j // 4}") for j, grid in enumerate(grids)]
    return [Grid("d", partition.parent, "district"), *streets, *communities, *units]


def _joined(code: str, level: str, parent: str, children: Sequence[Grid]) -> Grid:
    return Grid(code, shapely.coverage_union_all([child.shape for child in children]), level, parent)


def edges_by_code(grids: Sequence[Grid]) -> dict[str, bytes]:
    """Return each grid's polygon, whatever its ring starts and turns, to be compared exactly."""
    return {grid.code: shapely.normalize(on_lattice(grid.shape)).wkb for grid in grids}
