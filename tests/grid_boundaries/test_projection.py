from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely.geometry import MultiPolygon, Point, Polygon, box

from grid_boundaries.projection import LocalPlane, metres_per_degree, straight_area_m2


def test_a_degree_is_as_long_as_the_ellipsoid_says():
    """At the equator 111,319.5 m by 110,574.3 m; at the pole a degree of longitude has no length."""
    assert metres_per_degree(0.0) == pytest.approx((111_319.491, 110_574.276), abs=0.001)
    assert metres_per_degree(90.0) == pytest.approx((0.0, 111_693.980), abs=0.001)


def test_the_area_of_a_small_polygon_is_geodesic():
    """A triangle of some 100 m, against pyproj's geodesics: there straight edges leave them by 0.01 mm."""
    triangle = Polygon([(102.7, 25.0), (102.701, 25.0002), (102.7003, 25.001)])
    lons, lats = triangle.exterior.coords.xy

    assert straight_area_m2(triangle) == pytest.approx(
        abs(Geod(ellps="GRS80").polygon_area_perimeter(lons, lats)[0]), rel=1e-5
    )


def test_the_zones_of_the_earth_add_up():
    """Two hemispheres make 510,065,622 km2, the surface of GRS 80."""
    assert straight_area_m2(box(-180, -90, 0, 90)) * 2 == pytest.approx(510_065_622e6, rel=1e-2)
    bands = sum(straight_area_m2(box(-180, lat, 180, lat + 1)) for lat in range(-90, 90))
    assert bands == pytest.approx(510_065_622e6, rel=1e-8)


def test_a_vertex_on_a_straight_edge_changes_no_area():
    """A strip 0.1 mm by 4.7 km, with its long side in one edge and in two: geodesics would add 424 m2."""
    one = Polygon([(102.72, 25.04), (102.767, 25.04), (102.767, 25.040000001), (102.72, 25.040000001)])
    two = Polygon([(102.72, 25.04), (102.75, 25.04), *one.exterior.coords[1:-1]])

    assert straight_area_m2(one) == pytest.approx(0.525, rel=0.01)
    assert straight_area_m2(two) == pytest.approx(straight_area_m2(one), rel=1e-5)


def test_parts_add_up_and_holes_count_off_whatever_their_turn():
    """A square less a hole of a sixteenth of it, and a second square."""
    outer, hole, other = box(102, 25, 102.04, 25.04), box(102.01, 25.01, 102.02, 25.02), box(103, 25, 103.01, 25.01)
    holed = Polygon(outer.exterior, [list(hole.exterior.coords)[::-1]])

    expected = straight_area_m2(outer) - straight_area_m2(hole) + straight_area_m2(other)

    assert straight_area_m2(MultiPolygon([holed, other])) == pytest.approx(expected)
    assert straight_area_m2(MultiPolygon([shapely.reverse(holed), other])) == pytest.approx(expected)


def test_an_empty_polygon_has_no_area():
    """No ring, no metres."""
    assert straight_area_m2(Polygon()) == 0.0


def test_a_local_plane_gives_back_what_it_was_given():
    """A thousand points within a degree, to less than a ten-thousandth of the lattice."""
    points = np.random.default_rng(1).uniform([102, 24.5], [103, 25.5], (1000, 2))
    shape = shapely.MultiPoint(points)
    plane = LocalPlane.around(shape)

    back = shapely.get_coordinates(plane.to_degrees(plane.to_metres(shape)))

    assert np.abs(back - points).max() < 1e-13


def test_a_local_plane_measures_near_its_centre_as_geodesics_do():
    """100 m to the north-east of the centre, to a millimetre."""
    plane = LocalPlane(102.7, 25.0)
    _, _, expected = Geod(ellps="GRS80").inv(102.7, 25.0, 102.7007, 25.00065)

    assert plane.to_metres(Point(102.7, 25.0)).distance(plane.to_metres(Point(102.7007, 25.00065))) == pytest.approx(
        expected, abs=0.001
    )
