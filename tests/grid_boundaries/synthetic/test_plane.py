import numpy as np

from grid_boundaries.synthetic.plane import Plane


def test_steps_come_back_from_metres():
    """Two places 30 km apart return to the same lattice points."""
    plane = Plane(102.8, 25.2)
    steps = np.array([[102_717_168_001, 25_033_406_999], [103_037_281_000, 25_460_163_000]])
    assert np.array_equal(plane.steps(plane.metres(steps)), steps)


def test_a_place_lies_where_its_steps_lie():
    """102.9, 25.3 lies about 10 km east and 11 km north of 102.8, 25.2."""
    plane = Plane(102.8, 25.2)
    east, north = plane.place(102.9, 25.3)
    assert np.allclose(plane.metres(np.array([[102_900_000_000, 25_300_000_000]])), [[east, north]])
    assert 10_000 < east < 10_100
    assert 11_000 < north < 11_100
