from __future__ import annotations

import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, box

from grid_boundaries.measure import area_m2, areas_m2, label_point, label_points


def test_the_area_of_a_square_degree_on_the_equator_is_the_ellipsoids():
    """One degree by one degree at the equator: 12,308.8 km2 on WGS 84."""
    assert area_m2(box(0, 0, 1, 1)) == pytest.approx(12_308.8e6, rel=1e-5)


def test_holes_count_off_whatever_the_direction_of_rings():
    """A square with a hole of a quarter of its side each way: the same area for all ring orders."""
    shell, hole = box(102, 25, 102.04, 25.04), box(102.01, 25.01, 102.02, 25.02)
    expected = area_m2(shell) - area_m2(hole)

    for outer in (list(shell.exterior.coords), list(shell.exterior.coords)[::-1]):
        for inner in (list(hole.exterior.coords), list(hole.exterior.coords)[::-1]):
            assert area_m2(Polygon(outer, [inner])) == pytest.approx(expected)


def test_parts_add_up():
    """Two separate squares."""
    one, two = box(102, 25, 102.01, 25.01), box(103, 25, 103.01, 25.01)

    assert area_m2(MultiPolygon([one, two])) == pytest.approx(area_m2(one) + area_m2(two))


def test_a_label_stands_inside_and_far_from_the_edge():
    """The middle of the thick end of an L, not the centroid, which lies outside of it."""
    thin_l = Polygon([(0, 0), (10, 0), (10, 1), (1, 1), (1, 10), (0, 10)])

    lon, lat = label_point(shapely.transform(thin_l, lambda xy: xy / 100 + [102, 25]))

    assert shapely.transform(thin_l, lambda xy: xy / 100 + [102, 25]).contains(Point(lon, lat))


def test_the_largest_part_carries_the_label():
    """A large square and a small one."""
    large, small = box(102, 25, 102.1, 25.1), box(103, 25, 103.01, 25.01)

    assert large.contains(Point(*label_point(MultiPolygon([small, large]))))


def test_many_shapes_are_measured_as_each_by_itself():
    """A square, one with a hole of another size, two parts of which the second is larger and holed, nothing."""
    holed = box(102, 25, 102.1, 25.1).difference(box(102.02, 25.02, 102.07, 25.05))
    pair = MultiPolygon([box(101, 25, 101.01, 25.01), holed])
    shapes = [box(102, 25, 102.01, 25.01), holed, pair]

    assert areas_m2([*shapes, Polygon(), MultiPolygon()]) == [*(area_m2(shape) for shape in shapes), 0.0, 0.0]
    assert area_m2(pair) == pytest.approx(area_m2(box(101, 25, 101.01, 25.01)) + area_m2(holed), rel=1e-12)
    assert area_m2(holed) < area_m2(box(102, 25, 102.1, 25.1))
    assert [tuple(place) for place in label_points(shapes).tolist()] == [label_point(shape) for shape in shapes]
    assert label_point(pair) == label_point(holed)
