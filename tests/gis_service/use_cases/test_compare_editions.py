from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import shapely

from gis_service.errors import NotFoundError
from gis_service.use_cases.compare_editions import compare_editions
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.publish_plan import publish_plan
from gis_service.use_cases.read_history import read_history
from gis_service.use_cases.replace_grids import replace_grids
from tests.support.ground import FIRST_DAY, PLANNER, UNITS, add_levels, publish_tree, square, tiny_tree

NORTH_WEST, SOUTH_WEST, NORTH_EAST, SOUTH_EAST = UNITS


def tree_grid(code):
    return next(grid for grid in tiny_tree() if grid.code == code)


@pytest.fixture
def three_editions(work, open_session):
    """Edition 2 merges the two western unit grids, edition 3 renames an eastern one."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    plan = create_plan("merge", PLANNER, work)
    whole = replace(tree_grid(SOUTH_WEST), shape=square(0, 0, 1, 2), households=800)
    replace_grids(plan.id, [whole], PLANNER, work, retired=[NORTH_WEST])
    publish_plan(plan.id, PLANNER, work, effective_from=FIRST_DAY + timedelta(days=1))
    publish_tree(work, [replace(tree_grid(NORTH_EAST), name="新名")], FIRST_DAY + timedelta(days=2))


def changes(diff):
    return {one.code: one.changes for one in diff.grids}


def test_a_diff_names_what_became_of_each_grid(work, three_editions):
    """From 1 to 3: one retired, one redrawn, one renamed; a square of ground went over."""
    diff = compare_editions(1, 3, work)

    assert changes(diff) == {
        NORTH_WEST: ("retired",),
        SOUTH_WEST: ("redrawn", "households"),
        NORTH_EAST: ("renamed",),
    }
    (moved,) = diff.transfers
    assert (moved.from_code, moved.to_code) == (NORTH_WEST, SOUTH_WEST)
    assert moved.area_m2 == pytest.approx(1_117_000, rel=0.01)


def test_a_diff_reads_backwards_too(work, three_editions):
    """From 3 to 1 the grid is added, and the ground goes the other way."""
    diff = compare_editions(3, 1, work)

    assert changes(diff)[NORTH_WEST] == ("added",)
    assert [(one.from_code, one.to_code) for one in diff.transfers] == [(SOUTH_WEST, NORTH_WEST)]


def test_an_edition_does_not_differ_from_itself(work, three_editions):
    """Nothing."""
    diff = compare_editions(2, 2, work)
    assert not diff.grids
    assert not diff.transfers


def test_a_vertex_set_on_an_edge_is_no_redraw(work, open_session):
    """A corner of a neighbour comes to lie on the common edge: refined, and no ground moves."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    finer = [replace(grid, shape=shapely.segmentize(grid.shape, 0.006)) for grid in tiny_tree()]
    publish_tree(work, finer)

    diff = compare_editions(1, 2, work)

    assert set(changes(diff).values()) == {("refined",)}
    assert not diff.transfers


def test_an_edition_that_is_not_there_is_named(work, three_editions):
    """Three editions; the fourth is asked for."""
    with pytest.raises(NotFoundError, match="4"):
        compare_editions(1, 4, work)


def test_the_history_of_a_grid_tells_its_states_and_its_ground(work, three_editions):
    """The southern grid: one state in edition 1, another since 2; in 2 it got ground and kept its own."""
    history = read_history(SOUTH_WEST, work)

    assert [(one.since, one.until) for one in history.spans] == [(1, 2), (2, None)]
    assert {(number, one.from_code) for number, one in history.lineage} == {(2, NORTH_WEST), (2, SOUTH_WEST)}


def test_a_retired_grid_has_a_history_too(work, three_editions):
    """It ends with edition 2."""
    assert [(one.since, one.until) for one in read_history(NORTH_WEST, work).spans] == [(1, 2)]


def test_a_code_that_never_was_has_no_history(work, three_editions):
    """404 for the caller."""
    with pytest.raises(NotFoundError, match="ever had"):
        read_history("4711", work)
