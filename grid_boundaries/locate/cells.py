"""An area as a raster: cells that it covers, cells that its edge runs through, and cells that it does not touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

OUTSIDE, INSIDE, CUT = 0, 1, 2

FINEST = 7
"""Halvings of a degree: cells of 1/128 degree, some 800 m, by which the database keeps count of buildings."""

MOST_CELLS = 1 << 19
"""Five degrees by five at the finest; what is larger has coarser cells."""

_COARSEST = -9
"""512 degrees: the world lies in four such cells."""


@dataclass(frozen=True, slots=True)
class AreaCells:
    """The cells around an area; a cell owns its west and south sides, not the other two.

    Their sides are 2 ** -``halvings`` degrees and counted from 0 degrees: the first column begins ``first_column``
    sides east of it, the first row ``first_row`` north.  A power of two, so that a double has each border, and the
    cell of a point, exactly.  ``states`` has the rows from the south.  An ``INSIDE`` cell lies in the area and off
    its edge, sides and all; an ``OUTSIDE`` one has nothing of it; the others are ``CUT``: the edge lies in them.
    """

    halvings: int
    first_column: int
    first_row: int
    states: NDArray[np.int16]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The box of the raster: west, south, east, north; degrees."""
        side = 0.5**self.halvings
        height, width = self.states.shape
        east, north = self.first_column + width, self.first_row + height
        return self.first_column * side, self.first_row * side, east * side, north * side

    def boxes(self, state: int) -> NDArray[np.float64]:
        """Return the cells in a state, a row each: west, south, east, north; degrees."""
        rows, columns = np.nonzero(self.states == state)
        corners = np.column_stack([columns, rows, columns + 1, rows + 1])
        first = np.tile([self.first_column, self.first_row], 2)
        return np.asarray((corners + first) * 0.5**self.halvings, dtype=np.float64)


def cut_into_cells(area: BaseGeometry, *, finest: int = FINEST, most_cells: int = MOST_CELLS) -> AreaCells:
    """Return the raster of an area: what is in its inside cells needs no further look, what is in the cut ones does.

    Cells are halved until they are of the finest size or would be more than ``most_cells``.

    Args:
        area: a valid polygon or multipolygon in degrees, not empty; its edge belongs to it.
        finest: halvings of a degree.
        most_cells: at least 4.
    """
    shapely.prepare(area)
    cells = _within(AreaCells(_COARSEST, -1, -1, np.full((2, 2), CUT, dtype=np.int16)), area)
    while cells.halvings < finest and (cells.states == CUT).any():
        finer = _within(_halved(cells), area)
        if finer.states.size > most_cells:
            break
        _look(finer, area)
        cells = finer
    return cells


def _halved(cells: AreaCells) -> AreaCells:
    states = cells.states.repeat(2, axis=0).repeat(2, axis=1)
    return AreaCells(cells.halvings + 1, 2 * cells.first_column, 2 * cells.first_row, states)


def _within(cells: AreaCells, area: BaseGeometry) -> AreaCells:
    """Leave out the columns and rows beyond the area's own box."""
    numbers = np.floor(np.array(area.bounds) * 2.0**cells.halvings).astype(np.int64)
    west, south, east, north = numbers.tolist()
    rows = slice(south - cells.first_row, north - cells.first_row + 1)
    columns = slice(west - cells.first_column, east - cells.first_column + 1)
    return AreaCells(cells.halvings, west, south, cells.states[rows, columns])


def _look(cells: AreaCells, area: BaseGeometry) -> None:
    boxes = shapely.box(*cells.boxes(CUT).T)
    found = np.where(shapely.intersects(area, boxes), CUT, OUTSIDE)
    cells.states[cells.states == CUT] = np.where(shapely.contains_properly(area, boxes), INSIDE, found)
