from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from grid_boundaries.locate.nearest import metres_per_degree
from grid_boundaries.locate.raster_locator import RasterLocator
from grid_boundaries.locate.uncertainty import CORNERS, PLACES, candidates, circle, scatter, shares, sigma_m
from grid_boundaries.partition import Grid
from tests.support.editions import RANKS

LON, LAT = 102.7, 25.0


@pytest.fixture(scope="module")
def halves() -> RasterLocator:
    """Two grids that meet at 102.7 E."""
    return RasterLocator.build(
        [
            Grid("W", box(102.6, 24.9, 102.7, 25.1), "unit_grid"),
            Grid("E", box(102.7, 24.9, 102.8, 25.1), "unit_grid"),
        ],
        RANKS,
    )


@pytest.mark.parametrize(("confidence", "sigma"), [(0.68, 13.25), (0.95, 8.17), (0.6321, 14.14)])
def test_twenty_metres_mean_different_things(confidence, sigma):
    """Android's 68 %, a browser's 95 %, and the root mean square of the distance at 63 %."""
    assert sigma_m(20.0, confidence) == pytest.approx(sigma, abs=0.01)


@pytest.mark.parametrize("distance_in_sigma", [0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0])
def test_beside_a_straight_edge_the_share_is_that_of_the_normal_distribution(halves, distance_in_sigma):
    """At d metres west of a straight edge the western grid has Phi(d / sigma), within 2 in 100."""
    sigma = sigma_m(50.0, 0.95)
    lon = LON - distance_in_sigma * sigma / metres_per_degree(LAT)[0]
    found = dict(candidates(halves, lon, LAT, 50.0))
    assert found.get("W", 0.0) == pytest.approx(NormalDist().cdf(distance_in_sigma), abs=0.02)
    assert sum(found.values()) == pytest.approx(1.0)


def test_the_radius_holds_as_many_places_as_its_confidence_says():
    """Of 256 places 95 % lie within the radius that is given with 95 %, give or take one."""
    lons, lats = scatter(LON, LAT, 30.0, 0.95)
    across, along = metres_per_degree(LAT)
    away_m = np.hypot((lons - LON) * across, (lats - LAT) * along)
    assert abs((away_m <= 30.0).sum() - 0.95 * PLACES) <= 1


def test_the_same_question_has_the_same_places():
    """Nothing is drawn by lot."""
    first, second = scatter(LON, LAT, 30.0, 0.95), scatter(LON, LAT, 30.0, 0.95)
    assert (np.array(first) == np.array(second)).all()


def test_a_point_known_exactly_has_one_candidate(halves):
    """Accuracy 0 m, a millimetre west of the edge."""
    assert candidates(halves, LON - 1e-8, LAT, 0.0) == [("W", 1.0)]


def test_the_likeliest_comes_first_and_the_share_outside_is_left_out():
    """Of eight places two lie in no grid: the rest sums to 3/4; equal shares are sorted by code."""
    assert shares(["B", None, "A", "C", "C", "C", None, "A"]) == [("C", 0.375), ("A", 0.25), ("B", 0.125)]
    assert shares([None, None]) == []


def test_places_stay_on_earth():
    """100 km of uncertainty at the pole and at the date line."""
    for lon, lat in ((180.0, 0.0), (-180.0, 90.0), (0.0, -90.0)):
        lons, lats = scatter(lon, lat, 100_000.0, 0.01)
        assert (np.abs(lons) <= 180).all()
        assert (np.abs(lats) <= 90).all()
        assert math.isfinite(lons.sum() + lats.sum())


def test_the_circle_holds_the_places_that_the_confidence_says():
    """Of 256 places 95 % lie in it, give or take two; nothing without a radius; cut at the 180th meridian."""
    around = circle(LON, LAT, 30.0)
    inside = shapely.contains_xy(around, *scatter(LON, LAT, 30.0, 0.95)).sum()
    assert inside == pytest.approx(0.95 * PLACES, abs=2)
    assert len(around.exterior.coords) == CORNERS + 1
    assert around.is_valid
    assert circle(LON, LAT, 0.0).is_empty
    assert circle(179.9999, 89.0, 1000.0).bounds[2] == 180.0
