from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon

from grid_boundaries.partition import from_lattice, on_lattice, to_lattice


@given(st.lists(st.integers(-180_000_000_000, 180_000_000_000), min_size=1))
def test_lattice_steps_survive_the_way_to_degrees_and_back(steps):
    """Nine decimals of a degree fit a double exactly enough: every integer comes back."""
    lattice = np.array(steps, dtype=np.int64)

    assert (to_lattice(from_lattice(lattice)) == lattice).all()


@given(st.floats(-180, 180))
def test_no_coordinate_moves_by_more_than_half_a_step(degree):
    """Half a step is 0.05 mm."""
    assert abs(from_lattice(to_lattice(np.array([degree])))[0] - degree) <= 0.5000001e-9


def test_a_shape_put_on_the_lattice_twice_stays():
    """The second time nothing moves."""
    once = on_lattice(Polygon([(0.1234567891234, 0), (1, 0.00000000049), (1, 1)]))

    assert on_lattice(once).equals_exact(once, 0)
