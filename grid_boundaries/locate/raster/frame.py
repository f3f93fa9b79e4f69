"""Where the cells of a raster lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

CELLS_A_GRID = 100
"""Cells of the raster for one grid, at the most: ten across a grid of usual form, so that one in four has an edge."""

LEAST_CELLS = 1 << 20
"""A raster of few grids may still have this many cells: four megabytes."""

TILE_SHIFT = 4
"""A crowded cell is cut into 2^4 × 2^4."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A raster of square cells, row by row from the south-west, all figures in whole lattice steps.

    A cell is 2^``shift`` steps wide and high; ``west`` and ``south`` are the first steps of the first cell.
    """

    west: int
    south: int
    shift: int
    rows: int
    columns: int

    @classmethod
    def around(cls, bounds: tuple[int, int, int, int], grids: int) -> Self:
        """Return the finest frame around west, south, east and north that a number of grids is worth."""
        west, south, east, north = bounds
        most = max(LEAST_CELLS, CELLS_A_GRID * grids)
        shift = TILE_SHIFT
        while ((east - west >> shift) + 1) * ((north - south >> shift) + 1) > most:
            shift += 1
        return cls(west, south, shift, (north - south >> shift) + 1, (east - west >> shift) + 1)

    def corners(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return x and y of the first step of cells."""
        row, column = np.divmod(cells, self.columns)
        return np.column_stack([self.west + (column << self.shift), self.south + (row << self.shift)])

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return self.rows * self.columns
