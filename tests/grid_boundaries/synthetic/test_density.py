import numpy as np
import pytest

from grid_boundaries.synthetic.density import Centre, Density
from grid_boundaries.synthetic.plane import Plane

PLANE = Plane(102.8, 25.2)
SQUARE = np.array([[0.0, 0.0], [1000.0, 0.0], [1000.0, 1000.0], [0.0, 1000.0]])


def mass_within(density, ring):
    return float(np.sum(density.mass_along(ring, np.roll(ring, -1, axis=0))))


def test_open_country_weighs_its_area():
    """A square of 1 km holds a million square metres."""
    assert mass_within(Density(PLANE), SQUARE) == pytest.approx(1e6)


def test_the_mass_within_a_ring_is_the_sum_over_its_inside():
    """Green's theorem against 40,000 samples of the density in a square beside a centre of 700 m."""
    density = Density(PLANE, (Centre(102.803, 25.204, 700, 25),))
    ticks = (np.arange(200) + 0.5) * 5.0
    sampled = density.at(np.stack(np.meshgrid(ticks, ticks), axis=-1)).sum() * 25.0
    assert mass_within(density, SQUARE) == pytest.approx(sampled, rel=1e-3)


def test_a_centre_is_as_dense_as_its_weight_says():
    """Weight 25 on open country of 1."""
    density = Density(PLANE, (Centre(102.8, 25.2, 700, 25),))
    assert density.at(np.array([[0.0, 0.0], [1e6, 0.0]])) == pytest.approx([26.0, 1.0])
