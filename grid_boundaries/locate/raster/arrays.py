"""What a raster is made of: plain arrays, so that a file can hold them and a compiled kernel read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.locate.raster.frame import Frame

NOBODY = -1
"""The owner of ground that lies in no grid."""

BITS = 15
"""Grids that one record can tell apart; bit 15 of ``inside`` says that the next record goes on with the same cell."""
GOES_ON = 1 << BITS

IS_LONG = np.iinfo(np.int32).min
"""In place of ax: the edge stands in ``long_edges``, at the place ay."""


@dataclass(frozen=True, slots=True)
class Raster:
    """The owners of all ground within a frame.

    ``cells`` has an int32 for each cell: the owner of all its ground, ``NOBODY``, or ``-2 - 2 * record`` for a cell
    that edges cross, or ``-2 - (2 * tile + 1)`` for a crowded one, whose 16 × 16 parts are coded alike in ``tiles``.

    Record i has the grids ``grids[grid_starts[i] : grid_starts[i + 1]]``, in the order in which they own ground:
    the deepest first, then the smallest code.  Bit k speaks of the k-th of them.  Its edges lie in ``ends`` and
    ``masks`` from ``edge_starts[i]`` on: ax, ay, bx, by in steps from the cell's first (a below b, or left of it),
    and the grids that have the edge.  ``inside`` has the grids that hold a place far below the cell's left side, as
    far as the record's edges tell.
    """

    frame: Frame
    cells: NDArray[np.int32]
    tiles: NDArray[np.int32]
    edge_starts: NDArray[np.uint32]
    grid_starts: NDArray[np.uint32]
    inside: NDArray[np.uint16]
    grids: NDArray[np.int32]
    ends: NDArray[np.int32]
    masks: NDArray[np.uint16]
    long_edges: NDArray[np.int64]


def code_of_record(record: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how a cell names its record."""
    return -2 - 2 * record


def code_of_tile(tile: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how a cell names its tile."""
    return -3 - 2 * tile
