from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gis_service.errors import ClashError, NotFoundError, RuleBrokenError
from gis_service.use_cases.compare_editions import compare_editions
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.publish_plan import publish_plan
from gis_service.use_cases.replace_grids import replace_grids
from gis_service.use_cases.revert_edition import revert_edition
from tests.support.ground import FIRST_DAY, PLANNER, UNITS, add_levels, publish_tree, square, tiny_tree

NORTH_WEST, SOUTH_WEST, NORTH_EAST, SOUTH_EAST = UNITS
DAY = timedelta(days=1)


def tree_grid(code):
    return next(grid for grid in tiny_tree() if grid.code == code)


@pytest.fixture
def merged(work, open_session):
    """Edition 2 lets the south-western grid swallow the north-western one."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    plan = create_plan("merge", PLANNER, work)
    whole = replace(tree_grid(SOUTH_WEST), shape=square(0, 0, 1, 2), households=800)
    replace_grids(plan.id, [whole], PLANNER, work, retired=[NORTH_WEST])
    publish_plan(plan.id, PLANNER, work, effective_from=FIRST_DAY + DAY)


def publish(plan, work, day):
    return publish_plan(plan.id, PLANNER, work, effective_from=FIRST_DAY + day * DAY)


def test_undoing_an_edition_brings_everything_back(work, merged):
    """Edition 3 differs from edition 1 in nothing; the retired grid has its old code again."""
    plan = revert_edition(2, None, PLANNER, work)
    assert plan.reverts == 2

    publish(plan, work, 2)

    assert not compare_editions(1, 3, work).grids


def test_an_edition_is_undone_though_others_came_after(work, merged):
    """Edition 3 renamed a grid in the east: the new name stays."""
    publish_tree(work, [replace(tree_grid(NORTH_EAST), name="新名")], FIRST_DAY + 2 * DAY)

    publish(revert_edition(2, "undo", PLANNER, work), work, 3)

    assert [(one.code, one.changes) for one in compare_editions(1, 4, work).grids] == [(NORTH_EAST, ("renamed",))]


def test_an_edit_of_the_same_grid_since_is_a_conflict_that_names_it(work, merged):
    """Edition 3 renamed the very grid that edition 2 redrew."""
    whole = replace(tree_grid(SOUTH_WEST), shape=square(0, 0, 1, 2), name="合并网格")
    publish_tree(work, [whole], FIRST_DAY + 2 * DAY)

    with pytest.raises(ClashError, match=SOUTH_WEST) as refused:
        revert_edition(2, "undo", PLANNER, work)
    assert refused.value.members["grids"] == [SOUTH_WEST]


def test_an_undo_can_be_undone(work, merged):
    """Edition 3 undoes 2, edition 4 undoes 3: as in 2 again, and the grid is retired again."""
    publish(revert_edition(2, "undo", PLANNER, work), work, 2)
    publish(revert_edition(3, "undo", PLANNER, work), work, 3)

    assert not compare_editions(2, 4, work).grids


def test_the_first_edition_is_restored_as_a_whole(work, merged):
    """Whatever came after it goes."""
    publish_tree(work, [replace(tree_grid(NORTH_EAST), name="新名")], FIRST_DAY + 2 * DAY)

    publish(revert_edition(1, None, PLANNER, work), work, 3)

    assert not compare_editions(1, 4, work).grids


def test_what_cannot_be_reverted_is_refused_with_the_reason(work, merged):
    """The first edition undone; one that stands as it is restored; one that is not there."""
    with pytest.raises(ClashError, match="edition 1"):
        revert_edition(1, "undo", PLANNER, work)
    with pytest.raises(ClashError, match="nothing would change"):
        revert_edition(2, "restore", PLANNER, work)
    with pytest.raises(NotFoundError, match="7"):
        revert_edition(7, None, PLANNER, work)


def test_the_code_of_a_retired_grid_is_for_that_grid_alone(work, merged):
    """A plan that draws a new grid under it is refused; only a revert may bring it back."""
    plan = create_plan("reuse", PLANNER, work)

    with pytest.raises(RuleBrokenError, match=NORTH_WEST) as refused:
        replace_grids(plan.id, [tree_grid(NORTH_WEST), tree_grid(SOUTH_WEST)], PLANNER, work)
    assert refused.value.code == "code-in-use"
