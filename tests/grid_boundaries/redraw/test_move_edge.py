import pytest
from shapely import from_wkt
from shapely.geometry import LinearRing, box

from grid_boundaries.partition import LATTICE_DEG
from grid_boundaries.redraw import apply_redraw, carve, merge, move_edge
from tests.support.redraws import A1, A2, B1, B2, A, B, at, errors_of, line, patch, refusal, tiny_ground

GROUND = tiny_ground()


def test_both_neighbours_follow_and_the_corners_stay():
    """The edge between A1 and A2 goes by way of a point in A2: a triangle of a tenth of A2 changes hands."""
    done = move_edge(GROUND, [A1, A2], line((0, 1), (0.5, 0.8), (1, 1)))
    after = apply_redraw(GROUND, done)

    assert {grid.code for grid in done.grids} == {A1, A2}
    assert done.refined == frozenset()
    assert after[A1].shape.area == pytest.approx(1.1e-4)
    assert after[A2].shape.area == pytest.approx(0.9e-4)
    assert after[A1].households is None
    assert errors_of(after) == []


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("between", [(A1, A2), (A2, A1)])
def test_neither_the_order_of_the_grids_nor_the_direction_of_the_line_matters(between, backwards):
    course = line((0, 1), (0.5, 0.8), (1, 1))

    done = move_edge(GROUND, between, course.reverse() if backwards else course)

    assert apply_redraw(GROUND, done)[A1].shape.area == pytest.approx(1.1e-4)


def test_an_end_near_the_old_one_is_moved_there_and_told():
    """0.5 m east of the corner."""
    done = move_edge(GROUND, [A1, A2], line((0.0005, 1), (0.5, 0.8), (1, 1)))

    (entry,) = done.detail["snapped"]
    assert entry == {"end": "start", "to": list(at(0, 1)), "by_m": pytest.approx(0.504, rel=0.01)}
    assert done.detail["inserted"] == 0


def test_an_end_elsewhere_on_the_outline_sets_new_corners_into_all_around():
    """The edge ends 300 m further north: B1, both communities, the street and the district get the corner."""
    done = move_edge(GROUND, [A1, A2], line((0, 1), (1, 1.3)))
    after = apply_redraw(GROUND, done)

    assert done.refined == {A, B, B1}
    assert after[A2].shape.area == pytest.approx(1.15e-4)
    assert errors_of(after) == []


def test_where_parents_differ_they_follow():
    """A1 gets a triangle of B1: community A of community B; the street and the district keep their ground."""
    done = move_edge(GROUND, [A1, B1], line((1, 1), (1.2, 1.5), (1, 2)))
    after = apply_redraw(GROUND, done)

    assert {grid.code for grid in done.grids} == {A1, B1, A, B}
    assert after[A].shape.area == pytest.approx(2.1e-4)
    assert after["530101"] is GROUND["530101"]
    assert errors_of(after) == []


def test_whole_children_change_sides_when_the_edge_of_their_parents_goes_along_their_borders():
    """B1 is west of the new edge of A and B: it is A's now."""
    done = move_edge(GROUND, [A, B], line((1, 0), (1, 1), (2, 1)))
    after = apply_redraw(GROUND, done)

    assert after[B1].parent == A
    assert after[B1].shape is GROUND[B1].shape
    assert errors_of(after) == []


def test_an_edge_through_children_is_refused_and_names_them():
    error = refusal(lambda: move_edge(GROUND, [A, B], line((1, 0), (1.3, 1), (1, 2))))

    assert (error.code, set(error.grids)) == ("children-crossed", {B1, B2})


def test_the_edge_of_an_enclave_is_a_closed_line():
    """A park of 400 m in A1 grows to 600 m; a line that is not closed has nothing to take the place of."""
    park = carve(GROUND, patch((0.3, 1.3), (0.7, 1.3), (0.7, 1.7), (0.3, 1.7)), "dedicated", "公园", code="P1")
    ground = apply_redraw(GROUND, park)

    done = move_edge(ground, ["P1", A1], LinearRing([at(0.2, 1.2), at(0.2, 1.8), at(0.8, 1.8), at(0.8, 1.2)]))

    after = apply_redraw(ground, done)
    assert after["P1"].shape.equals(box(*at(0.2, 1.2), *at(0.8, 1.8)))
    assert errors_of(after) == []
    open_line = refusal(lambda: move_edge(ground, ["P1", A1], line((0, 1), (0.5, 0.8), (1, 1))))
    assert open_line.code == "wrong-kind-of-line"


def test_of_several_common_edges_the_nearest_is_moved():
    """A park on the edge of A1 and A2 leaves them one edge in its west and one in its east; the eastern is moved."""
    park = carve(GROUND, patch((0.4, 0.9), (0.6, 0.9), (0.6, 1.1), (0.4, 1.1)), "dedicated", "公园", code="P1")
    ground = apply_redraw(GROUND, park)

    done = move_edge(ground, [A1, A2], line((0.6, 1), (0.8, 0.8), (1, 1)))
    after = apply_redraw(ground, done)

    assert {grid.code for grid in done.grids} == {A1, A2}
    assert after[A1].shape.covers(line((0, 1), (0.4, 1)))
    assert after[A1].shape.area == pytest.approx(1.02e-4)
    assert errors_of(after) == []


def test_a_line_across_another_common_edge_is_refused():
    """From the park's eastern edge around its south to the western one, across the western edge to its north."""
    park = carve(GROUND, patch((0.4, 0.9), (0.6, 0.9), (0.6, 1.1), (0.4, 1.1)), "dedicated", "公园", code="P1")
    ground = apply_redraw(GROUND, park)
    around = line((0.6, 1), (0.7, 0.8), (0.3, 0.8), (0.2, 1.2), (1, 1.5))

    assert refusal(lambda: move_edge(ground, [A1, A2], around)).code in {"line-does-not-divide", "grid-falls-apart"}


@pytest.mark.parametrize(
    ("course", "code"),
    [
        (line((0, 1), (0.5, -0.5), (1, 1)), "line-leaves"),
        (line((0, 1), (1.5, 1.5), (1, 1)), "line-leaves"),
        (line((0, 1), (0, 0), (1, 0), (1, 1)), "line-misses"),
        (line((0, 1), (0.5, 0.8)), "line-ends-inside"),
        (line((0, 1), (1, 1)), "nothing-to-do"),
        (line((3, 1), (4, 1)), "line-misses"),
        (line((0, 1), (0.7, 0.9), (0.7, 0.8), (0.5, 1.5), (1, 1)), "line-crosses-itself"),
        (from_wkt("LINESTRING (102.7 inf, 102.8 25)"), "not-degrees"),
    ],
)
def test_a_bad_course_is_refused(course, code):
    error = refusal(lambda: move_edge(GROUND, [A1, A2], course))

    assert (error.code, error.pointer) == (code, "line")


@pytest.mark.parametrize(
    ("between", "code"),
    [
        ([A1, B2], "no-common-edge"),
        ([A1, A], "different-levels"),
        ([A1], "too-few-grids"),
        ([A1, A2, B1], "too-many-grids"),
        ([A1, "nobody"], "unknown-code"),
    ],
)
def test_grids_without_a_common_edge_are_refused(between, code):
    error = refusal(lambda: move_edge(GROUND, between, line((0, 1), (0.5, 0.8), (1, 1))))

    assert (error.code, error.pointer) == (code, "between")


def test_a_grid_may_not_fall_apart():
    """From the western end up to the northern border and back down: A1 would be left in two pieces."""
    error = refusal(lambda: move_edge(GROUND, [A1, A2], line((0, 1), (0.5, 2), (1, 1))))

    assert error.code == "grid-falls-apart"
    assert error.grids == (A1,)


def test_a_move_by_a_step_of_the_lattice_is_exact():
    """0.1 mm: too small to see, and moved all the same."""
    step = 3 * LATTICE_DEG * 100
    after = apply_redraw(GROUND, move_edge(GROUND, [A1, A2], line((0, 1), (0.5, 1 - step), (1, 1))))

    assert errors_of(after) == []
    assert not after[A1].shape.equals(GROUND[A1].shape)


def test_an_edge_is_moved_across_a_merged_neighbour_with_a_vertex_that_nobody_needs():
    """The corner that A1 and A2 had in their border with B lies in the middle of the edge now: it splits nothing."""
    ground = apply_redraw(GROUND, merge(GROUND, [B1, B2], B1))
    ground = apply_redraw(ground, merge(ground, [A1, A2], A1))

    done = move_edge(ground, [A1, B1], line((1, 0), (1.2, 1), (1, 2)))

    assert errors_of(apply_redraw(ground, done)) == []
    assert apply_redraw(ground, done)[A1].shape.area == pytest.approx(2.2e-4)
