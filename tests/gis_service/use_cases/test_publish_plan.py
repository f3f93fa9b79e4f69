from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import shapely
from sqlalchemy import select

from gis_service.database.tables import building_owner
from gis_service.domain.building import Building
from gis_service.domain.checksum import checksum
from gis_service.errors import ClashError, NotFoundError, RuleBrokenError
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.publish_plan import PlanNotPublishableError, publish_plan
from gis_service.use_cases.register_buildings import register_buildings
from gis_service.use_cases.replace_grids import replace_grids
from tests.support.ground import FIRST_DAY, PLANNER, UNITS, add_levels, publish_tree, tiny_tree

FIRST_UNIT, SECOND_UNIT, THIRD_UNIT, _ = UNITS


@pytest.fixture
def levels(open_session):
    add_levels(open_session)


@pytest.fixture
def first_edition(work, levels):
    return publish_tree(work, tiny_tree(), FIRST_DAY)


def renamed(code, name):
    return next(replace(grid, name=name) for grid in tiny_tree() if grid.code == code)


def test_a_clean_tree_becomes_edition_one(work, first_edition):
    """Eight grids, their bounds, a checksum, and a certificate that tells what was proved."""
    assert first_edition.number == 1
    assert first_edition.grid_count == 8
    assert first_edition.bounds == pytest.approx((102.70, 25.00, 102.72, 25.02))
    assert first_edition.checksum == checksum(tiny_tree())
    assert first_edition.certificate
    with work:
        assert len(work.grids.of_edition(1)) == 8


def test_a_gap_is_refused_with_its_report_and_nothing_is_stored(work, levels):
    """One of four unit grids is missing."""
    torn = [grid for grid in tiny_tree() if grid.code != FIRST_UNIT]

    with pytest.raises(PlanNotPublishableError) as refused:
        publish_tree(work, torn, FIRST_DAY)

    report = refused.value.members["report"]
    assert not report["valid"]
    assert {finding["rule"] for finding in report["findings"] if finding["severity"] == "error"} <= {
        "gap",
        "uncovered-parent",
        "low-coverage",
    }
    with work:
        assert work.editions.latest() is None


def test_an_edit_makes_the_next_edition_and_leaves_the_first(work, first_edition):
    """A rename: edition 2 has the new name, edition 1 the old one."""
    second = publish_tree(work, [renamed(FIRST_UNIT, "新名网格")])

    assert second.number == 2
    with work:
        names = [work.grids.record(number, FIRST_UNIT).name for number in (1, 2)]
    assert names == ["第1网格", "新名网格"]


def test_two_plans_on_different_grids_both_publish(work, first_edition):
    """Both began on edition 1; their footprints do not meet."""
    one, two = create_plan("one", PLANNER, work), create_plan("two", PLANNER, work)
    replace_grids(one.id, [renamed(FIRST_UNIT, "甲")], PLANNER, work)
    replace_grids(two.id, [renamed(THIRD_UNIT, "乙")], PLANNER, work)

    publish_plan(one.id, PLANNER, work, effective_from=FIRST_DAY + timedelta(days=1))
    publish_plan(two.id, PLANNER, work, effective_from=FIRST_DAY + timedelta(days=2))

    with work:
        assert [work.grids.record(3, code).name for code in (FIRST_UNIT, THIRD_UNIT)] == ["甲", "乙"]


def test_two_plans_on_the_same_grid_clash_by_name(work, first_edition):
    """The second is told which grid, and on which edition to begin again."""
    one, two = create_plan("one", PLANNER, work), create_plan("two", PLANNER, work)
    for plan, name in ((one, "甲"), (two, "乙")):
        replace_grids(plan.id, [renamed(FIRST_UNIT, name)], PLANNER, work)
    publish_plan(one.id, PLANNER, work)

    with pytest.raises(ClashError, match="begin again on edition 2") as refused:
        publish_plan(two.id, PLANNER, work)

    assert refused.value.members["grids"] == [FIRST_UNIT]


def test_an_edition_does_not_take_effect_before_the_last(work, first_edition):
    """At the same instant is too early as well."""
    plan = create_plan("early", PLANNER, work)
    replace_grids(plan.id, [renamed(FIRST_UNIT, "早")], PLANNER, work)

    with pytest.raises(ClashError, match="a later one is needed"):
        publish_plan(plan.id, PLANNER, work, effective_from=FIRST_DAY)


def test_a_plan_is_published_once(work, first_edition):
    """The second try finds no draft."""
    plan = create_plan("once", PLANNER, work)
    replace_grids(plan.id, [renamed(FIRST_UNIT, "一")], PLANNER, work)
    publish_plan(plan.id, PLANNER, work)

    with pytest.raises(ClashError, match="only a draft"):
        publish_plan(plan.id, PLANNER, work)


def test_an_unknown_plan_is_not_found(work):
    """No plan has the id 0."""
    with pytest.raises(NotFoundError, match="no plan"):
        publish_plan(0, PLANNER, work)


def test_all_faults_of_a_replacement_are_told_at_once(work, first_edition):
    """A code twice, a grid without name, one without shape."""
    plan = create_plan("faulty", PLANNER, work)
    good = renamed(FIRST_UNIT, "好")
    nameless = replace(good, code=SECOND_UNIT, name="")
    shapeless = replace(good, code=THIRD_UNIT, shape=shapely.Polygon())

    with pytest.raises(RuleBrokenError) as refused:
        replace_grids(plan.id, [good, good, nameless, shapeless], PLANNER, work)

    assert [fault.pointer for fault in refused.value.faults] == ["/features/1", "/features/2", "/features/3"]


def test_the_checksum_sees_every_vertex_but_not_the_order():
    """Rotated rings and shuffled grids are the same edition; a step of the lattice is not."""
    tree = tiny_tree()
    moved = [*tree[:-1], replace(tree[-1], shape=shapely.transform(tree[-1].shape, lambda xy: xy + 1e-9))]

    assert checksum(tree[::-1]) == checksum(tree)
    assert checksum(moved) != checksum(tree)


def test_buildings_on_redrawn_ground_change_their_owner_and_keep_the_old_one(work, first_edition):
    """Two neighbours swap their ground: the building of the first belongs to the second from edition 2 on."""
    shapes = {grid.code: grid for grid in tiny_tree()}
    building = Building("B1", "一号楼", "某路 1 号", "residential", lon=102.705, lat=25.015, households=12)
    register_buildings([building], work)
    swapped = [
        replace(shapes[FIRST_UNIT], shape=shapes[SECOND_UNIT].shape),
        replace(shapes[SECOND_UNIT], shape=shapes[FIRST_UNIT].shape),
    ]

    publish_tree(work, swapped)

    with work:
        owners = {
            (row.editions.lower, row.editions.upper): row.grid_code
            for row in work._session.execute(select(building_owner))
        }
    assert owners == {(1, 2): FIRST_UNIT, (2, None): SECOND_UNIT}
