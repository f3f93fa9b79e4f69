"""Which tiles the changes of a layer touch, and a number for each tile that differs whenever they differ."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tiles.address import EXTENT, TileAddress

DEEPEST = 16
"""Deeper tiles have the number of the tile of this zoom that they lie in: its ground, widened, holds theirs."""

MOST_TILES = 1024
"""A change of ground that covers more tiles of the deepest zoom counts as a change of every tile."""

Boxes = NDArray[np.float64]
Tokens = NDArray[np.int64]

_MASK = (1 << 64) - 1
_Number = TypeVar("_Number", int, NDArray[np.int64])


def cell_of(address: TileAddress) -> int:
    """Return one number for all tiles that change together: a tile, down to the deepest zoom."""
    deeper = max(address.z - DEEPEST, 0)
    return _cell(address.z - deeper, address.x >> deeper, address.y >> deeper)


class ChangedTiles:
    """The changes of one layer, as a sum of their tokens for each tile.

    A token is a random number of 64 bits that belongs to one change.  Sums, modulo 2^64, do not depend on the order
    in which changes become known, and two sums are equal when the changes are the same, else with a chance of 2^-64.
    So those who know the same changes of a tile give it the same number, whatever else they know.

    One thread adds while others read: a sum read is that of before or of after.

    Args:
        min_zoom: the first zoom at which the layer is drawn; all tiles above it have the sum 0.
        reach: tile units around a tile; a change farther away leaves it as it is.
    """

    def __init__(self, min_zoom: int, reach: int) -> None:
        self._min_zoom = min_zoom
        # A place is rounded to a tile unit when it is drawn.
        self._margin = (reach + 1) / EXTENT
        # Together, so that nobody reads one of before and one of after.
        self._sums: tuple[int, dict[int, int]] = (0, {})
        self.whole = 0
        self.changes = 0

    def __len__(self) -> int:
        """Return how many tiles have a sum of their own."""
        return len(self._sums[1])

    def of(self, cell: int) -> int:
        """Return the sum of the changes that touch a tile, given by ``cell_of``."""
        everywhere, tiles = self._sums
        return (everywhere + tiles.get(cell, 0)) & _MASK

    def add(self, tokens: Tokens, boxes: Boxes) -> None:
        """Take changes in, none of them twice.

        Args:
            tokens: one for each change.
            boxes: west, south, east, north of what was changed, in degrees (EPSG:4326), in the same order; a place is
                a box without extent.  NaN for what has no place and so touches no tile.
        """
        sums = tokens.view(np.uint64)
        has_place = ~np.isnan(boxes).any(axis=1)
        ranges = [self._ranges(boxes, zoom) for zoom in range(self._min_zoom, DEEPEST + 1)]
        is_everywhere = has_place & (np.prod(ranges[-1][2:], axis=0) > MOST_TILES)
        is_placed = has_place & ~is_everywhere
        cells, touching = [], []
        for zoom, (left, top, wide, high) in zip(range(self._min_zoom, DEEPEST + 1), ranges, strict=True):
            number = np.where(is_placed, wide * high, 0)
            change = np.repeat(np.arange(len(tokens)), number)
            step = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
            x, y = left[change] + step % wide[change], top[change] + step // wide[change]
            cells.append(_cell(zoom, x, y))
            touching.append(sums[change])
        found, place = np.unique(np.concatenate(cells), return_inverse=True)
        added = np.zeros(len(found), np.uint64)
        np.add.at(added, place, np.concatenate(touching))
        everywhere, tiles = self._sums
        fresh = {
            cell: (tiles.get(cell, 0) + more) & _MASK
            for cell, more in zip(found.tolist(), added.tolist(), strict=True)
        }
        if is_everywhere.any():
            self._sums = (everywhere + sum(sums[is_everywhere].tolist())) & _MASK, tiles | fresh
        else:
            tiles.update(fresh)  # at one stroke for the other threads: the keys are plain numbers
        self.whole = (self.whole + sum(sums.tolist())) & _MASK
        self.changes += len(tokens)

    def _ranges(
        self, boxes: Boxes, zoom: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the first column and row of the tiles that each box touches, and how many of both."""
        count = 1 << zoom
        known = np.nan_to_num(boxes)
        west, east = ((known[:, side] + 180) / 360 * count for side in (0, 2))
        south, north = ((1 - np.arcsinh(np.tan(np.radians(known[:, side]))) / np.pi) / 2 * count for side in (1, 3))
        left, top = (self._within(np.ceil(start - self._margin - 1), count) for start in (west, north))
        right, bottom = (self._within(np.floor(end + self._margin), count) for end in (east, south))
        return left, top, right - left + 1, bottom - top + 1

    @staticmethod
    def _within(numbers: NDArray[np.float64], count: int) -> NDArray[np.int64]:
        return np.clip(numbers, 0, count - 1).astype(np.int64)


def _cell(zoom: int, x: _Number, y: _Number) -> _Number:
    return (zoom << 2 * DEEPEST) | (x << DEEPEST) | y
