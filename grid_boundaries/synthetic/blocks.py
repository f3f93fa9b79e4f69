"""Share the rows and columns of a honeycomb out in blocks within blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grid_boundaries.synthetic.honeycomb import Honeycomb

UNEVEN = 0.15
"""By how much of its place a cut is moved at most, since no country is cut evenly."""

_TALL = 1.15  # a cell is that much wider than its row is high


@dataclass(frozen=True, slots=True)
class Block:
    """Cells in rows ``south … north`` and columns ``west … east``, the upper ends left out."""

    south: int
    north: int
    west: int
    east: int

    def cells(self, comb: Honeycomb) -> int:
        """Return how many of its cells are there."""
        missing = max(0, min(self.north, comb.short_rows) - self.south) if self.east == comb.columns else 0
        return (self.north - self.south) * (self.east - self.west) - missing

    def single_cells(self, comb: Honeycomb) -> list[Block]:
        """Return each of its cells that is there, row by row from the north, each row from the west."""
        return [
            Block(row, row + 1, column, column + 1)
            for row in reversed(range(self.south, self.north))
            for column in range(self.west, min(self.east, comb.columns - (row < comb.short_rows)))
        ]


def share_out(block: Block, parts: int, comb: Honeycomb, random: np.random.Generator) -> list[Block]:
    """Return that many blocks of about as many cells each, the northern and western ones first.

    Every one has a cell at least, and all of them hang together.

    Raises:
        ValueError: there are fewer cells than parts, or so few more that no straight cut leaves each side enough.
    """
    if parts > block.cells(comb):
        msg = f"{block.cells(comb)} cells cannot be shared out in {parts} parts"
        raise ValueError(msg)
    if parts == 1:
        return [block]
    first_parts = parts // 2
    share = first_parts / parts * (1 + random.uniform(-UNEVEN, UNEVEN))
    wide, high = block.east - block.west, block.north - block.south
    for eastward in (True, False) if wide * _TALL >= high else (False, True):
        cuts = [_cut(block, at, eastward=eastward) for at in range(1, wide if eastward else high)]
        fitting = [
            pair for pair in cuts if pair[0].cells(comb) >= first_parts and pair[1].cells(comb) >= parts - first_parts
        ]
        if fitting:
            wanted = share * block.cells(comb)
            first, second = min(fitting, key=lambda pair: abs(pair[0].cells(comb) - wanted))
            return share_out(first, first_parts, comb, random) + share_out(second, parts - first_parts, comb, random)
    msg = f"{block} cannot be cut in {parts} parts along its rows or columns"
    raise ValueError(msg)


def _cut(block: Block, at: int, *, eastward: bool) -> tuple[Block, Block]:
    """Return the western and the eastern part, or the northern and the southern one."""
    if eastward:
        middle = block.west + at
        return Block(block.south, block.north, block.west, middle), Block(
            block.south, block.north, middle, block.east
        )
    middle = block.north - at
    return Block(middle, block.north, block.west, block.east), Block(block.south, middle, block.west, block.east)
