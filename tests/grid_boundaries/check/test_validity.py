from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from grid_boundaries.check.validity import MAX_VERTICES, inspect_shapes


def broken(*corners):
    """Return a polygon with a corner that is no place; NumPy warns of it."""
    with np.errstate(invalid="ignore"):
        return Polygon(corners)


def inspect(shape):
    """Return the findings about one shape."""
    return inspect_shapes(["g"], [shape]).findings


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (None, "has no geometry."),
        (Polygon(), "is empty."),
        (MultiPolygon(), "is empty."),
        (Point(102, 25), "is not a polygon or multipolygon at 102.00000, 25.00000."),
        (LineString([(102, 25), (102, 26)]), "is not a polygon"),
        (GeometryCollection([box(102, 25, 103, 26)]), "is not a polygon or multipolygon at 102.50000, 25.50000."),
        (broken((102, 25), (103, math.nan), (103, 26)), "has a coordinate that is not a finite number at 102.0"),
        (broken((102, 25), (math.inf, 25), (103, 26)), "has a coordinate that is not a finite number"),
        (box(500_000, 2_700_000, 500_100, 2_700_100), "has coordinates outside longitude ±180 and latitude ±90"),
        (box(25, 102, 26, 103), "has coordinates outside longitude ±180 and latitude ±90"),
        (Polygon([(102, 25), (103, 26), (103, 25), (102, 26)]), "crosses itself at 102.50000, 25.50000."),
        (Polygon([(102, 25), (103, 26), (104, 27)]), "has no area: its vertices lie on one line"),
        (Polygon([(102, 25), (104, 25), (104, 27), (103, 25), (102, 27)]), "touches itself in a vertex of its ring"),
        (
            Polygon(box(102, 25, 103, 26).exterior, [box(110, 25, 111, 26).exterior]),
            "has a hole outside its outer ring",
        ),
        (MultiPolygon([box(102, 25, 104, 27), box(103, 26, 105, 28)]), "crosses itself at 103.0"),
        (Polygon([(102, 25), (102.00000000041, 25), (102.00000000041, 26)]), "folds over when rounded"),
    ],
)
def test_what_is_no_polygon_is_told_with_its_reason_and_place(shape, words):
    """One finding, an error, English and Chinese; the shape goes no further."""
    (finding,) = inspect(shape)

    assert (finding.rule, finding.severity, finding.grids) == ("invalid-geometry", "error", ("g",))
    assert words in finding.message
    assert finding.message_zh.startswith("网格 g ")
    assert len(inspect_shapes(["g"], [shape]).sound) == 0


def test_a_cross_is_offered_for_mending_and_a_point_for_drawing_anew():
    """A bow-tie can be made valid; a point leaves nothing to mend."""
    bow_tie = Polygon([(102, 25), (103, 26), (103, 25), (102, 26)])

    assert inspect(bow_tie)[0].fixes == ({"action": "make-valid", "grid": "g"},)
    assert inspect(Point(102, 25))[0].fixes == ({"action": "redraw", "grid": "g"},)


def test_heights_are_dropped():
    """A square with a height at each corner is as sound as one without."""
    (shape,) = inspect_shapes(["g"], [shapely.force_3d(box(102, 25, 103, 26), 1890.0)]).shapes

    assert not shape.has_z
    assert shape.equals(box(102, 25, 103, 26))


def test_vertices_are_rounded_to_the_lattice():
    """A third of a degree becomes nine decimals; what lies on the lattice is handed through as it is."""
    off, on = box(102, 25, 102 + 1 / 3, 26), box(102, 25, 103, 26)

    shapes = inspect_shapes(["a", "b"], [off, on]).shapes

    assert shapes[0].bounds[2] == 102.333333333
    assert shapes[1] is on


def test_sound_shapes_keep_their_numbers():
    """The second of three is broken: the others are numbers 0 and 2."""
    found = inspect_shapes(["a", "b", "c"], [box(0, 0, 1, 1), Polygon(), box(1, 0, 2, 1)])

    assert found.sound.tolist() == [0, 2]
    assert [finding.grids for finding in found.findings] == [("b",)]


def test_an_unnamed_shape_is_the_parent():
    """Its finding bears no code."""
    (finding,) = inspect_shapes([""], [Polygon()]).findings

    assert finding.grids == ()
    assert (finding.message, finding.message_zh) == ("The parent is empty.", "上级边界图形为空。")


def test_a_polygon_of_more_vertices_than_the_limit_is_refused_at_once():
    """A zigzag of two million and one corners is told by its number; one vertex less is looked at."""
    turns = np.arange(MAX_VERTICES - 2)
    ring = np.concatenate([np.column_stack([102 + turns * 1e-7, 25 + turns % 2 * 1e-7]), [(102, 26), (102, 25)]])

    assert inspect(Polygon(ring)) == ()
    (finding,) = inspect(Polygon(np.insert(ring, 1, ring[:2].mean(axis=0), axis=0)))

    assert finding.rule == "invalid-geometry"
    assert "has more than 2,000,000 vertices" in finding.message
    assert finding.fixes == ({"action": "redraw", "grid": "g"},)
