from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from grid_boundaries.locate.cells import CUT, INSIDE, OUTSIDE, cut_into_cells

RING = shapely.box(0, 0, 4, 4) - shapely.box(1, 1, 3, 3)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=9, unique=True))
def test_cells_tell_the_truth_about_every_point(corners):
    """Hulls of a few points and what is left of a square: each border point and vertex, by the cell that owns it."""
    hull = shapely.MultiPoint(corners).convex_hull
    area = shapely.box(-1, -1, 41, 41) - hull if corners[0][0] % 2 else hull
    if area.geom_type not in {"Polygon", "MultiPolygon"}:
        return
    cells = cut_into_cells(area, enough_cut=30, smallest_deg=0.5)

    lons, lats = np.meshgrid(np.concatenate([cells.lons, range(-2, 43)]), np.concatenate([cells.lats, range(-2, 43)]))
    column = np.searchsorted(cells.lons, lons, side="right")
    row = np.searchsorted(cells.lats, lats, side="right")
    states = np.pad(cells.states, 1)[row, column]
    is_covered = shapely.intersects_xy(area, lons, lats)
    is_edge = shapely.intersects_xy(area.boundary, lons, lats)
    assert is_covered[states == INSIDE].all()
    assert not is_covered[states == OUTSIDE].any()
    assert (states[is_edge] == CUT).all()


def test_cells_are_quartered_until_enough_lie_on_the_edge():
    """A ring of squares: 16 cells show it exactly, yet all of them touch its edge; 32 by 32 have an inside."""
    assert (cut_into_cells(RING, enough_cut=1).states == CUT).all()
    fine = cut_into_cells(RING, enough_cut=100)
    assert 100 <= (fine.states == CUT).sum() < 400
    assert (fine.states == INSIDE).any()
    assert (fine.states == OUTSIDE).any()


def test_small_and_scattered_areas_end_somewhere():
    """A hundred metres are one cell; two crumbs a world apart stop at 256 by 256."""
    assert cut_into_cells(shapely.box(0, 0, 0.0009, 0.0009)).states.shape == (1, 1)
    crumbs = shapely.MultiPolygon([shapely.box(-170, 0, -169.99, 0.01), shapely.box(170, 60, 170.01, 60.01)])
    assert cut_into_cells(crumbs).states.shape == (256, 256)


@pytest.mark.parametrize("state", [OUTSIDE, INSIDE, CUT])
def test_boxes_are_those_of_the_cells(state):
    """Together the three kinds fill the box around the area, each as often as its cells."""
    cells = cut_into_cells(RING)
    boxes = cells.boxes(state)
    assert len(boxes) == (cells.states == state).sum()
    assert (boxes[:, 2:] > boxes[:, :2]).all()
