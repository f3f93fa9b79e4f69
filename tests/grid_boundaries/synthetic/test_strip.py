import numpy as np
import pytest
import shapely

from grid_boundaries.synthetic.plane import Plane
from grid_boundaries.synthetic.strip import carve_strip

PLANE = Plane(102.8, 25.2)


def square(side_m, count):
    """A square as lattice steps with ``count`` vertices in all."""
    at = np.linspace(0, 4 * side_m, count, endpoint=False)
    edge = shapely.LinearRing([(0, 0), (side_m, 0), (side_m, side_m), (0, side_m)])
    return PLANE.steps(shapely.get_coordinates(shapely.line_interpolate_point(edge, at)))


def test_a_strip_has_the_width_and_about_the_length_that_was_asked():
    """300 m by 25 m along the edge of a square of 500 m, give or take one step of 20 m."""
    ring = square(500, 100)
    strip, rest = (shapely.Polygon(PLANE.metres(piece)) for piece in carve_strip(ring, 25, 300, PLANE))
    assert strip.area == pytest.approx(25 * 300, abs=25 * 20)
    assert strip.area + rest.area == pytest.approx(500 * 500)
    assert strip.is_valid
    assert rest.is_valid


def test_a_strip_is_made_shorter_where_there_is_no_room():
    """600 m do not fit along a side of 500 m without turning the corner; a shorter one does."""
    strip, _ = carve_strip(square(500, 100), 60, 900, PLANE)
    assert 300 < shapely.Polygon(PLANE.metres(strip)).length / 2 < 900


def test_there_is_no_strip_in_a_ground_as_narrow_as_itself():
    """25 m in a square of 30 m."""
    with pytest.raises(ValueError, match="No edge leaves room for a strip 20 m by 25 m"):
        carve_strip(square(30, 60), 25, 20, PLANE)
