import pytest
from shapely.geometry import box

from grid_boundaries.redraw import Ground, apply_redraw, merge, split
from tests.support.redraws import A1, A2, B1, B2, A, B, at, errors_of, line, refusal, tiny_ground

GROUND = tiny_ground()


def test_two_neighbours_become_one_and_their_households_add_up():
    """400 and 400; the corners of the old common edge stay, since the neighbours have them."""
    done = merge(GROUND, [A1, A2], A2)
    after = apply_redraw(GROUND, done)

    assert done.retired == {A1}
    assert (after[A2].households, after[A2].name) == (800, GROUND[A2].name)
    assert after[A2].shape.equals(box(*at(0, 0), *at(1, 2)))
    assert done.refined == frozenset()
    assert errors_of(after) == []


def test_a_new_code_takes_name_and_kind_of_the_first():
    after = apply_redraw(GROUND, merge(GROUND, [A2, A1], "X1"))

    assert after["X1"].name == GROUND[A2].name
    assert errors_of(after) == []


def test_households_are_unknown_where_one_count_is():
    """The pieces of a split have not been counted yet."""
    ground = apply_redraw(GROUND, split(GROUND, A1, line((-0.1, 1.5), (1.1, 1.5)), ["N1", "S1"]))

    assert apply_redraw(ground, merge(ground, ["S1", A2], A2))[A2].households is None


def test_children_follow():
    """Communities A and B become A; the unit grids of B are A's, and nothing else of them has changed."""
    done = merge(GROUND, [A, B], A)
    after = apply_redraw(GROUND, done)

    assert {code: after[code].parent for code in (A1, A2, B1, B2)} == dict.fromkeys((A1, A2, B1, B2), A)
    assert after[B1].shape is GROUND[B1].shape
    assert errors_of(after) == []


@pytest.mark.parametrize(
    ("codes", "into", "code"),
    [
        ([A1, B2], A1, "different-parents"),
        ([A1, A], A1, "different-levels"),
        ([A1], A1, "too-few-grids"),
        ([A1, A1], A1, "too-few-grids"),
        ([A1, "nobody"], A1, "unknown-code"),
        ([A1, A2], B1, "code-in-use"),
        ([A1, A2], "", "bad-code"),
    ],
)
def test_what_cannot_be_one_grid_is_refused(codes, into, code):
    assert refusal(lambda: merge(GROUND, codes, into)).code == code


def test_grids_that_meet_in_a_corner_only_do_not_hang_together():
    """A1 and B2 in one community meet in the middle of the square."""
    ground = apply_redraw(GROUND, merge(GROUND, [A, B], A))

    error = refusal(lambda: merge(ground, [A1, B2], A1))

    assert (error.code, error.grids) == ("not-contiguous", (B2,))


def test_a_grid_with_children_and_one_without_are_refused():
    """Below the merged community the ground of B would be nobody's."""
    ground = Ground([grid for grid in GROUND.values() if grid.parent != B], GROUND.levels)

    assert refusal(lambda: merge(ground, [A, B], A)).grids == (B,)
