"""Households of redrawn grids and of those above them, on the town of squares."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gis_service.domain.household_count import Dwelling, count_households, follow_households, leaves_to_count
from grid_boundaries.redraw import Ground, Redraw, apply_redraw, merge, move_parent, set_attributes, split
from tests.support.ground import LEVELS
from tests.support.town import at, splitting, town

LEVEL_CODES = [level["code"] for level in LEVELS]
GROUND = Ground(town(), LEVEL_CODES)
UNIT = GROUND["91101"]
SPLIT = split(GROUND, "91101", splitting(UNIT, 0).arguments["line"])
NORTH, SOUTH = SPLIT.detail["pieces"]


def dwelling(x, y, households):
    return Dwelling(*at(x, y), households)


def counted(redraw, dwellings, ground=GROUND, *, recount=True, settled=frozenset()):
    leaves = leaves_to_count(redraw, ground, recount=recount, settled=settled)
    counts = count_households(leaves, apply_redraw(ground, redraw), dwellings)
    return follow_households(redraw, ground, counts, settled=settled, kept=not recount)


def numbers(redraw):
    return {grid.code: grid.households for grid in redraw.grids}


def test_pieces_have_the_households_of_their_buildings():
    """250 in the north, 120 in the south; what stands beyond counts nowhere."""
    redraw = counted(SPLIT, [dwelling(0.5, 0.8, 250), dwelling(0.5, 0.2, 120), dwelling(3.5, 3.5, 999)])

    assert {NORTH: 250, SOUTH: 120}.items() <= numbers(redraw).items()
    assert redraw.detail["households"] == {NORTH: 250, SOUTH: 120}


def test_a_building_on_the_new_edge_counts_once_for_the_smaller_code():
    """On the line itself."""
    redraw = counted(SPLIT, [dwelling(0.5, 0.5, 40)])

    assert (numbers(redraw)[min(NORTH, SOUTH)], numbers(redraw)[max(NORTH, SOUTH)]) == (40, 0)


def test_without_buildings_nobody_knows():
    """The numbers stay unknown, and the sums above as they were."""
    redraw = counted(SPLIT, [])

    assert (numbers(redraw)[NORTH], numbers(redraw)[SOUTH]) == (None, None)
    assert numbers(redraw).get("911", 1600) == 1600
    assert "households" not in redraw.detail


def test_those_above_follow_by_the_difference():
    """400 become 370: 30 less in community, street and district, which only follow."""
    both = counted(SPLIT, [dwelling(0.5, 0.8, 250), dwelling(0.5, 0.2, 120)])
    assert (numbers(both)["911"], numbers(both)["91"], numbers(both)["9"]) == (1570, 3170, 6370)
    assert {"911", "91", "9"} <= both.refined


def test_what_the_planner_set_is_not_counted_anew():
    """Neither the grid itself nor one above it."""
    merged = merge(GROUND, ["91101", "91102"], "91101")

    redraw = counted(merged, [dwelling(0.5, 0.5, 10)], settled={"91101", "91"})

    assert numbers(redraw)["91101"] == 800
    assert "91" not in numbers(redraw)


def test_a_merge_is_counted_where_buildings_stand():
    """10 and 20, whatever the grids said; the community loses the rest."""
    merged = merge(GROUND, ["91101", "91102"], "91101")

    redraw = counted(merged, [dwelling(0.5, 0.5, 10), dwelling(1.5, 0.5, 20)])

    assert numbers(redraw)["91101"] == 30
    assert numbers(redraw)["911"] == 1600 - 770


def test_grids_that_move_take_their_households_along():
    """400 from one community to the other; the street above both has what it had."""
    moved = move_parent(GROUND, ["91103"], "912")

    redraw = counted(moved, [])

    assert (numbers(redraw)["911"], numbers(redraw)["912"]) == (1200, 2000)
    assert numbers(redraw).get("91", 3200) == 3200


def test_a_number_that_is_set_is_followed_above():
    """500 instead of 400 for one unit grid; nobody counts it."""
    redraw = counted(set_attributes(GROUND, "91101", households=500), [dwelling(0.5, 0.5, 3)], recount=False)

    assert numbers(redraw) == {"9": 6500, "91": 3300, "911": 1700, "91101": 500}
    assert redraw.refined == {"9", "91", "911"}


def test_an_unknown_number_above_stays_unknown():
    """The community's is not known, so that of the street stands."""
    ground = Ground([replace(grid, households=None) if grid.code == "911" else grid for grid in town()], LEVEL_CODES)

    redraw = counted(set_attributes(ground, "91101", households=500), [], ground, recount=False)

    assert numbers(redraw) == {"91101": 500}


def test_the_first_grid_below_another_takes_nothing_from_it():
    """A unit grid that gets a child goes on with its own number."""
    child = replace(UNIT, code="9110101", level="micro_grid", parent="91101", households=50)
    ground = Ground(town(), [*LEVEL_CODES, "micro_grid"])

    redraw = follow_households(Redraw((child,)), ground, {}, settled=(), kept=True)

    assert numbers(redraw) == {"9110101": 50}


@pytest.mark.parametrize("known", [True, False])
def test_imported_grids_are_counted_only_where_their_number_is_missing(known):
    """A new shape with households of its own keeps them."""
    drawn = replace(UNIT, shape=GROUND["91102"].shape, households=7 if known else None)

    leaves = leaves_to_count(Redraw((drawn,)), GROUND, recount=False, settled=())

    assert [leaf.code for leaf in leaves] == ([] if known else ["91101"])
