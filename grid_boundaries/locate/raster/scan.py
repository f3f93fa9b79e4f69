"""Which cells edges run through, and which cells begin inside a grid.

Every cell has a **reference place**: half a step west of its first column, and a hair above the row below it.  No
vertex lies as high as that, nor on that line, so that a grid holds it or does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.locate.raster.edges import Edges, Places, Points, exactly, spread
from grid_boundaries.locate.raster.frame import Frame
from grid_boundaries.locate.raster.pairs import Pairs

Rows: TypeAlias = int | NDArray[np.int64]

_MARGIN = 2.0
"""Steps by which a cell is taken larger than it is: an edge too many costs a little, one too few is an error."""


def cells_of_edges(points: Points, frame: Frame, low: Rows = 0, end: Rows | None = None) -> tuple[Places, Places]:
    """Return edge and cell for every cell of the frame that an edge meets or nearly meets.

    With limits only cells in the rows from ``low`` to before ``end``, of each edge.
    """
    size = 1 << frame.shift
    ax, ay, bx, by = (points - [frame.west, frame.south, frame.west, frame.south]).T
    lowest = np.maximum((ay - 1) >> frame.shift, low)
    highest = np.minimum((by + 1) >> frame.shift, (frame.rows if end is None else end) - 1)
    edge, within = spread(np.maximum(highest - lowest + 1, 0))
    row = lowest[edge] + within
    ax, ay, bx, by = ax[edge], ay[edge], bx[edge], by[edge]
    slope = (bx - ax) / np.maximum(by - ay, 1)
    is_flat = ay == by
    one = np.where(is_flat, ax, ax + (np.maximum(row * size - 1, ay) - ay) * slope)
    other = np.where(is_flat, bx, ax + (np.minimum((row + 1) * size, by) - ay) * slope)
    first = np.floor((np.minimum(one, other) - _MARGIN) / size).astype(np.int64)
    last = np.floor((np.maximum(one, other) + _MARGIN) / size).astype(np.int64)
    first, last = np.maximum(first, 0), np.minimum(last, frame.columns - 1)
    run, along = spread(np.maximum(last - first + 1, 0))
    return edge[run], row[run] * frame.columns + first[run] + along


def crossings(points: Points, frame: Frame, low: Rows = 0, end: Rows | None = None) -> tuple[Places, Places, Places]:
    """Return edge, row and column wherever an edge crosses the height of the reference places of a row of cells.

    The column is the first whose reference place lies right of the edge; it may lie outside the frame.  Exact.
    """
    _, ay, _, by = points.T
    # That height is the row of steps below the first of each row of cells: south + row * size - 1.
    lowest = np.maximum(-((frame.south - 1 - ay) >> frame.shift), low)
    above = np.minimum(-((frame.south - 1 - by) >> frame.shift), frame.rows if end is None else end)
    edge, within = spread(np.maximum(above - lowest, 0))
    row = lowest[edge] + within
    heights = frame.south + (row << frame.shift) - 1
    first = exactly(_first_right_of, points[edge], heights)
    return edge, row, -((frame.west - first) >> frame.shift)


def _first_right_of(points: Points, heights: Places) -> Places:
    """Return the first step that lies more than half a step right of an edge, a hair above a height it crosses."""
    ax, ay, bx, by = points.T
    dx, dy = bx - ax, by - ay
    # x + ½ there, its floor, and whether it is whole; a hair higher a falling edge is left of that.
    doubled = 2 * (heights - ay) * dx + dy
    is_left = (doubled % (2 * dy) == 0) & (dx < 0)
    first: Places = ax + doubled // (2 * dy) + np.where(is_left, 0, 1)
    return first


def spans_of_grids(edges: Edges, frame: Frame) -> Spans:
    """Return the runs of cells whose reference place a grid holds."""
    edge, row, column = crossings(edges.points, frame)
    item, grid = edges.each_grid(edge)
    return Spans.between(grid, row[item], np.clip(column, 0, frame.columns)[item], frame.columns)


@dataclass(frozen=True, slots=True)
class Spans:
    """Runs of cells in a row whose reference place a grid holds: all cells from ``first`` to before ``end``."""

    grid: NDArray[np.int64]
    first: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def between(
        cls, grid: NDArray[np.int32], row: NDArray[np.int64], column: NDArray[np.int64], columns: int
    ) -> Self:
        """Return runs from the places where rows of cells go into a grid or out of it, in any order.

        From the left, every other place goes in and the next goes out; an odd last one goes in until the row ends.
        Two in one place are none.
        """
        rows, stretch = int(row.max(initial=0)) + 1, columns + 1
        keys = np.sort((grid.astype(np.int64) * rows + row) * stretch + column)
        line = keys // stretch
        starts = np.flatnonzero(np.diff(line, prepend=-1))
        counts = np.diff(starts, append=len(line))
        odd = starts[counts % 2 == 1] + counts[counts % 2 == 1] - 1
        keys = np.insert(keys, odd + 1, line[odd] * stretch + columns)
        begin, end = keys[0::2], keys[1::2]
        begin, end = begin[begin != end], end[begin != end]
        line = begin // stretch
        offset = line % rows * columns - line * stretch
        return cls(line // rows, begin + offset, end + offset)

    def held(self, wanted: NDArray[np.bool_]) -> Pairs:
        """Return the cells that are wanted with the grids that hold their reference place."""
        before = np.append(0, np.cumsum(wanted))
        some = self.pick(np.flatnonzero(before[self.end] > before[self.first]))
        run, cell = some.cells()
        there = wanted[cell]
        return Pairs(cell[there], some.grid[run[there]])

    def pick(self, wanted: NDArray[np.intp]) -> Spans:
        """Return some of the runs."""
        return Spans(self.grid[wanted], self.first[wanted], self.end[wanted])

    def cells(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return run and cell, for every cell of every run."""
        run, along = spread(self.end - self.first)
        return run, self.first[run] + along
