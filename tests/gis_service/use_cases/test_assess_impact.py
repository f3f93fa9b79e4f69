from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gis_service.domain.building import Building, Entrance
from gis_service.domain.staff import StaffMember
from gis_service.errors import ClashError, NotFoundError
from gis_service.use_cases.assess_impact import assess_impact
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.publish_plan import publish_plan
from gis_service.use_cases.register_buildings import register_buildings
from gis_service.use_cases.replace_grids import replace_grids
from tests.support.ground import FIRST_DAY, PLANNER, UNITS, add_levels, publish_tree, square, tiny_tree

NORTH_WEST, SOUTH_WEST, NORTH_EAST, SOUTH_EAST = UNITS


def at(code: str, x: float, y: float, households: int = 10, doors=()) -> Building:
    """A building, its place in hundredths of a degree from the south-western corner of the tiny tree."""
    entrances = tuple(Entrance(f"{n}", 102.70 + a / 100, 25.00 + b / 100) for n, (a, b) in enumerate(doors, 1))
    return Building(code, f"{code}号楼", "路", "residential", 102.70 + x / 100, 25.00 + y / 100, None, households,
                    entrances=entrances)  # fmt: skip


BUILDINGS = [at("530103A00000011", 0.5, 1.5), at("530103A00000022", 0.5, 0.5, 7), at("530103A00000033", 1.5, 1.5)]


@pytest.fixture
def ground(work, open_session):
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    register_buildings(BUILDINGS, work)
    with work:
        work.staff.add_many([StaffMember("李某", "worker", NORTH_WEST, datetime(2026, 1, 1, tzinfo=UTC).date())])
        work.commit()


def tree_grid(code):
    return next(grid for grid in tiny_tree() if grid.code == code)


@pytest.fixture
def merged(work, ground):
    """A plan that lets the south-western grid swallow the north-western one; only the first retires."""
    plan = create_plan("merge", PLANNER, work)
    whole = replace(tree_grid(SOUTH_WEST), households=800, shape=square(0, 0, 1, 2))
    replace_grids(plan.id, [whole], PLANNER, work, retired=[NORTH_WEST])
    return plan


def test_a_merge_moves_ground_buildings_households_and_money(work, merged):
    """One building with 10 households goes; 10 x 40 yuan with it, and 20,000 yuan a year are no longer paid."""
    _, impact = assess_impact(merged.id, work)

    (move,) = impact.moves
    assert (move.level, move.from_code, move.to_code) == ("unit_grid", NORTH_WEST, SOUTH_WEST)
    assert (move.buildings, move.households, move.yearly_yuan) == (1, 10, 400)
    assert move.area_m2 == pytest.approx(1_117_000, rel=0.01)
    assert (impact.buildings, impact.households) == (1, 10)
    assert impact.yearly_yuan == (2 * 20_000 + 17 * 40, 20_000 + 17 * 40)
    gone, kept = impact.grids
    assert (gone.code, gone.change, gone.load[1]) == (NORTH_WEST, "retired", None)
    assert (kept.load[0].buildings, kept.load[1].buildings, kept.load[1].households) == (1, 2, 17)


def test_those_who_serve_a_touched_grid_are_named(work, merged):
    """One worker of the grid that retires."""
    _, impact = assess_impact(merged.id, work)

    assert [(one.name, one.grid) for one in impact.staff] == [("李某", NORTH_WEST)]


def test_a_village_pays_half_for_a_household(work, open_session):
    """The same community under a village's name: 20 yuan."""
    add_levels(open_session)
    named = [replace(grid, name="北仓村") if grid.level == "community" else grid for grid in tiny_tree()]
    publish_tree(work, named, FIRST_DAY)
    register_buildings(BUILDINGS, work)
    plan = create_plan("merge", PLANNER, work)
    replace_grids(plan.id, [replace(tree_grid(SOUTH_WEST), households=800, shape=square(0, 0, 1, 2))], PLANNER, work,
                  retired=[NORTH_WEST])  # fmt: skip

    _, impact = assess_impact(plan.id, work)

    assert impact.moves[0].yearly_yuan == 200


def test_a_building_with_a_door_on_each_side_is_split(work, ground):
    """Its point stays in the south-west; a door comes to lie in the north-west."""
    register_buildings([at("530103A00000044", 0.5, 0.9, doors=[(0.5, 0.85), (0.5, 0.95)])], work)
    plan = create_plan("edge", PLANNER, work)
    ring = lambda south, north: type(square(0, 0, 1, 1))(  # noqa: E731 - two lines of corners
        [(102.70, south), (102.71, south), (102.71, north), (102.70, north), (102.70, south)]
    )
    replace_grids(
        plan.id,
        [
            replace(tree_grid(SOUTH_WEST), shape=ring(25.0, 25.0092)),
            replace(tree_grid(NORTH_WEST), shape=ring(25.0092, 25.02)),
        ],
        PLANNER,
        work,
    )

    _, impact = assess_impact(plan.id, work)

    (split,) = impact.split_buildings
    assert split.code == "530103A00000044"
    assert split.split_between == sorted([NORTH_WEST, SOUTH_WEST])
    assert impact.buildings == 0


def test_a_rename_moves_nothing(work, ground):
    """The grid is listed as changed; no ground goes anywhere."""
    plan = create_plan("rename", PLANNER, work)
    replace_grids(plan.id, [replace(tree_grid(NORTH_EAST), name="新名")], PLANNER, work)

    _, impact = assess_impact(plan.id, work)

    assert impact.moves == ()
    assert [(one.code, one.change) for one in impact.grids] == [(NORTH_EAST, "changed")]


def test_a_draft_that_is_no_polygon_is_refused_by_name(work, ground):
    """A bow-tie has no ground to weigh."""
    plan = create_plan("bow-tie", PLANNER, work)
    bow = type(square(0, 0, 1, 1))([(102.70, 25.0), (102.71, 25.01), (102.71, 25.0), (102.70, 25.01), (102.70, 25.0)])
    replace_grids(plan.id, [replace(tree_grid(SOUTH_WEST), shape=bow)], PLANNER, work)

    with pytest.raises(ClashError, match=SOUTH_WEST) as refused:
        assess_impact(plan.id, work)
    assert refused.value.code == "draft-not-sound"


def test_no_plan_no_impact(work, ground):
    """Plan 4711 does not exist."""
    with pytest.raises(NotFoundError):
        assess_impact(4711, work)


def test_publishing_writes_down_where_the_ground_went(work, merged):
    """Two entries: the part that stayed, with a building of 7 households, and the part that came, with one of 10."""
    edition = publish_plan(merged.id, PLANNER, work)

    with work:
        entries = work.lineage.of_edition(edition.number)
    assert {(one.from_code, one.to_code): (one.buildings, one.households) for one in entries} == {
        (NORTH_WEST, SOUTH_WEST): (1, 10),
        (SOUTH_WEST, SOUTH_WEST): (1, 7),
    }
    assert sum(one.area_m2 for one in entries) == pytest.approx(2 * 1_117_000, rel=0.01)
