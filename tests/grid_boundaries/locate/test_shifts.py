from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from grid_boundaries.locate.shifts import (
    CHINA,
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    in_china,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

GEOD = Geod(ellps="WGS84")
CENTIMETRE = 0.01
# The mainland with room to the edges of the box, where the offset begins in a jump.
INLAND = st.tuples(st.floats(73.0, 136.0), st.floats(2.0, 55.0))


def arrays(lon: float, lat: float):
    return np.array([lon]), np.array([lat])


def metres(first, second) -> np.ndarray:
    places = (np.atleast_1d(values) for values in (*first, *second))
    return GEOD.inv(*places)[2]


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    ],
)
def test_gcj02_is_where_other_libraries_see_it(wgs84, gcj02):
    """Shanghai, Shenzhen and Beijing as two published libraries give them; they differ by 1 cm in the ellipsoid."""
    assert metres(wgs84_to_gcj02(*arrays(*wgs84)), gcj02)[0] < 2 * CENTIMETRE


def test_bd09_is_where_other_libraries_see_it():
    """Beijing, 116.404 E 39.915 N in GCJ-02, to a millimetre."""
    assert metres(gcj02_to_bd09(*arrays(116.404, 39.915)), (116.41036949371029, 39.92133699351021))[0] < 0.001


def test_the_one_step_inverse_of_others_is_near_but_not_exact():
    """The published one-step result lies 4 cm off; here the way back leads to where it began."""
    here = bd09_to_gcj02(*arrays(116.404, 39.915))
    off_m = metres(here, (116.39762729119315, 39.90865673957631))[0]
    assert 0.01 < off_m < 0.1
    assert metres(gcj02_to_bd09(*here), arrays(116.404, 39.915))[0] < 1e-4


@given(INLAND)
def test_gcj02_and_back_is_the_same_place(place):
    """Anywhere in China to less than a centimetre."""
    there = wgs84_to_gcj02(*arrays(*place))
    assert metres(gcj02_to_wgs84(*there), place)[0] < CENTIMETRE


@given(INLAND)
def test_bd09_and_back_is_the_same_place(place):
    """Anywhere in China to less than a centimetre."""
    there = wgs84_to_bd09(*arrays(*place))
    assert metres(bd09_to_wgs84(*there), place)[0] < CENTIMETRE


def test_the_shift_is_half_a_kilometre():
    """Over 10,000 places from 98 to 125 E and 20 to 45 N: 500 m in the median, never over 700 m."""
    lons, lats = np.random.default_rng(1).uniform([[98], [20]], [[125], [45]], (2, 10_000))
    shift = metres(wgs84_to_gcj02(lons, lats), (lons, lats))
    assert np.median(shift) == pytest.approx(500, abs=30)
    assert shift.max() < 700


@pytest.mark.parametrize("place", [(2.35, 48.85), (72.0, 30.0), (137.84, 35.0), (100.0, 0.8), (100.0, 55.9)])
@pytest.mark.parametrize("convert", [wgs84_to_gcj02, gcj02_to_wgs84, wgs84_to_bd09, bd09_to_wgs84])
def test_nothing_is_shifted_outside_china(place, convert):
    """Paris, and a step beyond each side of the box."""
    lons, lats = convert(*arrays(*place))
    assert (lons[0], lats[0]) == place


def test_the_box_is_closed():
    """Its corners belong to it; and the inverse ends there too, though the offset jumps."""
    west, south, east, north = CHINA
    corners = np.array([west, west, east, east]), np.array([south, north, south, north])
    assert in_china(*corners).all()
    assert np.isfinite(gcj02_to_wgs84(*corners)).all()
    assert np.isfinite(bd09_to_wgs84(*corners)).all()


def test_places_in_and_out_of_china_may_come_together():
    """Of three places only the one in the middle moves; nothing at all gives nothing."""
    lons, lats = np.array([2.35, 102.7, 151.2]), np.array([48.85, 25.0, -33.9])
    shifted = wgs84_to_gcj02(lons, lats)
    assert (shifted[0] != lons).tolist() == [False, True, False]
    assert gcj02_to_wgs84(np.empty(0), np.empty(0))[0].size == 0
