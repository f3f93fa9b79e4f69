from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from grid_boundaries.projection import straight_area_m2
from grid_boundaries.redraw.transfers import find_transfers, is_sound
from tests.support.partitions import random_partition, square

LEFT, RIGHT = square("L", 0, 0, 10, 10), square("R", 10, 0, 20, 10)


def pairs(transfers):
    return {(one.from_code, one.to_code): one.area_m2 for one in transfers}


def test_nothing_moves_where_nothing_changes():
    """Both keep all they had."""
    moved = pairs(find_transfers([LEFT, RIGHT], [LEFT, RIGHT]))

    assert set(moved) == {("L", "L"), ("R", "R")}
    assert moved["L", "L"] == pytest.approx(straight_area_m2(LEFT.shape))


def test_an_edge_that_moves_takes_ground_from_one_to_the_other():
    """The common edge goes two thousandths of a degree west: a fifth of L goes to R."""
    after = [square("L", 0, 0, 8, 10), square("R", 8, 0, 20, 10)]

    moved = pairs(find_transfers([LEFT, RIGHT], after))

    assert set(moved) == {("L", "L"), ("L", "R"), ("R", "R")}
    assert moved["L", "R"] == pytest.approx(straight_area_m2(LEFT.shape) / 5, rel=1e-6)


def test_a_split_sends_the_ground_of_one_to_two():
    """All of L goes to N and S; nothing is left to L."""
    moved = pairs(find_transfers([LEFT], [square("N", 0, 5, 10, 10), square("S", 0, 0, 10, 5)]))

    assert set(moved) == {("L", "N"), ("L", "S")}
    assert sum(moved.values()) == pytest.approx(straight_area_m2(LEFT.shape))


def test_ground_that_nobody_had_or_has_is_told_too():
    """L retires without an heir, and A comes up where nobody was."""
    moved = pairs(find_transfers([LEFT], [square("A", 30, 0, 40, 10)]))

    assert set(moved) == {("L", None), (None, "A")}


def test_levels_do_not_mix():
    """A community and its unit grid stand on the same ground; each level has its own transfer."""
    both = [replace(LEFT, level="unit_grid"), replace(LEFT, code="C", level="community")]
    later = [replace(LEFT, code="L2", level="unit_grid"), replace(LEFT, code="C", level="community")]

    moved = [(one.level, one.from_code, one.to_code) for one in find_transfers(both, later)]

    assert moved == [("community", "C", "C"), ("unit_grid", "L", "L2")]


@given(seed=st.integers(0, 40), shift=st.integers(0, 11))
def test_areas_add_up_before_and_after(seed: int, shift: int):
    """A partition handed over to another on the same ground: what each had, it gives; what each has, it got.

    Pieces up to 0.3 mm wide are left out: along 5 km of border that is less than 5 m2.
    """
    one, other = random_partition(seed), random_partition(seed + 100)
    before = [replace(grid, code=f"a{grid.code}") for grid in one.grids]
    after = [replace(grid, code=f"b{grid.code}") for grid in other.grids[shift:] + other.grids[:shift]]

    transfers = find_transfers(before, after)

    for grid in before:
        gives = sum(one.area_m2 for one in transfers if one.from_code == grid.code)
        assert gives == pytest.approx(straight_area_m2(grid.shape), abs=5.0)
    for grid in after:
        gets = sum(one.area_m2 for one in transfers if one.to_code == grid.code)
        assert gets == pytest.approx(straight_area_m2(grid.shape), abs=5.0)
    assert all(one.from_code and one.to_code for one in transfers)


def test_no_polygon_is_not_sound():
    """A bow-tie, an empty polygon and a line cannot be measured."""
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    assert is_sound(LEFT.shape)
    assert not any(is_sound(shape) for shape in (bow, shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)])))
