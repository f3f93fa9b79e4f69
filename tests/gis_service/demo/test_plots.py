import numpy as np
import pytest
import shapely

from gis_service.demo.plots import rows_of_places, villages

GROUND = shapely.box(0, 0, 600, 300)


def distances_to_edge(places):
    assert shapely.contains_xy(GROUND, places[:, 0], places[:, 1]).all()
    return shapely.distance(shapely.points(places), GROUND.boundary)


def test_places_are_as_many_as_asked_and_clear_of_the_edge():
    """40 in 600 m by 300 m: 15 m from the edge, less a third for being moved."""
    places = rows_of_places(GROUND, 40, 15, np.random.default_rng(1))
    assert places.shape == (40, 2)
    assert distances_to_edge(places).min() > 15 * 0.65


def test_a_thin_ground_takes_many_places_too():
    """20 in a strip of 25 m."""
    assert len(rows_of_places(shapely.box(0, 0, 300, 25), 20, 7.5, np.random.default_rng(2))) == 20


def test_a_ground_without_inside_is_refused():
    """A strip of 20 m has no place 15 m from its edge."""
    with pytest.raises(ValueError, match="no place 15 m from its edge"):
        rows_of_places(shapely.box(0, 0, 300, 20), 1, 15, np.random.default_rng(3))


def test_houses_stand_in_villages():
    """120 houses in three villages of 40, each no wider than its houses need."""
    found = villages(GROUND, 120, 15, np.random.default_rng(4))
    assert [len(village) for village in found] == [40, 40, 40]
    assert max(np.ptp(village, axis=0).max() for village in found) < 300
    assert distances_to_edge(np.concatenate(found)).min() > 15 * 0.6


def test_no_houses_are_no_village():
    """An empty list."""
    assert villages(GROUND, 0, 15, np.random.default_rng(5)) == []


def test_a_village_without_room_is_refused():
    """A thousand houses 24 m apart in a square of 100 m."""
    with pytest.raises(ValueError, match="no room for 5"):
        villages(shapely.box(0, 0, 100, 100), 1_000, 15, np.random.default_rng(6))
