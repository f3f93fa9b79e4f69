import pytest

from grid_boundaries.redraw import apply_redraw, rename, set_attributes
from tests.support.redraws import A1, errors_of, refusal, tiny_ground

GROUND = tiny_ground()


def test_a_name_changes_and_nothing_else():
    done = rename(GROUND, A1, " 金碧网格 ")
    after = apply_redraw(GROUND, done)

    assert [grid.code for grid in done.grids] == [A1]
    assert done.detail["to"] == after[A1].name == "金碧网格"
    assert after[A1].shape is GROUND[A1].shape
    assert errors_of(after) == []


def test_households_and_kind_are_set_and_the_rest_stays():
    grid = apply_redraw(GROUND, set_attributes(GROUND, A1, households=None, kind="dedicated"))[A1]

    assert (grid.households, grid.kind, grid.name) == (None, "dedicated", GROUND[A1].name)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "nothing-to-do"),
        ({"households": -1}, "bad-households"),
        ({"households": 1.5}, "bad-households"),
        ({"households": True}, "bad-households"),
        ({"kind": "shop"}, "unknown-kind"),
        ({"name": ""}, "empty-name"),
    ],
)
def test_values_that_cannot_be_are_refused(fields, code):
    assert refusal(lambda: set_attributes(GROUND, A1, **fields)).code == code


def test_an_unknown_grid_and_an_empty_name_are_refused():
    assert refusal(lambda: rename(GROUND, "nobody", "甲")).code == "unknown-code"
    assert refusal(lambda: rename(GROUND, A1, " ")).code == "empty-name"


def test_the_name_that_a_grid_has_is_no_change():
    """Blanks around it make no other name."""
    error = refusal(lambda: rename(GROUND, A1, f" {GROUND[A1].name} "))

    assert (error.code, error.pointer, error.grids) == ("nothing-to-do", "name", (A1,))
    assert error.message == "Grid 53010101001 has the name 网格1001 already."
    assert error.message_zh == "网格 53010101001 的名称已经是“网格1001”。"
