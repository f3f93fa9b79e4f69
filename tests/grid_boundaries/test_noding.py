from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, box

from grid_boundaries.noding import node_long_edges


def node(*shapes):
    """Node shapes given one by one."""
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return node_long_edges(array)


def test_a_long_edge_gets_the_corners_that_lie_on_it():
    """A parent of four corners over three children of 1 km each: four vertices set, the ground the same."""
    children = [box(1000 * i, 0, 1000 * i + 1000, 1000) for i in range(3)]
    parent = box(0, 0, 3000, 1000)

    (*same, noded), count = node(*children, parent)

    assert count == 4
    assert shapely.get_num_coordinates(noded) == 9
    assert noded.equals(parent)
    assert all(one is other for one, other in zip(same, children, strict=True))


def test_corners_rounded_to_the_millimetre_lie_on_an_oblique_edge():
    """An edge from 0, 0 to 3000, 1234.567, cut at a third: the point is 0.3 mm beside it."""
    cut = (1000.0, 411.522)
    below = Polygon([(0, 0), (3000, 0), (3000, 1234.567)])
    above = Polygon([(0, 0), cut, (3000, 1234.567), (0, 2000)])

    (noded, _), count = node(below, above)

    assert count == 1
    assert cut in noded.exterior.coords
    assert shapely.coverage_is_valid([noded, above])


def test_several_corners_are_set_in_their_order():
    """Two parts and a hole above one long edge, drawn from right to left."""
    lower = box(0, -100, 1000, 0)
    corners = [(x, 0) for x in (700, 200, 450)]
    upper = Polygon([(0, 0), (0, 500), (1000, 500), (1000, 0), *sorted(corners, reverse=True)])

    (noded, _), count = node(lower, upper)

    assert count == 3
    assert noded.is_valid
    assert shapely.coverage_is_valid([noded, upper])


def test_holes_and_parts_stay():
    """A multipolygon with a hole whose long edge gets a corner; its other part is as it was."""
    holed = Polygon(box(0, 0, 1000, 1000).exterior, [box(200, 200, 800, 800).exterior])
    both = MultiPolygon([holed, box(5000, 0, 6000, 1000)])
    inner = Polygon([(200, 200), (800, 200), (800, 800), (500, 800), (200, 800)])

    (noded, _), count = node(both, inner)

    assert count == 1
    assert noded.geom_type == "MultiPolygon"
    assert noded.equals(both)
    assert (500, 800) in noded.geoms[0].interiors[0].coords


@pytest.mark.parametrize("beside_m", [0.003, 1.0])
def test_a_corner_beside_an_edge_is_left_alone(beside_m):
    """3 mm and 1 m above it."""
    tip = Polygon([(500, beside_m), (600, 100), (400, 100)])

    assert node(box(0, -100, 1000, 0), tip)[1] == 0


def test_short_edges_are_left_alone():
    """50 m bow by less than half a step of the lattice."""
    assert node(box(0, 0, 50, 50), box(50, 0, 100, 25), box(50, 25, 100, 50))[1] == 0


def test_what_is_no_polygon_is_handed_through():
    """Nothing, a point, an empty polygon, one with a corner that is no place."""
    with np.errstate(invalid="ignore"):
        broken = Polygon([(0, 0), (1000, 0), (float("nan"), 5)])
    given = (None, Point(0, 0), Polygon(), broken)

    noded, count = node(*given)

    assert count == 0
    assert all(one is other for one, other in zip(noded, given, strict=True))
