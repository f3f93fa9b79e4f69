import pytest

from grid_boundaries.redraw import Ground, apply_redraw, merge, move_parent, split
from tests.support.redraws import A1, A2, B1, B2, A, B, errors_of, line, refusal, tiny_ground

GROUND = tiny_ground()


def test_the_ground_of_both_parents_follows_up_to_the_common_ancestor():
    """A1 goes from A to B: 400 of 800 households too; the street above both stays."""
    done = move_parent(GROUND, [A1], B)
    after = apply_redraw(GROUND, done)

    assert {grid.code for grid in done.grids} == {A1, A, B}
    assert after[A1].shape is GROUND[A1].shape
    assert (after[A].households, after[B].households) == (400, 1200)
    assert after[A].shape.equals(GROUND[A2].shape)
    assert errors_of(after) == []


def test_streets_follow_where_communities_of_different_streets_are_meant():
    """The street is cut in two first; then B1 goes over to the western street."""
    ground = apply_redraw(GROUND, split(GROUND, "530101", line((1, 0), (1, 1), (1, 2))))

    done = move_parent(ground, [B1], A)
    after = apply_redraw(ground, done)

    assert {grid.code for grid in done.grids} == {B1, A, B, "530102", "530103"}
    assert done.detail["multipart"] == []
    assert errors_of(after) == []


def test_a_parent_left_in_pieces_is_announced():
    """A gets B2, with which it hangs together by A2; then A2 leaves: A1 and B2 meet in a corner only."""
    ground = apply_redraw(GROUND, move_parent(GROUND, [B2], A))

    done = move_parent(ground, [A2], B)

    assert done.detail["multipart"] == [A, B]
    assert errors_of(apply_redraw(ground, done)) == []


def test_several_grids_move_at_once_and_those_that_are_there_stay():
    done = move_parent(GROUND, [A1, B1], B)

    assert done.detail["moved"] == [A1]


@pytest.mark.parametrize(
    ("codes", "parent", "code"),
    [
        ([A1], A, "nothing-to-do"),
        ([A1, A2], B, "grid-vanishes"),
        ([A1], A1, "own-ancestor"),
        (["530101"], A, "own-ancestor"),
        ([A1], B1, "wrong-level"),
        ([A1], "nobody", "unknown-code"),
        (["nobody"], B, "unknown-code"),
        ([], B, "too-few-grids"),
    ],
)
def test_a_parent_that_cannot_be_is_refused(codes, parent, code):
    assert refusal(lambda: move_parent(GROUND, codes, parent)).code == code


def test_a_parent_without_children_is_refused():
    """Of B's ground the rest would be nobody's below it."""
    ground = Ground([grid for grid in GROUND.values() if grid.parent != B], GROUND.levels)

    assert refusal(lambda: move_parent(ground, [A1], B)).code == "parent-without-children"


def test_a_grid_below_another_of_those_to_move_is_refused():
    """A goes to another street with all below it."""
    ground = apply_redraw(GROUND, split(GROUND, "530101", line((1, 0), (1, 1), (1, 2))))
    ground = apply_redraw(ground, merge(ground, [B1, B2], B1))

    assert refusal(lambda: move_parent(ground, [A, A1], "530103")).code == "nested-codes"
