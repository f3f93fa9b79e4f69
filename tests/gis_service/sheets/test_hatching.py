from __future__ import annotations

import pytest
import shapely

from gis_service.sheets.hatching import STEP_MM, hatch


def test_the_lines_are_evenly_spaced_and_stay_inside():
    """A square of 40 mm holds 1600 / 1.8 mm of lines, to the share of one line."""
    square = shapely.box(13, 57, 53, 97)

    lines = hatch(square)

    assert square.buffer(1e-6).contains(lines)
    assert lines.length == pytest.approx(square.area / STEP_MM, rel=0.05)


def test_lines_run_on_through_shapes_that_touch():
    """The hatching of two halves is that of the whole."""
    whole, left, right = shapely.box(10, 10, 30, 20), shapely.box(10, 10, 20, 20), shapely.box(20, 10, 30, 20)

    both = shapely.union(hatch(left), hatch(right))

    assert shapely.hausdorff_distance(both, hatch(whole)) < 1e-9


def test_nothing_is_hatched_in_nothing():
    """An empty shape has no lines."""
    assert hatch(shapely.Polygon()).is_empty
