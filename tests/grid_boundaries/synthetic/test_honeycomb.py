import numpy as np

from grid_boundaries.synthetic.honeycomb import OUTSIDE, Honeycomb


def test_whoever_borders_on_a_cell_is_bordered_by_it():
    """5 rows of 7, two of them short: each inner side is the side of two cells, which name each other."""
    comb = Honeycomb(5, 7, short_rows=2)
    sides, beyond = comb.sides()
    cells = comb.cells()
    owners = {}
    for cell in cells.tolist():
        for side, other in zip(sides[cell].tolist(), beyond[cell].tolist(), strict=True):
            owners.setdefault(side, []).append((cell, other))
    inner = [pair for pair in owners.values() if len(pair) == 2]
    border = [pair for pair in owners.values() if len(pair) == 1]
    assert len(cells) == 33
    assert len(inner) + len(border) == len(owners)
    assert all(one == other[::-1] for one, other in inner)
    assert all(other == OUTSIDE for [(_, other)] in border)


def test_the_outline_of_one_cell_has_its_six_sides_anticlockwise():
    """By the shoelace rule over the corners' places."""
    comb = Honeycomb(1, 1)
    outlines = comb.outlines(np.array([0]))
    first, last = comb.edge_ends()
    start = np.where(outlines.forward, first[outlines.edge], last[outlines.edge])
    east, north = (place[start] for place in comb.corner_places())
    doubled = np.sum(east * np.roll(north, -1) - np.roll(east, -1) * north)
    assert outlines.sizes.tolist() == [6]
    assert doubled > 0


def test_sides_between_cells_of_a_group_are_no_outline():
    """Seven cells, one amid six: 18 sides of 42 remain; all 12 in a row of two and two remain 12 + 2."""
    comb = Honeycomb(3, 3)
    flower = np.array([OUTSIDE, 0, 0, 0, 0, 0, OUTSIDE, 0, 0])
    _, beyond = comb.sides()
    amid = next(cell for cell in range(9) if all(flower[beyond[cell]] == 0) and OUTSIDE not in beyond[cell])
    assert amid == 4
    assert comb.outlines(flower).sizes.tolist() == [18]


def test_outlines_run_on_from_corner_to_corner():
    """4 by 4 cells in two groups: where a side ends the next begins, round each ring."""
    comb = Honeycomb(4, 4)
    outlines = comb.outlines(np.repeat([0, 1], 8))
    first, last = comb.edge_ends()
    start = np.where(outlines.forward, first[outlines.edge], last[outlines.edge])
    end = np.where(outlines.forward, last[outlines.edge], first[outlines.edge])
    for ring in np.split(np.arange(len(start)), np.cumsum(outlines.sizes)[:-1]):
        assert np.array_equal(end[ring], np.roll(start[ring], -1))
