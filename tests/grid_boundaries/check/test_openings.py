"""Gaps that open to the outside, with no parent to bound them; and outlines that are none."""

from __future__ import annotations

import pytest
import shapely

from grid_boundaries.check import CheckRules, check_grids
from tests.support.partitions import polygon, random_partition, rules_of, square


def gaps(*grids, rules=None):
    """Return the gaps of grids without a parent."""
    return [finding for finding in check_grids(grids, rules=rules or CheckRules()).findings if finding.rule == "gap"]


def test_a_strip_between_two_grids_that_never_meet_is_a_gap():
    """Squares of 1 km with 10 m between them: 10 m by 1.1 km, open at both ends."""
    (gap,) = gaps(square("a", 0, 0, 10, 10), square("b", 10.1, 0, 20, 10))

    assert gap.grids == ("a", "b")
    assert gap.width_m == pytest.approx(10.1, rel=0.02)
    assert gap.area_m2 == pytest.approx(10.09 * 1107.7, rel=0.01)


def test_a_long_wedge_between_two_grids_that_never_meet_is_a_gap():
    """5 m wide at one end, 61 m at the other, 1.1 km long: too uneven for an inlet, but open at both ends."""
    (gap,) = gaps(square("a", 0, 0, 10, 10), polygon("b", (10.05, 0), (20, 0), (20, 10), (10.6, 10)))

    assert set(gap.grids) == {"a", "b"}
    assert gap.area_m2 == pytest.approx((5.05 + 60.6) / 2 * 1107.7, rel=0.02)


def test_a_strip_behind_a_moved_grid_is_a_gap_up_to_its_mouth():
    """A grid moved 5 m east, over the one below: the strip ends in a crossing, and opens to the north."""
    below = square("c", 0, -10, 20, 0)
    (gap,) = gaps(square("a", 0, 0, 10, 10), polygon("b", (10.05, -0.1), (20, -0.1), (20, 10), (10.05, 10)), below)

    assert set(gap.grids) == {"a", "b", "c"}
    assert gap.area_m2 == pytest.approx(5.045 * 1107.7, rel=0.01)


def test_ground_wider_than_the_limit_is_outside():
    """The same strip 10 m wide is none where the limit is 8 m."""
    apart = square("a", 0, 0, 10, 10), square("b", 10.1, 0, 20, 10)

    assert gaps(*apart, rules=CheckRules(strip_width_m=8.0)) == []
    assert gaps(*apart, rules=CheckRules(strip_width_m=0.0)) == []
    assert len(gaps(*apart, rules=CheckRules(strip_width_m=12.0))) == 1


def test_an_even_inlet_between_grids_is_a_gap():
    """A lane 10 m wide and 300 m deep left out between two grids that a third joins: 30 times as deep as wide."""
    (gap,) = gaps(
        square("w", 0, 0, 5, 3),
        square("e", 5.1, 0, 10, 3),
        polygon("s", (0, -3), (10, -3), (10, 0), (5.1, 0), (5, 0), (0, 0)),
    )

    assert set(gap.grids) == {"e", "s", "w"}
    assert gap.area_m2 == pytest.approx(10.09 * 332.3, rel=0.02)


def test_a_crack_in_one_grid_is_a_gap():
    """20 cm wide and 220 m deep: nobody draws that on purpose."""
    (gap,) = gaps(polygon("a", (0, 0), (10, 0), (10, 4), (5.002, 4), (5.002, 2), (5, 2), (5, 4), (0, 4)))

    assert gap.grids == ("a",)
    assert gap.width_class == "sliver"


def test_a_wide_inlet_in_one_grid_is_its_outline():
    """30 m wide and 220 m deep, a canal perhaps."""
    assert gaps(polygon("a", (0, 0), (10, 0), (10, 4), (5.3, 4), (5.3, 2), (5, 2), (5, 4), (0, 4))) == []


def test_a_sharp_notch_down_to_a_common_vertex_is_the_outline():
    """Two grids whose outlines run towards each other at 3 degrees and meet in a vertex: 11 m apart after 220 m."""
    left = polygon("a", (0, 0), (5, 0), (5, 2), (4.95, 4), (0, 4))
    right = polygon("b", (5, 0), (10, 0), (10, 4), (5.05, 4), (5, 2))

    assert gaps(left, right) == []


def test_squares_that_touch_in_a_corner_leave_no_gap():
    """Two of four squares, corner to corner: the right angles beside the corner are open ground."""
    assert rules_of(check_grids([square("a", 0, 0, 1, 1), square("b", 1, 1, 2, 2)]).findings) == {"not-contiguous"}


def test_a_missing_grid_at_the_outline_is_a_bay():
    """Nine squares less one at the edge: as deep as wide, so nobody can tell it from an outline."""
    grids = [square(f"{i}{j}", i, j, i + 1, j + 1) for i in range(3) for j in range(3) if (i, j) != (1, 2)]

    assert check_grids(grids).findings == ()


def test_a_short_strait_is_no_gap():
    """Two headlands of grids that a third joins, 60 m apart over 220 m, with a bay of 1 km behind them."""
    south = polygon("c", (0, -10), (30, -10), (30, 0), (20, 0), (10, 0), (0, 0))
    west = polygon("a", (0, 0), (10, 0), (10, 7), (14.7, 7), (14.7, 9), (10, 9), (10, 10), (0, 10))
    east = polygon("b", (20, 0), (30, 0), (30, 10), (20, 10), (20, 9), (15.3, 9), (15.3, 7), (20, 7))

    assert gaps(south, west, east) == []


def test_between_small_grids_a_strip_has_to_be_narrower():
    """Grids of 50 m by 554 m, so 167 m wide as squares go: 35 m between them are a strip, 45 m are not."""
    west = square("a", 0, 0, 0.5, 5)

    assert len(gaps(west, square("b", 0.85, 0, 1.35, 5))) == 1
    assert gaps(west, square("b", 0.95, 0, 1.45, 5)) == []


def test_islands_of_a_partition_are_no_gaps():
    """Every other cell of random partitions, some of which meet in corners only: no gaps but true holes."""
    for seed in range(30):
        some = random_partition(seed, 14).grids[::2]
        union = shapely.boundary(shapely.coverage_union_all([grid.shape for grid in some]))
        rings = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(union))))
        inside = [
            ring for ring in rings if not any(grid.shape.contains(ring.representative_point()) for grid in some)
        ]

        assert len(gaps(*some)) == len(inside)
