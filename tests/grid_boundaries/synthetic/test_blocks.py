import numpy as np
import pytest

from grid_boundaries.synthetic.blocks import Block, share_out
from grid_boundaries.synthetic.honeycomb import Honeycomb


def test_blocks_share_out_all_cells_and_no_cell_twice():
    """9 by 13 cells in 20 parts: each has some, all have 117."""
    comb = Honeycomb(9, 13)
    parts = share_out(Block(0, 9, 0, 13), 20, comb, np.random.default_rng(1))
    held = [(cell.south, cell.west) for part in parts for cell in part.single_cells(comb)]
    assert len(parts) == 20
    assert sorted(held) == [(row, column) for row in range(9) for column in range(13)]
    assert all(part.cells(comb) == len(part.single_cells(comb)) > 0 for part in parts)


def test_missing_cells_are_not_counted():
    """3 rows of 4, two of them one short: 10 cells; the last column has one."""
    comb = Honeycomb(3, 4, short_rows=2)
    assert Block(0, 3, 0, 4).cells(comb) == 10
    assert Block(0, 3, 3, 4).single_cells(comb) == [Block(2, 3, 3, 4)]


def test_single_cells_come_from_the_north_west():
    """Two rows of two."""
    cells = Block(0, 2, 0, 2).single_cells(Honeycomb(2, 2))
    assert [(cell.south, cell.west) for cell in cells] == [(1, 0), (1, 1), (0, 0), (0, 1)]


def test_more_parts_than_cells_are_refused():
    """Four cells, five parts."""
    with pytest.raises(ValueError, match="4 cells cannot be shared out in 5 parts"):
        share_out(Block(0, 2, 0, 2), 5, Honeycomb(2, 2), np.random.default_rng(1))


def test_a_corner_of_three_cells_cannot_be_cut_in_three():
    """Either cut leaves one part for two cells and two parts for one."""
    comb = Honeycomb(2, 2, short_rows=1)
    with pytest.raises(ValueError, match="cannot be cut in 3 parts along its rows or columns"):
        share_out(Block(0, 2, 0, 2), 3, comb, np.random.default_rng(1))
