"""Polygons that come back out of a raster, against those that went in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from grid_boundaries.locate.raster_locator import RasterLocator
from grid_boundaries.partition import Grid, on_lattice
from tests.grid_boundaries.locate.test_raster_locator import changed, fan, squares
from tests.support.editions import RANKS
from tests.support.partitions import random_partition
from tests.support.tree import at, ring, troubled_tree


def assert_same(locator: RasterLocator, grids: list[Grid]) -> None:
    """Compare vertex for vertex, whatever the order of rings and where they begin."""
    asked = [locator.find(grid.code) for grid in grids]
    for grid, shape in zip(grids, locator.shapes(asked), strict=True):
        assert shape.normalize().equals_exact(shapely.normalize(on_lattice(grid.shape)), 0.0), grid.code


@pytest.mark.parametrize("grids", [fan(3, 50), fan(40, 1_000_000), fan(16, 900_000_000), squares(9, 777_777)])
def test_shapes_come_back_as_they_went_in(grids: list[Grid]):
    """From 5 µm to a hundred kilometres; 40 grids around one place, in three records; a street with a hole."""
    assert_same(RasterLocator.build(grids, RANKS), grids)


def test_shapes_come_back_from_crowded_cells(monkeypatch: pytest.MonkeyPatch):
    """With 64 cells for 400 squares every cell is a tile."""
    monkeypatch.setattr("grid_boundaries.locate.raster.frame.LEAST_CELLS", 64)
    monkeypatch.setattr("grid_boundaries.locate.raster.frame.CELLS_A_GRID", 0)
    grids = squares(20, 777_777)
    assert_same(RasterLocator.build(grids, RANKS), grids)


def test_parts_holes_and_islands_come_back():
    """Two parts that touch in a corner, one with a hole, and in it an island of the same grid and another grid."""
    outer = Polygon(box(*at(0, 0), *at(4, 4)).exterior, [box(*at(1, 1), *at(3, 3)).exterior])
    mine = MultiPolygon([outer, box(*at(1.5, 1.5), *at(2, 2)), box(*at(4, 4), *at(5, 5))])
    other = box(*at(2, 2), *at(2.5, 2.5))
    grids = [Grid("M", mine, "unit_grid"), Grid("O", other, "unit_grid")]
    assert_same(RasterLocator.build(grids, RANKS), grids)


def test_what_was_patched_comes_back_too():
    """Grids merged, cut in two and laid into another; some of the records are older than others."""
    grids = squares(9, 777_777)
    locator = RasterLocator.build(grids, RANKS)
    gone, fresh = changed(grids, np.random.default_rng(4))
    left_out = {grid.code for grid in [*gone, *fresh]}
    after = [grid for grid in grids if grid.code not in left_out] + fresh
    gone += [grid for grid in grids if grid.code in {one.code for one in fresh}]
    west, south, east, north = locator.window([*gone, *fresh])
    around = [grid for grid in after if grid.shape.intersects(box(west, south, east, north))]
    assert_same(locator.updated(gone, fresh, around, RANKS), after)


def test_grids_whose_children_tile_them_have_no_edges_left():
    """A and B own nothing; C, of which a quarter is nobody else's, is whole."""
    locator = RasterLocator.build(troubled_tree(), RANKS)
    tiled, owning = locator.shapes([locator.find("A"), locator.find("C")])
    assert tiled.is_empty
    assert owning.equals(ring((2, 0), (4, 0), (4, 3), (2, 3)))
    assert locator.shapes([]) == []
    assert locator.find("none") is None


@pytest.mark.parametrize("seed", range(3))
def test_random_partitions_come_back(seed: int):
    """Cells of a random coverage, with slanting edges and places where several meet."""
    grids = [replace(grid, level="unit_grid", parent=None) for grid in random_partition(seed).grids]
    assert_same(RasterLocator.build(grids, RANKS), grids)
