from __future__ import annotations

import numpy as np
import pytest

from grid_boundaries.locate.readings import other_readings
from grid_boundaries.locate.shifts import bd09_to_wgs84, gcj02_to_wgs84

KASHGAR = (75.99, 39.47)
KUNMING = (102.71, 25.04)


def read(place, crs):
    return [(one.crs, one.is_swapped) for one in other_readings(*place, crs)]


@pytest.mark.parametrize(
    ("crs", "others"),
    [
        ("EPSG:4326", ["gcj02", "bd09"]),
        (" epsg:4490", ["gcj02", "bd09"]),
        ("GCJ02", ["EPSG:4326", "bd09"]),
        ("bd09", ["EPSG:4326", "gcj02"]),
        ("EPSG:4543", []),
    ],
)
def test_a_pair_in_degrees_may_be_meant_in_the_other_systems(crs, others):
    """Kunming: 102.71 is no latitude, so that nothing is swapped; a projected system is not doubted."""
    assert read(KUNMING, crs) == [(other, False) for other in others]


def test_where_the_two_may_be_swapped_that_comes_first():
    """Kashgar lies west of 90 E: 39.47 E 75.99 N is a place too, in the system that was declared."""
    swapped, *others = other_readings(*KASHGAR, "gcj02")
    assert (swapped.is_swapped, swapped.crs, swapped.lon, swapped.lat) == (True, "gcj02", 39.47, 75.99)
    assert [one.crs for one in others] == ["EPSG:4326", "bd09"]


def test_a_reading_is_a_place_in_wgs84():
    """The shifts of the two maps taken off."""
    arrays = [np.array([degrees]) for degrees in KUNMING]
    for reading, convert in zip(other_readings(*KUNMING, "EPSG:4326"), (gcj02_to_wgs84, bd09_to_wgs84), strict=True):
        lons, lats = convert(*arrays)
        assert (reading.lon, reading.lat) == (lons[0], lats[0])
