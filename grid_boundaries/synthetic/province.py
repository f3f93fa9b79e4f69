"""A whole province of grids, made in seconds: the scale at which the service is measured.

Where ``make_tree`` cuts one ring after the other, this lays a honeycomb over a country once, all sides together, and
takes every level's outlines from it.  So each level has every vertex of those below it, and all of them cancel.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.partition import Grid, from_lattice
from grid_boundaries.synthetic.blocks import Block, share_out
from grid_boundaries.synthetic.country import ROWS_A_COLUMN, Chains, lay_sides
from grid_boundaries.synthetic.honeycomb import OUTSIDE, Honeycomb, Outlines

LEVELS = ("city", "district", "street", "community", "unit_grid")
"""The levels of a province, root first; the root stands where the usual tree has its city."""

CODE = "44"
CODE_DIGITS = {"district": 4, "street": 3, "community": 3, "unit_grid": 3}
"""Digits that each level adds to its parent's code."""

UNITS_IN = {"district": 1082, "street": 82, "community": 5}
"""Unit grids in a usual grid of these levels: Guangdong has 132,000 in 122 counties, 1,600 towns, 26,000 villages."""

LEAST_GRIDS = 100
HOUSEHOLDS = (300, 500)

_NAMES = {"district": "第{}区", "street": "第{}街道", "community": "第{}社区", "unit_grid": "第{}网格"}
_ROOT_NAME = "示例省"


def make_province(grids: int = 132_000, seed: int = 7) -> list[Grid]:
    """Return a tree of that many unit grids and their ancestors, each parent before its children, siblings by code.

    Grids are small in the towns and large in the country, have 49 vertices on average (the ring closed) and 300 to
    500 households.  Every ancestor is the exact union of its children, with all their vertices on its edge.  All lies
    within ``country.BOX``.  The same arguments give the same province.

    Raises:
        ValueError: fewer than ``LEAST_GRIDS`` are asked for, which make no tree of five levels.

    Source:
        132,000 grids: Guangdong Province, 2023; a vertex every few dozen metres: published divisions.
    """
    if grids < LEAST_GRIDS:
        msg = f"a province has {LEAST_GRIDS} unit grids or more; got {grids}"
        raise ValueError(msg)
    random = np.random.default_rng(seed)
    rows = round(math.sqrt(ROWS_A_COLUMN * grids))
    columns = -(-grids // rows)
    comb = Honeycomb(rows, columns, rows * columns - grids)
    tree = _Tree(comb, random)
    chains = lay_sides(comb, random)
    households = random.integers(HOUSEHOLDS[0], HOUSEHOLDS[1] + 1, grids).tolist()
    shapes = [_polygons(comb.outlines(tree.group_of_cell(rank)), chains).tolist() for rank in range(len(LEVELS))]
    made: list[Grid] = []
    at = [0] * len(LEVELS)
    for rank, code, parent, name in tree.nodes:
        finest = rank == len(LEVELS) - 1
        made.append(
            Grid(
                code,
                shapes[rank][at[rank]],
                LEVELS[rank],
                parent,
                name,
                households=households[at[rank]] if finest else None,
            )
        )
        at[rank] += 1
    return made


class _Tree:
    """The tree before it has any shape: blocks of cells, in the order of their codes.

    ``nodes`` are rank, code, parent and name, depth first; ``blocks[rank]`` are the blocks of a level in that order.
    """

    def __init__(self, comb: Honeycomb, random: np.random.Generator) -> None:
        self.nodes: list[tuple[int, str, str | None, str]] = []
        self.blocks: list[list[Block]] = [[] for _ in LEVELS]
        self._comb = comb
        self._random = random
        self._add(Block(0, comb.rows, 0, comb.columns), 0, CODE, None, _ROOT_NAME)

    def group_of_cell(self, rank: int) -> NDArray[np.int64]:
        """Return for each cell which grid of a level it belongs to, ``OUTSIDE`` where there is no cell."""
        group = np.full((self._comb.rows, self._comb.columns), OUTSIDE, dtype=np.int64)
        for number, block in enumerate(self.blocks[rank]):
            group[block.south : block.north, block.west : block.east] = number
        group[: self._comb.short_rows, -1] = OUTSIDE
        return group.ravel()

    def _add(self, block: Block, rank: int, code: str, parent: str | None, name: str) -> None:
        self.nodes.append((rank, code, parent, name))
        self.blocks[rank].append(block)
        if rank + 1 == len(LEVELS):
            return
        level = LEVELS[rank + 1]
        for number, part in enumerate(self._parts(block, level), start=1):
            below = f"{code}{number:0{CODE_DIGITS[level]}d}"
            self._add(part, rank + 1, below, code, _NAMES[level].format(number))

    def _parts(self, block: Block, level: str) -> list[Block]:
        """Return the blocks of the next level: single cells at the finest, else two at least of the usual size."""
        if level == LEVELS[-1]:
            return block.single_cells(self._comb)
        return share_out(block, max(2, round(block.cells(self._comb) / UNITS_IN[level])), self._comb, self._random)


def _polygons(outlines: Outlines, chains: Chains) -> NDArray[np.object_]:
    """Return one polygon for each outline."""
    points, counts = chains.run(outlines.edge, outlines.forward)
    sides = np.cumsum(outlines.sizes)
    ends = np.cumsum(counts)[sides - 1]
    begins = np.concatenate([[0], ends[:-1]])
    closed = np.insert(points, ends, points[begins], axis=0)
    rings = np.concatenate([[0], ends + np.arange(1, len(ends) + 1)])
    polygons: NDArray[np.object_] = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, from_lattice(closed), (rings, np.arange(len(rings)))
    )
    return polygons
