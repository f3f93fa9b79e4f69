"""An area as a raster: cells that it covers, cells that its edge runs through, and cells that it does not touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

OUTSIDE, INSIDE, CUT = 0, 1, 2

ENOUGH_CUT = 512
"""With this many cells on the edge they are small beside the area."""

MOST_CELLS = 256 * 256

SMALLEST_DEG = 0.001
"""Some hundred metres: smaller cells have too little in them to be worth the trouble."""


@dataclass(frozen=True, slots=True)
class AreaCells:
    """A raster around an area; a cell owns its west and south sides, not the other two.

    ``lons`` and ``lats`` are the borders of columns and rows in degrees, rising.  ``states`` has the rows from the
    south.  An ``INSIDE`` cell lies in the area and off its edge, sides and all; an ``OUTSIDE`` one has nothing of it;
    the others are ``CUT``.  So the area's edge lies in cut cells, and no other cell touches it.
    """

    lons: NDArray[np.float64]
    lats: NDArray[np.float64]
    states: NDArray[np.int16]

    def boxes(self, state: int) -> NDArray[np.float64]:
        """Return the cells in a state, a row each: west, south, east, north."""
        rows, columns = np.nonzero(self.states == state)
        return np.column_stack([self.lons[columns], self.lats[rows], self.lons[columns + 1], self.lats[rows + 1]])


def cut_into_cells(
    area: BaseGeometry, *, enough_cut: int = ENOUGH_CUT, smallest_deg: float = SMALLEST_DEG
) -> AreaCells:
    """Return the raster of an area: what is in its inside cells needs no further look, what is in the cut ones does.

    The box around the area is quartered until ``enough_cut`` cells lie on the edge, or their sides are no longer
    than ``smallest_deg``, or there are ``MOST_CELLS`` of them.

    Args:
        area: a valid polygon or multipolygon in degrees, not empty; its edge belongs to it.
        enough_cut: the result has less than four times as many cut cells.
        smallest_deg: in degrees.
    """
    shapely.prepare(area)
    west, south, east, north = area.bounds
    # The sides that the last cells do not own lie beyond the area.
    lons, lats = np.array([west, np.nextafter(east, np.inf)]), np.array([south, np.nextafter(north, np.inf)])
    cells = AreaCells(lons, lats, np.full((1, 1), CUT, dtype=np.int16))
    while (
        cells.states.size < MOST_CELLS
        and 0 < (cells.states == CUT).sum() < enough_cut
        and max(np.diff(cells.lons).max(), np.diff(cells.lats).max()) > smallest_deg
    ):
        cells = _quartered(cells, area)
    return cells


def _quartered(cells: AreaCells, area: BaseGeometry) -> AreaCells:
    states = cells.states.repeat(2, axis=0).repeat(2, axis=1)
    quarters = AreaCells(_halved(cells.lons), _halved(cells.lats), states)
    boxes = shapely.box(*quarters.boxes(CUT).T)
    found = np.where(shapely.intersects(area, boxes), CUT, OUTSIDE)
    states[states == CUT] = np.where(shapely.contains_properly(area, boxes), INSIDE, found)
    return quarters


def _halved(borders: NDArray[np.float64]) -> NDArray[np.float64]:
    halved = np.empty(2 * len(borders) - 1)
    halved[::2] = borders
    halved[1::2] = (borders[:-1] + borders[1:]) / 2
    return halved
