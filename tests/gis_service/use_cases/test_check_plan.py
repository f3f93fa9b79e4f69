from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gis_service.domain.building import Building, Entrance
from gis_service.use_cases.check_plan import check_plan
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.grant_exception import grant_exception
from gis_service.use_cases.propose_plan_repair import propose_plan_repair
from gis_service.use_cases.publish_plan import PlanNotPublishableError, publish_plan
from gis_service.use_cases.register_buildings import register_buildings
from gis_service.use_cases.replace_grids import replace_grids
from tests.support.ground import FIRST_DAY, PLANNER, UNITS, add_levels, publish_tree, tiny_tree

NORTH_WEST, SOUTH_WEST, NORTH_EAST, SOUTH_EAST = UNITS
IN_THE_GAP, AT_HOME, ACROSS = "530103A00000011", "530103A00000022", "530103A00000033"


def at(code: str, x: float, y: float, households: int, *doors: tuple[float, float]) -> Building:
    """A building at a place in hundredths of a degree from the south-western corner of the tiny tree."""
    entrances = tuple(Entrance(f"{n}", 102.70 + a / 100, 25.00 + b / 100) for n, (a, b) in enumerate(doors, 1))
    place = 102.70 + x / 100, 25.00 + y / 100
    return Building(code, f"{code}号楼", "路", "residential", *place, None, households, entrances=entrances)


def ring(west: float, south: float, east: float, north: float):
    """A box in hundredths of a degree from the same corner."""
    shape = tiny_tree()[0].shape
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return type(shape)([(round(102.70 + x / 100, 9), round(25.00 + y / 100, 9)) for x, y in corners])


def tree_grid(code):
    return next(grid for grid in tiny_tree() if grid.code == code)


@pytest.fixture
def ground(work, open_session):
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    homes = [
        at(IN_THE_GAP, 0.5, 1.05, 12),
        at(AT_HOME, 0.5, 1.5, 5),
        at(ACROSS, 0.5, 0.95, 7, (0.5, 0.94), (0.5, 0.9)),
    ]
    register_buildings(homes, work)


@pytest.fixture
def torn(work, ground):
    """The north-western grid gives up its southern tenth; nobody takes it."""
    plan = create_plan("torn", PLANNER, work)
    replace_grids(plan.id, [replace(tree_grid(NORTH_WEST), shape=ring(0, 1.1, 1, 2))], PLANNER, work)
    return plan.id


def errors(report):
    return {one.rule: one for one in report.findings if one.severity == "error"}


def test_a_gap_tells_who_lives_in_it(work, torn):
    """One building with twelve households; it is told as a building without a grid too."""
    _, report = check_plan(torn, work)

    found = errors(report)
    gap = found["uncovered-parent"]
    assert (gap.buildings, gap.households) == (1, 12)
    assert found["unowned-building"].place == pytest.approx((102.705, 25.0105))
    assert not report.valid


def test_a_building_with_doors_in_two_grids_is_told(work, ground):
    """The common edge goes through it: its point and one door on one side, the other door beyond."""
    plan = create_plan("edge", PLANNER, work)
    drawn = [
        replace(tree_grid(NORTH_WEST), shape=ring(0, 0.92, 1, 2)),
        replace(tree_grid(SOUTH_WEST), shape=ring(0, 0, 1, 0.92)),
    ]
    replace_grids(plan.id, drawn, PLANNER, work)

    _, report = check_plan(plan.id, work)

    (split,) = [one for one in report.findings if one.rule == "split-building"]
    assert split.severity == "warning"
    assert set(split.grids) == {NORTH_WEST, SOUTH_WEST}
    assert report.valid


def test_accepted_findings_block_no_more_until_they_expire(work, torn):
    """All errors are granted: the plan is valid and can be published.  The families in question have no proof."""
    _, report = check_plan(torn, work)
    with pytest.raises(PlanNotPublishableError):
        publish_plan(torn, PLANNER, work)
    with work:
        today = work.editions.now().date()
    for finding in errors(report).values():
        grant_exception(
            finding_id=finding.id,
            rule=finding.rule,
            grids=list(finding.grids) or [NORTH_WEST],
            reason="水塘",
            owner="区水务局",
            expires_on=today + timedelta(days=1),
            principal=PLANNER,
            work=work,
        )

    _, report = check_plan(torn, work)
    assert report.valid
    assert report.summary["excepted"] == len(errors(report))
    assert errors(report)["uncovered-parent"].exception["reason"] == "水塘"
    edition = publish_plan(torn, PLANNER, work, effective_from=FIRST_DAY + timedelta(days=1))
    assert edition.certificate["unproved"] == [NORTH_WEST[:12]]


def test_a_repair_gives_the_ground_back_and_counts_who_stands_on_it(work, torn):
    """The strip goes to its owner of before, with one building and twelve households; nothing is changed yet."""
    repair = propose_plan_repair(torn, {}, work)

    (piece,) = repair.proposal.assignments
    assert (piece.to_code, piece.why) == (NORTH_WEST, "before")
    assert [(one.buildings, one.households) for one in repair.stock] == [(1, 12)]
    assert repair.proposal.complete
    assert not check_plan(torn, work)[1].valid


def test_the_planner_may_choose_another_owner(work, torn):
    """The finding's ground goes to the southern grid."""
    _, report = check_plan(torn, work)
    gap = errors(report)["uncovered-parent"]

    repair = propose_plan_repair(torn, {gap.id: SOUTH_WEST}, work)

    (piece,) = repair.proposal.assignments
    assert (piece.to_code, piece.why) == (SOUTH_WEST, "choice")
