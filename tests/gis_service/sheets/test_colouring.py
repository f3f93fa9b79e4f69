from __future__ import annotations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis_service.sheets.colouring import FEWEST, colour_map, fill_of
from tests.support.sheets import cells, outline


@given(st.integers(2, 60), st.integers(0, 10_000))
def test_neighbours_differ(count, seed):
    """Shapes that touch have different colours; a plane map never needs more than six here."""
    shapes = cells(count, outline(), seed)

    colours = colour_map(shapes)

    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = [(one, other) for one, other in zip(left, right, strict=True) if one != other]
    assert pairs
    assert all(colours[one] != colours[other] for one, other in pairs)
    assert max(colours) <= FEWEST


def test_four_squares_that_meet_in_a_corner_all_differ():
    """A corner in common counts."""
    squares = [shapely.box(x, y, x + 1, y + 1) for x in (0, 1) for y in (0, 1)]

    assert len(set(colour_map(squares))) == 4


def test_a_wheel_with_many_spokes_takes_few_colours():
    """A hub and 40 wedges around it, all of which it touches."""
    disc = shapely.Point(0, 0).buffer(10, quad_segs=10)
    hub = shapely.Point(0, 0).buffer(2, quad_segs=10)
    places = shapely.get_coordinates(disc)[:-1]
    wedges = [
        shapely.Polygon([(0, 0), places[number], places[(number + 1) % len(places)]]).difference(hub)
        for number in range(len(places))
    ]

    colours = colour_map([hub, *wedges])

    assert colours[0] not in colours[1:]
    assert max(colours) < FEWEST


@pytest.mark.parametrize("number", range(20))
def test_black_letters_are_read_on_every_fill(number):
    """WCAG 2.2, 1.4.6: a contrast of at least 7 to 1 with the ink of the labels."""

    def luminance(colour):
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert (luminance(fill_of(number)) + 0.05) / (luminance("#1A1A1A") + 0.05) >= 7


def test_fills_differ():
    """Twenty numbers, twenty colours."""
    assert len({fill_of(number) for number in range(20)}) == 20
