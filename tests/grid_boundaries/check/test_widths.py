from __future__ import annotations

import pytest
import shapely
from shapely.geometry import Point, Polygon, box

from grid_boundaries.check.widths import equal_rectangle_m, greatest_width_m, width_m


@pytest.mark.parametrize(("length", "width"), [(1, 1), (10, 1), (100, 1), (10_000, 0.0001)])
def test_a_strip_is_as_wide_as_it_is(length, width):
    """Rectangles from a square to 0.1 mm by 10 km, within 2 %."""
    assert width_m(box(0, 0, length, width)) == pytest.approx(width, rel=0.02)


def test_a_disc_is_as_wide_as_its_diameter():
    """Radius 5 m."""
    assert width_m(Point(0, 0).buffer(5, quad_segs=64)) == pytest.approx(10, rel=0.01)


def test_a_long_wedge_is_half_as_wide_as_its_mouth():
    """1 m at the mouth, 100 m long: the mean."""
    assert width_m(Polygon([(0, 0), (100, -0.5), (100, 0.5)])) == pytest.approx(0.5, rel=0.02)


def test_the_greatest_width_of_a_wedge_is_at_its_mouth():
    """The largest disc in the same wedge is almost as wide as the mouth."""
    assert greatest_width_m(Polygon([(0, 0), (100, -0.5), (100, 0.5)]), 0.005) == pytest.approx(0.99, rel=0.02)


def test_the_equal_rectangle_of_a_rectangle_is_itself():
    """3 by 40, turned by 30 degrees; of a disc, a square of the same perimeter."""
    turned = shapely.affinity.rotate(box(0, 0, 40, 3), 30)

    assert equal_rectangle_m(turned) == pytest.approx((3, 40))
    assert len(set(equal_rectangle_m(Point(0, 0).buffer(1)))) == 1


def test_nothing_has_no_width():
    """An empty polygon."""
    assert width_m(Polygon()) == 0.0
