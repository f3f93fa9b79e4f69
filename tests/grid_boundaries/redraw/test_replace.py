from dataclasses import replace as with_changes

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from grid_boundaries.partition import Grid
from grid_boundaries.redraw import Ground, apply_redraw, create, replace, retire
from tests.support.redraws import (
    A1,
    A2,
    B1,
    B2,
    A,
    B,
    at,
    errors_of,
    leaves,
    patch,
    random_ground,
    refusal,
    tiny_ground,
)

GROUND = tiny_ground()


def halves(*, corners: bool) -> list[Grid]:
    """Return A1 cut into west and east, as another program draws it: boxes, perhaps with corners every 400 m."""
    west, east = box(*at(0, 1), *at(0.5, 2)), box(*at(0.5, 1), *at(1, 2))
    return [
        Grid("W", shapely.segmentize(west, 0.004) if corners else west, "unit_grid", A, "西"),
        Grid("E", shapely.segmentize(east, 0.004) if corners else east, "unit_grid", A, "东"),
    ]


@pytest.mark.parametrize("corners", [False, True])
def test_what_was_drawn_right_elsewhere_needs_no_corners_set_by_hand(corners):
    """West and east in the place of A1; A2 and all above get the corner in the middle, others those of 400 m."""
    ground = apply_redraw(GROUND, retire(GROUND, [A1]))

    done = replace(ground, halves(corners=corners))

    assert errors_of(apply_redraw(ground, done)) == []
    assert {A2, A, "530101", "5301"} <= done.refined
    assert (B1 in done.refined) == corners
    assert done.detail["created"] == ["E", "W"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 200), st.integers(4, 16), st.sampled_from([0.005, 0.05, 0.2]), st.data())
def test_an_import_without_the_corners_of_its_neighbours_is_exact_again(seed, count, width_deg, data):
    """A random grid is taken over twice: with corners of its own on its edges, then without those that it needs."""
    ground = random_ground(seed, count, width_deg)
    code = data.draw(st.sampled_from(leaves(ground)))
    dense = shapely.segmentize(ground[code].shape, width_deg / 7)

    finer = apply_redraw(ground, replace(ground, [with_changes(ground[code], shape=dense)]))
    again = apply_redraw(finer, replace(finer, [ground[code]]))

    assert errors_of(finer) == []
    assert errors_of(again) == []
    assert len(shapely.get_coordinates(again[code].shape)) == len(shapely.get_coordinates(finer[code].shape))


def test_a_corner_that_only_touches_an_edge_sets_nothing():
    """A triangle that stands on the northern border of A1 with one corner."""
    done = create(GROUND, Grid("T", patch((0.5, 2), (0.6, 2.5), (0.4, 2.5)), "district", None, "三角"))

    assert [grid.code for grid in done.grids] == ["T"]


def test_shapes_are_taken_as_given_and_the_check_tells():
    """A2 moved 20 m east leaves its parent on one side and ground on the other; the others are left alone."""
    moved = with_changes(GROUND[A2], shape=affinity.translate(GROUND[A2].shape, 0.0002, 0))

    done = replace(GROUND, [moved])

    assert done.detail["replaced"] == [A2]
    assert {"outside-parent", "uncovered-parent"} <= {
        finding.rule for finding in errors_of(apply_redraw(GROUND, done))
    }


def test_shapes_are_put_on_the_lattice_without_heights():
    """Coordinates of twelve decimals and a height of 1,890 m."""
    fine = shapely.force_3d(affinity.translate(GROUND[A2].shape, 4e-12, 4e-12), 1890)

    (grid,) = replace(GROUND, [with_changes(GROUND[A2], shape=fine)]).grids

    assert not grid.shape.has_z
    assert grid.shape.equals(GROUND[A2].shape)


def test_attributes_are_replaced_with_the_shape():
    (grid,) = replace(GROUND, [with_changes(GROUND[A2], name="新", households=7)]).grids

    assert (grid.name, grid.households) == ("新", 7)


@pytest.mark.parametrize(
    ("grid", "code"),
    [
        (Grid("X", Point(102.7, 25), "unit_grid", A, "点"), "not-a-polygon"),
        (Grid("X", LineString([(102.7, 25), (102.8, 25)]), "unit_grid", A, "线"), "not-a-polygon"),
        (Grid("X", MultiPolygon(), "unit_grid", A, "空"), "not-a-polygon"),
        (Grid("X", box(25, 102, 26, 103), "unit_grid", A, "反"), "not-degrees"),
        (Grid("X", box(*at(0, 0), *at(1, 1)), "block", A, "层级"), "wrong-level"),
        (Grid("X", box(*at(0, 0), *at(1, 1)), "unit_grid", A, "类型", "shop"), "unknown-kind"),
        (Grid("GONE", box(*at(0, 0), *at(1, 1)), "unit_grid", A, "停用"), "code-in-use"),
        (Grid("a-b", box(*at(0, 0), *at(1, 1)), "unit_grid", A, "编码"), "bad-code"),
    ],
)
def test_what_is_no_grid_is_refused(grid, code):
    ground = Ground(GROUND.values(), GROUND.levels, {"GONE"})

    assert refusal(lambda: replace(ground, [grid])).code == code


def test_no_grids_and_a_code_twice_are_refused():
    assert refusal(lambda: replace(GROUND, [])).code == "too-few-grids"
    assert refusal(lambda: replace(GROUND, [GROUND[A1], GROUND[A1]])).grids == (A1,)


@pytest.mark.parametrize(
    ("code", "name", "level", "parent", "refused"),
    [
        (A1, "甲", "unit_grid", A, "code-in-use"),
        ("X1", " ", "unit_grid", A, "empty-name"),
        ("X1", "甲", "unit_grid", "nobody", "unknown-code"),
        ("X1", "甲", "community", A, "wrong-level"),
    ],
)
def test_a_grid_that_cannot_be_added_is_refused(code, name, level, parent, refused):
    grid = Grid(code, Polygon([at(0, 0), at(1, 0), at(1, 1)]), level, parent, name)

    assert refusal(lambda: create(GROUND, grid)).code == refused


def test_a_retired_grid_leaves_a_gap_until_another_is_added():
    """The draft is incomplete, which the check tells; with the same ground under another code it is whole again."""
    done = retire(GROUND, [A1])
    gap = apply_redraw(GROUND, done)

    assert done.retired == {A1}
    assert {finding.rule for finding in errors_of(gap)} == {"uncovered-parent", "low-coverage"}
    whole = apply_redraw(gap, create(gap, Grid("X1", GROUND[A1].shape, "unit_grid", A, "新")))
    assert errors_of(whole) == []
    assert refusal(lambda: create(gap, GROUND[A1])).code == "code-in-use"


def test_a_grid_is_retired_into_a_sibling():
    done = retire(GROUND, [A1], A2)
    after = apply_redraw(GROUND, done)

    assert done.detail == {"retired": [A1], "into": A2}
    assert after[A2].households == 800
    assert errors_of(after) == []


def test_a_parent_is_retired_with_its_children_only():
    error = refusal(lambda: retire(GROUND, [B]))

    assert (error.code, error.grids) == ("children-left", (B1, B2))
    assert retire(GROUND, [B, B1, B2]).retired == {B, B1, B2}


@pytest.mark.parametrize(
    ("codes", "into", "code"),
    [
        ([], None, "too-few-grids"),
        (["nobody"], None, "unknown-code"),
        ([A1], "nobody", "unknown-code"),
        ([A1], A1, "into-itself"),
        ([A1], B1, "different-parents"),
    ],
)
def test_what_cannot_be_retired_is_refused(codes, into, code):
    assert refusal(lambda: retire(GROUND, codes, into)).code == code


def test_a_broken_shape_may_be_replaced_and_retired():
    """A bow tie in a draft is in nobody's way."""
    tie = with_changes(GROUND[A1], shape=patch((0, 1), (1, 2), (1, 1), (0, 2)))
    broken = apply_redraw(GROUND, replace(GROUND, [tie]))

    assert errors_of(broken) != []
    assert errors_of(apply_redraw(broken, replace(broken, [GROUND[A1]]))) == []
    assert retire(broken, [A1]).retired == {A1}
