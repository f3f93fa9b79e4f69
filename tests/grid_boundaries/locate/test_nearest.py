from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import Polygon, box

from grid_boundaries.locate.nearest import box_around, distances_m, metres_per_degree, nearest_of, nearest_places

GEOD = Geod(ellps="WGS84")


def shapes(*given_shapes) -> np.ndarray:
    return np.array(given_shapes, dtype=np.object_)


def brute_force_m(shape: Polygon, lon: float, lat: float) -> float:
    """The smallest geodesic distance to 20,000 places on the boundary."""
    around = shapely.line_interpolate_point(shape.exterior, np.linspace(0, 1, 20_001), normalized=True)
    lons, lats = shapely.get_coordinates(around).T
    return GEOD.inv(np.full(lons.size, lon), np.full(lons.size, lat), lons, lats)[2].min()


@settings(max_examples=40, deadline=None)
@given(st.floats(102.0, 104.0), st.floats(24.0, 26.0), st.floats(20.0, 50.0))
def test_the_distance_is_that_of_the_nearest_place_on_the_boundary(lon, lat, north):
    """A slanted quadrilateral of 20 km and points up to 150 km away, at latitudes from 20 to 50: to 1 in 10,000."""
    lat += north - 25.0
    shape = Polygon([(102.9, north), (103.1, north - 0.02), (103.05, north + 0.2), (102.95, north + 0.1)])
    measured = distances_m(shapes(shape), lon, lat)[0]
    if shape.covers(shapely.Point(lon, lat)):
        assert measured == 0.0
    else:
        assert measured == pytest.approx(brute_force_m(shape, lon, lat), rel=1e-4, abs=2.0)


def test_a_shape_that_covers_the_point_is_at_distance_zero():
    """Inside and on the edge; a hundredth of a degree north of the edge it is 1,108 m."""
    square = box(102.7, 25.0, 102.8, 25.1)
    assert distances_m(shapes(square), 102.75, 25.05).tolist() == [0.0]
    assert distances_m(shapes(square), 102.75, 25.1).tolist() == [0.0]
    assert distances_m(shapes(square), 102.75, 25.11)[0] == pytest.approx(1107.7, abs=0.1)


def test_an_empty_shape_is_infinitely_far():
    """Alone, and beside one that is there; no shape at all gives no distance."""
    assert distances_m(shapes(Polygon()), 102.75, 25.05).tolist() == [math.inf]
    assert distances_m(shapes(Polygon(), box(102, 25, 103, 26)), 102.5, 25.5).tolist() == [math.inf, 0.0]
    assert distances_m(shapes(), 102.75, 25.05).size == 0


def test_equal_distances_go_to_the_largest_rank_and_then_to_the_first():
    """Three shapes share the nearest corner; the second and third are deeper."""
    three = shapes(box(0, 0, 2, 2), box(0, 0, 1, 1), box(0, -1, 1, 0))
    place, distance_m = nearest_of(three, np.array([1, 2, 2], dtype=np.int32), -1.0, 0.0)
    assert place == 1
    assert distance_m == pytest.approx(111_319.5, abs=0.1)


@given(st.floats(-179, 179), st.floats(-85, 85), st.floats(0, 200_000), st.floats(0, 360))
def test_a_box_around_a_point_holds_all_that_is_so_near(lon, lat, distance_m, bearing):
    """Whatever the latitude and the bearing, a place at the distance lies in the box; so does one at half of it."""
    west, south, east, north = box_around(lon, lat, distance_m)
    for share in (1.0, 0.5):
        to_lon, to_lat, _ = GEOD.fwd(lon, lat, bearing, distance_m * share)
        around = (to_lon - lon + 180) % 360 - 180 + lon
        assert west <= around <= east
        assert south <= to_lat <= north


@pytest.mark.parametrize("lat", [0.0, 25.0, 60.0])
def test_a_degree_has_the_length_that_the_ellipsoid_gives_it(lat):
    """Against a thousandth of a degree measured as a geodesic."""
    across, along = metres_per_degree(lat)
    assert across == pytest.approx(GEOD.inv(100, lat, 100.001, lat)[2] * 1000, rel=1e-6)
    assert along == pytest.approx(GEOD.inv(100, lat - 0.0005, 100, lat + 0.0005)[2] * 1000, rel=1e-6)


def test_the_nearest_place_is_as_far_as_the_distance_says():
    """On the boundary of a slanted edge; the point itself inside; NaN of an empty shape; none of none."""
    slanted = Polygon([(102.7, 25.0), (102.8, 25.02), (102.8, 25.1)])
    lon, lat = 102.76, 24.99
    foot, nothing = nearest_places(shapes(slanted, Polygon()), lon, lat)
    assert slanted.exterior.distance(shapely.Point(foot)) < 1e-12
    assert GEOD.inv(lon, lat, *foot)[2] == distances_m(shapes(slanted), lon, lat)[0]
    assert np.isnan(nothing).all()
    assert nearest_places(shapes(slanted), 102.79, 25.05).tolist() == [[102.79, 25.05]]
    assert nearest_places(shapes(), lon, lat).shape == (0, 2)
