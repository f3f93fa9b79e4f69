"""Six-sided cells in rows: who borders on whom, without any place yet.

Three cells meet at every inner corner, as three boundaries do on real maps, so a group of cells has one way on from
each corner of its outline, and no outline ever touches itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDES = 6
OUTSIDE = -1

_FORWARD = np.array([True, True, True, False, False, False])


@dataclass(frozen=True, slots=True)
class Outlines:
    """The outlines of groups, one ring each, all in one: anticlockwise, ordered by group.

    ``edge[i]`` is a side of the honeycomb, run from its first corner to its last where ``forward[i]``.
    ``sizes[g]`` says how many sides ring ``g`` has.
    """

    edge: NDArray[np.int64]
    forward: NDArray[np.bool_]
    sizes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Honeycomb:
    """Rows of cells from south to north; odd rows stand half a cell further east.

    The first ``short_rows`` rows have one cell less, at their eastern end.  Cells are numbered row by row from the
    south-west, the missing ones too.  Corners lie on ``rows + 1`` zigzags of ``2 * columns + 2`` corners.
    """

    rows: int
    columns: int
    short_rows: int = 0

    @property
    def corners(self) -> int:
        """How many corners are numbered."""
        return (self.rows + 1) * self._breadth

    @property
    def _breadth(self) -> int:
        return 2 * self.columns + 2

    def cells(self) -> NDArray[np.int64]:
        """Return the numbers of the cells that are there."""
        number = np.arange(self.rows * self.columns)
        row, column = np.divmod(number, self.columns)
        there: NDArray[np.int64] = number[(column < self.columns - 1) | (row >= self.short_rows)]
        return there

    def corner_places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the corners' places in cells east and in rows north of the south-western end."""
        zigzag, along = np.divmod(np.arange(self.corners), self._breadth)
        is_tip = (along - zigzag) % 2 == 1  # seen from the cell above, whose row has the zigzag's number
        return along / 2, zigzag + np.where(is_tip, -1 / 6, 1 / 6)

    def edge_ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the first and the last corner of every side: along the zigzags eastward, between them northward."""
        corner = np.arange(self.corners)
        across = np.minimum(corner + self._breadth, self.corners - 1)
        return np.concatenate([corner, corner]), np.concatenate([np.minimum(corner + 1, self.corners - 1), across])

    def sides(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the six sides of every cell, anticlockwise, and the cells beyond them; both of shape (cells, 6).

        The first three sides run forward, the others backward.  Beyond the border lies ``OUTSIDE``.
        """
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        odd = row % 2
        south = row * self._breadth + 2 * column + odd
        north = south + self._breadth
        up = self.corners + south
        sides = np.stack([south, south + 1, up + 2, north + 1, north, up], axis=1)
        beyond_row = np.stack([row - 1, row - 1, row, row + 1, row + 1, row], axis=1)
        beyond_column = np.stack([odd - 1, odd, odd * 0 + 1, odd, odd - 1, odd * 0 - 1], axis=1) + column[:, None]
        width = self.columns - (beyond_row < self.short_rows)
        there = (beyond_row >= 0) & (beyond_row < self.rows) & (beyond_column >= 0) & (beyond_column < width)
        return sides, np.where(there, beyond_row * self.columns + beyond_column, OUTSIDE)

    def outlines(self, group: NDArray[np.int64]) -> Outlines:
        """Return the outlines of groups of cells.

        Args:
            group: the group of each cell, numbered from 0; ``OUTSIDE`` for the missing ones.  Each group hangs
                together and has no hole.
        """
        sides, beyond = self.sides()
        group_beyond = np.where(beyond == OUTSIDE, OUTSIDE, group[beyond])
        cell, side = np.nonzero((group_beyond != group[:, None]) & (group[:, None] != OUTSIDE))
        edge, forward, whose = sides[cell, side], _FORWARD[side], group[cell]
        first, last = self.edge_ends()
        start = np.where(forward, first[edge], last[edge])
        end = np.where(forward, last[edge], first[edge])
        key = whose * self.corners + start
        order = np.argsort(key)
        following = np.searchsorted(key[order], whose[order] * self.corners + end[order])
        sizes = np.bincount(whose)
        walked = order[_walk(following.tolist(), sizes.tolist())]
        return Outlines(edge[walked], forward[walked], sizes)


def _walk(following: list[int], sizes: list[int]) -> NDArray[np.int64]:
    """Return numbers in the order in which each leads to the next, ring by ring; rings are runs of these sizes."""
    walked, begin = [], 0
    for size in sizes:
        at = begin
        for _ in range(size):
            walked.append(at)
            at = following[at]
        begin += size
    return np.array(walked, dtype=np.int64)
