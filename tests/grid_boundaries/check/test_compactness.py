from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from grid_boundaries.check import check_grids, compactness, with_compactness
from grid_boundaries.partition import Grid
from grid_boundaries.projection import LocalPlane
from tests.support.partitions import square

PLANE = LocalPlane(102.72, 25.04)


def metres(*corners):
    """Return a polygon by its corners in metres."""
    return PLANE.to_degrees(shapely.Polygon(corners))


@pytest.mark.parametrize(
    ("shape", "polsby_popper", "reock"),
    [
        (metres((0, 0), (100, 0), (100, 100), (0, 100)), math.pi / 4, 2 / math.pi),
        (metres((0, 0), (400, 0), (400, 100), (0, 100)), math.pi * 16 / 100, 16 / (17 * math.pi)),
        (PLANE.to_degrees(shapely.Point(0, 0).buffer(1000, quad_segs=64)), 0.987, 0.9745),
    ],
    ids=["square", "one by four", "disc"],
)
def test_the_figures_of_plain_shapes(shape, polsby_popper, reock):
    """By hand; what is left of a disc has sixteen corners, and is nearly one."""
    found = compactness(shape)

    assert found.polsby_popper == pytest.approx(polsby_popper, abs=0.02)
    assert found.reock == pytest.approx(reock, abs=0.02)


def test_the_detail_of_the_survey_makes_no_grid_worse():
    """A square whose sides bend by a metre every two metres: twice the perimeter or so, and the same figures."""
    side = np.arange(0, 100, 2)
    bend = side / 2 % 2
    south = np.column_stack([side, bend])
    rings = [south, np.column_stack([100 - bend, side]), [100, 100] - south, np.column_stack([bend, 100 - side])]
    rough = shapely.Polygon(np.concatenate(rings))

    found = compactness(PLANE.to_degrees(rough))

    assert 4 * math.pi * rough.area / rough.length**2 < 0.65
    assert found.polsby_popper == pytest.approx(math.pi / 4, abs=0.05)


def test_a_report_has_the_least_and_the_median_of_the_leaf_grids():
    """A square, and one of half a width; their parent is no leaf."""
    grids = [square("p", 0, 0, 9, 1), square("a", 0, 0, 1, 1, parent="p"), square("b", 1, 0, 1.5, 1, parent="p")]

    told = with_compactness(check_grids(grids), grids).summary["compactness"]

    a, b = compactness(grids[1].shape), compactness(grids[2].shape)
    assert told["polsby_popper"]["min"] == pytest.approx(b.polsby_popper, abs=1e-4)
    assert told["reock"]["median"] == pytest.approx((a.reock + b.reock) / 2, abs=1e-4)


def test_what_has_no_area_has_no_compactness():
    """No polygon; and a set of nothing but faults."""
    bad = [Grid("a", shapely.Point(102, 25))]

    with pytest.raises(ValueError, match="without area"):
        compactness(shapely.Polygon())
    assert "compactness" not in with_compactness(check_grids(bad), bad).summary
