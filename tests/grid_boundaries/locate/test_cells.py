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
    cells = cut_into_cells(area, finest=1)

    height, width = cells.states.shape
    borders = np.arange(max(height, width) + 1) / 2.0**cells.halvings
    west, south, _, _ = cells.bounds
    lons, lats = np.meshgrid(
        np.concatenate([west + borders, range(-2, 43)]), np.concatenate([south + borders, range(-2, 43)])
    )
    column = np.clip(np.floor(lons * 2.0**cells.halvings).astype(int) - cells.first_column + 1, 0, width + 1)
    row = np.clip(np.floor(lats * 2.0**cells.halvings).astype(int) - cells.first_row + 1, 0, height + 1)
    states = np.pad(cells.states, 1)[row, column]
    is_covered = shapely.intersects_xy(area, lons, lats)
    is_edge = shapely.intersects_xy(area.boundary, lons, lats)
    assert is_covered[states == INSIDE].all()
    assert not is_covered[states == OUTSIDE].any()
    assert (states[is_edge] == CUT).all()


def test_cells_are_halved_to_the_finest_or_until_they_are_too_many():
    """A ring on 0 to 4 degrees, whose east side begins a fifth column: 5 by 5, 9 by 9 halves, 17 by 17 quarters."""
    assert cut_into_cells(RING, finest=0).states.shape == (5, 5)
    assert cut_into_cells(RING, finest=2).states.shape == (17, 17)
    assert cut_into_cells(RING, finest=7, most_cells=100).states.shape == (9, 9)


def test_small_and_scattered_areas_end_somewhere():
    """A hundred metres are one cell; two crumbs a world apart end with coarser cells, west of 0 degrees too."""
    assert cut_into_cells(shapely.box(0.001, 0.001, 0.002, 0.002)).states.shape == (1, 1)
    crumbs = cut_into_cells(shapely.MultiPolygon([shapely.box(-170, 0, -169, 1), shapely.box(170, 60, 171, 61)]))
    assert crumbs.halvings < 7
    assert crumbs.states.size <= 1 << 19
    assert crumbs.bounds[:2] == (-170, 0)


@pytest.mark.parametrize("state", [OUTSIDE, INSIDE, CUT])
def test_boxes_are_those_of_the_cells(state):
    """Each kind as often as its cells, a fourth of a degree wide and high, inside the box of all."""
    cells = cut_into_cells(RING, finest=2)
    boxes = cells.boxes(state)
    assert len(boxes) == (cells.states == state).sum() > 0
    assert (boxes[:, 2:] - boxes[:, :2] == 0.25).all()
    assert (boxes.min(axis=0)[:2] >= cells.bounds[:2]).all()
    assert (boxes.max(axis=0)[2:] <= cells.bounds[2:]).all()
