import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString, Point

from grid_boundaries.redraw import Ground, apply_redraw, merge, split
from grid_boundaries.redraw.carve import carve
from tests.support.redraws import A1, A2, B1, A, B, errors_of, line, patch, refusal, tiny_ground

GROUND = tiny_ground()
with np.errstate(invalid="ignore"):
    NOWHERE = LineString([(102.7, float("nan")), (102.8, 25)])
ACROSS = line((-0.1, 1.5), (1.1, 1.6))


def test_a_line_from_border_to_border_makes_two_pieces_in_the_place_of_the_grid():
    """A1 becomes 003 (north) and 004; its western and eastern nodes reach the neighbour and all above."""
    done = split(GROUND, A1, ACROSS)
    after = apply_redraw(GROUND, done)

    assert done.detail["pieces"] == ["53010101003", "53010101004"]
    assert done.retired == {A1}
    assert done.refined == {A, B, B1, "530101", "5301"}
    assert done.detail["inserted"] == 2
    assert errors_of(after) == []
    assert after["53010101003"].shape.centroid.y > after["53010101004"].shape.centroid.y
    assert after[A2] is GROUND[A2]


def test_pieces_keep_what_the_grid_was_but_its_households():
    """Nobody has counted who lives on which side; names end in the number of the piece."""
    pieces = {grid.code: grid for grid in split(GROUND, A1, ACROSS).grids}

    north = pieces["53010101003"]
    assert (north.level, north.parent, north.kind, north.households) == ("unit_grid", A, "standard", None)
    assert [pieces[code].name for code in ("53010101003", "53010101004")] == ["网格1001-1", "网格1001-2"]


def test_pieces_may_be_named():
    """In the order from north to south; the old code goes."""
    done = split(GROUND, A1, ACROSS, ["X2", "X1"])

    after = apply_redraw(GROUND, done)
    assert done.retired == frozenset({A1})
    assert after["X2"].shape.centroid.y > after["X1"].shape.centroid.y
    assert after["X1"].name == f"{GROUND[A1].name}-2"


def test_no_piece_keeps_the_code_of_the_whole():
    """A code is never given again: the second of the names is at fault."""
    error = refusal(lambda: split(GROUND, A1, ACROSS, ["X1", A1]))

    assert (error.code, error.pointer, error.grids) == ("code-in-use", "new_codes/1", (A1,))
    assert error.message == f"The code {A1} stands or stood for a grid; a code is never given again."


def test_pieces_at_one_latitude_are_numbered_from_west_to_east():
    """A line due north cuts A1 in two halves whose centres are at one latitude."""
    after = apply_redraw(GROUND, split(GROUND, A1, line((0.5, 0.9), (0.5, 2.1)), ["W", "E"]))

    assert after["W"].shape.centroid.x < after["E"].shape.centroid.x


def test_a_line_that_crosses_twice_makes_three_pieces():
    """Down through the west, up again through the east: the middle comes last, its centre being the southernmost."""
    done = split(GROUND, A1, line((0.2, 2.1), (0.3, 0.9), (0.7, 0.9), (0.8, 2.1)))

    assert len(done.detail["pieces"]) == 3
    assert errors_of(apply_redraw(GROUND, done)) == []


@pytest.mark.parametrize(("gap", "metres"), [(0.0003, 0.3), (0.0008, 0.8)])
def test_an_end_that_stops_just_short_of_the_border_is_moved_onto_it_and_told(gap, metres):
    """0.3 m or 0.8 m short in the west: a hundredth of a degree of longitude is 1,009 m here."""
    done = split(GROUND, A1, line((gap, 1.5), (1.2, 1.5)))

    (entry,) = done.detail["snapped"]
    assert entry["end"] == "start"
    assert entry["to"] == [102.7, 25.015]
    assert entry["by_m"] == pytest.approx(metres * 1.009, rel=0.01)
    assert errors_of(apply_redraw(GROUND, done)) == []


def test_an_end_near_a_corner_is_moved_into_it():
    """From 0.6 m off the north-western corner to the opposite one: the only new edges are those of the diagonal."""
    done = split(GROUND, A1, line((0.0004, 1.9995), (0.9996, 1.0004)))

    assert done.detail["inserted"] == 0
    assert done.refined == frozenset()
    assert [entry["by_m"] < 1 for entry in done.detail["snapped"]] == [True, True]


def test_a_line_along_a_border_and_then_across_uses_the_border():
    """From the north-eastern corner down the common edge to the middle, then west."""
    done = split(GROUND, A1, line((1, 2), (1, 1.5), (0, 1.5)))

    assert len(done.detail["pieces"]) == 2
    assert errors_of(apply_redraw(GROUND, done)) == []


def test_children_go_with_the_piece_in_which_they_lie():
    """The street is cut along the border of its communities; a new street is numbered on after 530101."""
    done = split(GROUND, "530101", line((1, 0), (1, 1), (1, 2)))
    after = apply_redraw(GROUND, done)

    assert done.detail["pieces"] == ["530102", "530103"]
    assert after[A].parent == "530102"
    assert after[B].parent == "530103"
    assert after[A1] is GROUND[A1]
    assert errors_of(after) == []


def test_a_line_through_children_is_refused_and_names_them():
    error = refusal(lambda: split(GROUND, A, line((0.5, -0.1), (0.5, 2.1))))

    assert (error.code, error.grids, error.pointer) == ("children-crossed", (A1, A2), "line")


@pytest.mark.parametrize(
    ("course", "code"),
    [
        (line((3, 3), (4, 4)), "line-misses"),
        (line((-0.1, 0.5), (1.1, 0.5)), "line-misses"),
        (line((0, 1), (1, 1)), "line-misses"),
        (line((-1, 1), (0, 2), (1, 3)), "line-misses"),
        (line((-0.1, 1.5), (0.5, 1.5)), "line-ends-inside"),
        (line((0.2, 1.2), (0.8, 1.8)), "line-ends-inside"),
        (line((0.2, 1.2), (0.8, 1.2), (0.8, 1.8), (0.2, 1.2)), "line-ends-inside"),
        (line((-0.1, 1.2), (1.1, 1.2), (1.1, 1.8), (0.5, 0.5)), "line-crosses-itself"),
        (LineString(), "empty-geometry"),
        (MultiLineString([ACROSS]), "not-a-line"),
        (Point(0, 0), "not-a-line"),
        (LineString([(102.7, 25, 1), (102.8, 25, 1)]), "has-heights"),
        (NOWHERE, "not-degrees"),
        (LineString([(25, 102.7), (25, 102.8)]), "not-degrees"),
        (LineString([(102.7, 25), (102.7, 25.0000000001)]), "line-too-short"),
    ],
)
def test_a_line_that_does_not_divide_the_grid_is_refused(course, code):
    error = refusal(lambda: split(GROUND, A1, course))

    assert (error.code, error.pointer) == (code, "line")


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["X1"], "wrong-number-of-codes"),
        (["X1", "X1"], "wrong-number-of-codes"),
        (["X1", A2], "code-in-use"),
        (["X1", "GONE"], "code-in-use"),
        (["X1", "a b"], "bad-code"),
    ],
)
def test_codes_that_cannot_be_given_are_refused(names, code):
    ground = Ground(GROUND.values(), GROUND.levels, {"GONE"})

    assert refusal(lambda: split(ground, A1, ACROSS, names)).code == code


def test_an_unknown_grid_is_refused():
    assert refusal(lambda: split(GROUND, "nobody", ACROSS)).pointer == "code"


def test_a_grid_that_is_no_valid_polygon_is_refused_and_leaves_others_free():
    """A bow tie in the place of A1: it cannot be split, A2 can."""
    tie = shapely.Polygon([*patch((0, 1), (1, 2), (1, 1), (0, 2)).exterior.coords])
    grids = [
        grid if grid.code != A1 else type(grid)(A1, tie, grid.level, grid.parent, grid.name)
        for grid in GROUND.values()
    ]
    ground = Ground(grids, GROUND.levels)

    assert refusal(lambda: split(ground, A1, ACROSS)).code == "grid-not-valid"
    assert len(split(ground, A2, line((0.3, -0.1), (0.3, 1.1))).detail["pieces"]) == 2


def test_a_grid_with_an_enclave_is_divided_by_a_line_through_the_enclave_only_from_outer_border_to_outer_border():
    """To the enclave and no further it still hangs together; through it and out, there are two pieces."""
    enclave = carve(GROUND, patch((0.4, 1.4), (0.6, 1.4), (0.6, 1.6), (0.4, 1.6)), "dedicated", "园区")
    ground = apply_redraw(GROUND, enclave)

    half = refusal(lambda: split(ground, A1, line((-0.1, 1.5), (0.5, 1.5))))
    done = split(ground, A1, line((-0.1, 1.5), (1.1, 1.5)))

    assert half.code == "line-does-not-divide"
    assert len(done.detail["pieces"]) == 2
    assert enclave.detail["carved"] in done.refined
    assert errors_of(apply_redraw(ground, done)) == []


def test_an_uncut_part_of_a_grid_goes_with_the_nearest_piece():
    """A1 and the far B2 in one grid: the line cuts A1 only, B2 goes with the piece in the south."""
    moved = apply_redraw(GROUND, merge(GROUND, [A, B], A))
    from grid_boundaries.redraw import Redraw

    both = moved[A1].shape.union(moved["53010102002"].shape)
    odd = type(moved[A1])(A1, shapely.MultiPolygon(shapely.get_parts(both)), "unit_grid", A, "飞地")
    ground = apply_redraw(moved, Redraw((odd,), frozenset({"53010102002"}), frozenset(), {}))

    after = apply_redraw(ground, split(ground, A1, ACROSS, ["N", "S"]))

    assert after["N"].shape.geom_type == "Polygon"
    assert after["S"].shape.geom_type == "MultiPolygon"
    assert errors_of(after) == errors_of(ground) == []
