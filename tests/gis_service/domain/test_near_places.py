"""Places that lie within a few metres of an earlier one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gis_service.domain.near_places import NONE, earlier_within

M = 1 / 111_195.0


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40),
    st.sampled_from([0.0, 25.0049999, -45.0, 80.0]),
)
def test_it_finds_what_comparing_all_pairs_finds(places, south):
    """Half-metre steps around a few latitudes; distances within a millimetre of the reach are left to chance."""
    lats = np.array([south + y * M / 2 for _, y in places])
    lons = np.array([102.7 + x * M / 2 / np.cos(np.radians(south)) for x, _ in places])
    found = earlier_within(lons, lats, 3.0)
    for index in range(len(places)):
        east = (lons[:index] - lons[index]) * np.cos(np.radians(lats[index])) / M
        distances = np.hypot(east, (lats[:index] - lats[index]) / M)
        if found[index] == NONE:
            assert not (distances < 2.999).any()
        else:
            assert distances[found[index]] < 3.001


def test_many_at_one_spot_are_all_told_of_the_first():
    """A thousand points on one spot: the first has nobody before it, all others have it."""
    found = earlier_within(np.full(1000, 102.7), np.full(1000, 25.0), 3.0)
    assert found[0] == NONE
    assert (found[1:] == 0).all()


def test_no_place_and_one_place_have_no_neighbour():
    """Nothing to compare with."""
    assert len(earlier_within(np.zeros(0), np.zeros(0), 3.0)) == 0
    assert earlier_within(np.zeros(1), np.zeros(1), 3.0).tolist() == [NONE]
