"""Crowded cells cut into parts: the same two questions, asked of the parts and the edges of their cell alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grid_boundaries.locate.raster.edges import Edges, Places, Points, spread
from grid_boundaries.locate.raster.frame import TILE_SHIFT, Frame
from grid_boundaries.locate.raster.pairs import Pairs
from grid_boundaries.locate.raster.records import NEVER, crossing_heights
from grid_boundaries.locate.raster.scan import Spans, cells_of_edges, crossings

_SIDE = 1 << TILE_SHIFT


@dataclass(frozen=True, slots=True)
class Tiles:
    """Crowded cells, one above the other in a column of their own.

    ``crossed`` has their edges, ``held`` the grids that hold their reference places, ``corners`` x and y of their
    first steps; all by the tile's number.  ``shift`` is that of the parts.
    """

    crossed: Pairs
    held: Pairs
    corners: Points
    shift: int

    @property
    def frame(self) -> Frame:
        """Where the parts lie when the tiles stand one above the other."""
        return Frame(0, 0, self.shift, len(self.corners) * _SIDE, _SIDE)

    def part_corners(self, parts: Places) -> Points:
        """Return x and y of the first step of parts."""
        tile, within = np.divmod(parts, _SIDE * _SIDE)
        return self.corners[tile] + (np.column_stack([within % _SIDE, within // _SIDE]) << self.shift)

    def crossed_parts(self, edges: Edges) -> Pairs:
        """Return the parts that edges run through."""
        tile = self.crossed.cell
        item, part = cells_of_edges(self._stacked(edges), self.frame, tile * _SIDE, (tile + 1) * _SIDE)
        return Pairs(part, self.crossed.other[item])

    def spans(self, edges: Edges) -> Spans:
        """Return the runs of parts whose reference place a grid holds.

        From the cell's own reference place up its left side, then to the right: who goes in or out on the way.
        """
        tile = self.crossed.cell
        right, row, column = crossings(self._stacked(edges), self.frame, tile * _SIDE, (tile + 1) * _SIDE)
        is_on_way = (column > 0) & (column < _SIDE)
        right, row, column = right[is_on_way], row[is_on_way], column[is_on_way]

        heights = crossing_heights(edges.points[self.crossed.other] - np.tile(self.corners[tile], 2))
        up = np.flatnonzero((heights >= 0) & (heights != NEVER))
        # The first row of parts whose reference places, a step below them, lie as high or higher.
        lowest = -((-1 - heights[up]) >> self.shift)
        upward, above = spread(np.maximum(_SIDE - lowest, 0))
        up_row = tile[up[upward]] * _SIDE + lowest[upward] + above

        of_right, right_grid = edges.each_grid(self.crossed.other[right])
        of_up, up_grid = edges.each_grid(self.crossed.other[up[upward]])
        base, base_row = spread(np.full(len(self.held.cell), _SIDE))
        return Spans.between(
            np.concatenate([right_grid, up_grid, self.held.other[base]]),
            np.concatenate([row[of_right], up_row[of_up], self.held.cell[base] * _SIDE + base_row]),
            np.concatenate([column[of_right], np.zeros(len(of_up) + len(base), dtype=np.int64)]),
            _SIDE,
        )

    def _stacked(self, edges: Edges) -> Points:
        """Return the edges of each tile where they lie when the tiles stand one above the other."""
        tile = self.crossed.cell
        shift = self.corners[tile] - np.column_stack([np.zeros_like(tile), tile << (self.shift + TILE_SHIFT)])
        return edges.points[self.crossed.other] - np.tile(shift, 2)
