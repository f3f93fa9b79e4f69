"""A raster with one part of its ground redrawn: only that part's cells are made anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.locate.raster.arrays import IS_LONG, NOBODY, Raster
from grid_boundaries.locate.raster.build import make_raster
from grid_boundaries.locate.raster.edges import Edges
from grid_boundaries.locate.raster.frame import Frame

_MARGIN = 4
"""Steps by which ground reaches beyond its vertices, as far as cells are concerned."""


@dataclass(frozen=True, slots=True)
class Window:
    """A block of a frame's cells: rows and columns from the first to before the end."""

    frame: Frame
    first_row: int
    end_row: int
    first_column: int
    end_column: int

    @classmethod
    def around(cls, frame: Frame, bounds: tuple[int, int, int, int]) -> Self | None:
        """Return the cells that ground within west, south, east and north can touch; None beyond the frame."""
        west, south, east, north = bounds
        last_row, last_column = (north - frame.south) >> frame.shift, (east - frame.west) >> frame.shift
        if west < frame.west or south < frame.south or last_row >= frame.rows or last_column >= frame.columns:
            return None
        return cls(
            frame,
            max((south - _MARGIN - frame.south) >> frame.shift, 0),
            min(((north + _MARGIN - frame.south) >> frame.shift) + 1, frame.rows),
            max((west - _MARGIN - frame.west) >> frame.shift, 0),
            min(((east + _MARGIN - frame.west) >> frame.shift) + 1, frame.columns),
        )

    @property
    def part(self) -> Frame:
        """The window as a frame of its own."""
        frame = self.frame
        return Frame(
            frame.west + (self.first_column << frame.shift),
            frame.south + (self.first_row << frame.shift),
            frame.shift,
            self.end_row - self.first_row,
            self.end_column - self.first_column,
        )

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """West, south, east and north in lattice steps, with a margin."""
        part = self.part
        return (
            part.west - _MARGIN,
            part.south - _MARGIN,
            part.west + (part.columns << part.shift) + _MARGIN,
            part.south + (part.rows << part.shift) + _MARGIN,
        )


def patch_raster(
    raster: Raster, window: Window, edges: Edges, ranks: NDArray[np.int32], number_now: NDArray[np.int32]
) -> Raster:
    """Return the raster that grids make of which only those that meet a window may differ from before.

    Records of the window that are no longer used stay where they are.

    Args:
        raster: of the grids before.
        window: holds all ground of the grids that have gone or come.
        edges: of all grids that meet the window, by their numbers now.
        ranks: of all grids now.
        number_now: the number of each grid of before; ``NOBODY`` for those that have gone.
    """
    made = make_raster(edges, ranks, window.part)
    frame = window.frame
    cells = _renumbered(raster.cells, number_now)
    block = cells.reshape(frame.rows, frame.columns)
    here = slice(window.first_row, window.end_row), slice(window.first_column, window.end_column)
    records, tiles = len(raster.inside), len(raster.tiles) >> 8
    block[here] = _moved(made.cells, records, tiles).reshape(block[here].shape)
    ends = made.ends.copy()
    ends[ends[:, 0] == IS_LONG, 1] += len(raster.long_edges)
    return replace(
        raster,
        cells=cells,
        tiles=np.concatenate([_renumbered(raster.tiles, number_now), _moved(made.tiles, records, tiles)]),
        edge_starts=_joined(raster.edge_starts, made.edge_starts),
        grid_starts=_joined(raster.grid_starts, made.grid_starts),
        inside=np.concatenate([raster.inside, made.inside]),
        grids=np.concatenate([number_now[raster.grids], made.grids]),
        ends=np.concatenate([raster.ends, ends]),
        masks=np.concatenate([raster.masks, made.masks]),
        long_edges=np.concatenate([raster.long_edges, made.long_edges]),
    )


def _renumbered(codes: NDArray[np.int32], number_now: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return codes of cells with the owners by their numbers now."""
    return np.where(codes >= 0, number_now[np.maximum(codes, 0)], codes) if len(number_now) else codes.copy()


def _moved(codes: NDArray[np.int32], records: int, tiles: int) -> NDArray[np.int32]:
    """Return codes of cells whose records and tiles stand behind so many others."""
    by = np.where(codes & 1 == 1, 2 * tiles, 2 * records)
    return np.where(codes < NOBODY, codes - by, codes).astype(np.int32)


def _joined(starts: NDArray[np.uint32], others: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return np.concatenate([starts, others[1:] + starts[-1]])
