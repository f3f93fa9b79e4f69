from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from grid_boundaries.check import CheckRules, check_tree
from grid_boundaries.generalise import Generalised, make
from grid_boundaries.partition import Grid
from tests.support.partitions import kunming, polygon, square
from tests.support.wiggly_tree import distance_in_plane, is_exact, wiggly_tree

RULES = CheckRules(contiguity=False)
TOLERANCES = (1e-5, 1e-4, 1e-3, 0.02)


def check(grids: list[Grid], made: Generalised):
    """The report of the check on the generalised tree."""
    drawn = [Grid(one.code, made.shapes[one.code], one.level, one.parent, one.name) for one in grids]
    return check_tree(drawn, RULES, ())


@given(seed=st.integers(0, 10_000), tolerance=st.sampled_from(TOLERANCES), cells=st.integers(3, 40))
@settings(max_examples=60)
def test_a_generalised_tree_is_a_tree_near_the_exact_one(seed: int, tolerance: float, cells: int):
    """Every parent is proved to be tiled, nothing has vanished, and no line has moved by more than the tolerance.

    Up to 0.02 degrees, where the whole tree is 0.05 wide: grids smaller than the tolerance stay triangles at least.
    """
    grids = wiggly_tree(seed, cells).grids()
    assert is_exact(grids)
    made = make(grids, tolerance)
    report = check(grids, made)
    assert report.valid, report.findings
    assert report.certificate
    assert set(made.shapes) == {grid.code for grid in grids}
    for grid in grids:
        shape = made.shapes[grid.code]
        assert distance_in_plane(grid.shape, shape) <= tolerance * (1 + 1e-9)
        assert _corners(shape) <= _corners(grid.shape)
        assert len(shapely.get_rings(shape)) == len(shapely.get_rings(grid.shape))


def test_most_vertices_go_where_lines_waver_by_less_than_the_tolerance():
    """Of 8 pieces of an edge that wavers by some metres one is left at 0.001 degrees, a hundred metres."""
    made = make(wiggly_tree(1).grids(), 1e-3)
    assert made.vertices_after < made.vertices_before / 4


def test_a_line_that_would_cross_another_gives_way():
    """Two lines 2 km apart bulge side by side, one by 4.1 km and one by 4: at a tolerance of 4.05 km one would go.

    The bulge of the other would then reach over it.
    """
    lower = [(0, 0), (40, 0), (50, 41), (60, 0), (100, 0)]
    upper = [(0, 20), (40, 20), (50, 60), (60, 20), (100, 20)]
    grids = [
        polygon("S", (0, -50), (100, -50), *lower[::-1]),
        polygon("R", *lower, *upper[::-1]),
        polygon("N", *upper, (100, 99), (0, 99)),
    ]
    made = make(grids, 40.5e-3 / np.cos(np.radians(25.04)))
    assert check(grids, made).valid
    assert 0 < made.refined_lines < made.lines


def test_the_same_tree_gives_the_same_shapes_in_any_order():
    """Order of grids, ring starts and ring turns make no difference to what stays."""
    grids = wiggly_tree(3).grids()
    turned = [Grid(one.code, shapely.reverse(_restarted(one.shape)), one.level, one.parent) for one in grids[::-1]]
    first, second = make(grids, 1e-4), make(turned, 1e-4)
    assert all(_corners(first.shapes[one.code]) == _corners(second.shapes[one.code]) for one in grids)


def test_tolerance_zero_keeps_what_is_not_in_line():
    """Nothing but vertices on the straight line between their neighbours may go."""
    grids = wiggly_tree(5).grids()
    made = make(grids, 0.0)
    assert all(distance_in_plane(one.shape, made.shapes[one.code]) == 0.0 for one in grids)


def test_an_enclave_keeps_three_corners_at_least():
    """A square of 100 m inside another: at a tolerance of 1 km its ring has no junction and must not vanish."""
    inner = square("I", 40, 40, 41, 41)
    ring = [(40, 40), (41, 40), (41, 41), (40, 41)]
    outer = polygon("O", (0, 0), (80, 0), (80, 80), (0, 80), holes=[ring])
    grids = [inner, outer]
    made = make(grids, 0.01)
    assert check(grids, made).valid
    assert made.shapes["I"].area > 0
    assert len(made.shapes["O"].interiors) == 1
    assert made.refined_lines > 0


def test_an_island_in_a_bay_stays_in_the_water():
    """The mouth of the bay would be closed over the island, which is a part of the same grid."""
    mainland = [(0, 0), (100, 0), (100, 60), (54, 60), (52, 20), (50, 20), (46, 60), (0, 60)]
    shape = shapely.MultiPolygon([polygon("m", *mainland).shape, square("i", 50.5, 40, 51.5, 42).shape])
    made = make([Grid("A", shape)], 0.05)
    assert made.shapes["A"].is_valid
    assert len(made.shapes["A"].geoms) == 2
    assert made.refined_lines > 0


def test_a_line_through_a_narrow_place_does_not_cross_the_other_bank():
    """Two wavy grids on both sides of a strip 20 m wide: at a tolerance of 200 m the strip is still there."""
    steps = np.arange(0, 101)
    wave = 1.5 * np.sin(steps / 4)
    south = [*zip(steps.tolist(), wave.tolist(), strict=True)]
    north = [(x, y + 0.2) for x, y in south]
    grids = [
        polygon("S", (0, -10), (100, -10), *south[::-1]),
        polygon("R", *south, *north[::-1]),
        polygon("N", *north, (100, 20), (0, 20)),
    ]
    made = make(grids, 0.002)
    assert check(grids, made).valid
    assert made.shapes["R"].area > 0


def test_roots_keep_apart_and_keep_their_gap():
    """Fourteen roots, the districts of Kunming: they share no ground, and fill together what they did, nearly."""
    made = make(kunming(), 0.001)
    assert made.unproved == ()
    shapes = list(made.shapes.values())
    union = shapely.union_all(shapes, grid_size=1e-9)
    assert sum(shape.area for shape in shapes) == pytest.approx(union.area, rel=1e-9)
    assert union.area == pytest.approx(sum(one.shape.area for one in kunming()), rel=1e-3)


def test_roots_that_overlap_are_named_and_stay_valid():
    """Nothing can be proved of what was wrong from the start."""
    made = make([square("A", 0, 0, 2, 2), square("B", 1, 1, 3, 3)], 1e-5)
    assert made.unproved == ("",)
    assert all(shape.is_valid for shape in made.shapes.values())


def test_children_that_leave_a_lake_are_held_to_what_they_fill():
    """The parent has ground that no child has: the children keep apart, and the lake stays a lake."""
    parent = square("P", 0, 0, 3, 1)
    west, east = square("W", 0, 0, 1, 1), square("E", 1, 0, 2, 1)
    grids = [parent, *(Grid(one.code, one.shape, "street", "P") for one in (west, east))]
    made = make(grids, 1e-4)
    assert made.unproved == ()
    assert made.shapes["P"].area == pytest.approx(3e-6)
    assert made.shapes["W"].union(made.shapes["E"]).area == pytest.approx(2e-6)
    assert made.shapes["W"].intersection(made.shapes["E"]).area == 0


@pytest.mark.parametrize("tolerance", [1e-4, 1e-2])
def test_no_grids_give_no_shapes(tolerance: float):
    """An empty tree is generalised to an empty tree."""
    assert make([], tolerance).shapes == {}


def _corners(shape: shapely.Geometry) -> set[tuple[float, float]]:
    return {(x, y) for x, y in shapely.get_coordinates(shape).tolist()}


def _restarted(shape: shapely.Geometry) -> shapely.Geometry:
    corners = shapely.get_coordinates(shape)[:-1]
    return shapely.Polygon(np.roll(corners, 3, axis=0))
