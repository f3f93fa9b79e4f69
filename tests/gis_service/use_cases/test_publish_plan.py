from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from sqlalchemy import delete, select, update

from gis_service.database.tables import building_owner, family_proof, grid
from gis_service.domain.building import Building
from gis_service.domain.checksum import checksum
from gis_service.domain.finding_exception import CoverageTarget
from gis_service.domain.plan_operation import Operation
from gis_service.errors import ClashError, NotFoundError, RuleBrokenError
from gis_service.use_cases.change_plan import change_plan
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.publish_plan import PlanNotPublishableError, publish_plan
from gis_service.use_cases.register_buildings import register_buildings
from gis_service.use_cases.replace_grids import replace_grids
from grid_boundaries.check.certificate import combine_proofs
from tests.support.ground import FIRST_DAY, PLANNER, UNITS, add_levels, publish_tree, tiny_tree

FIRST_UNIT, SECOND_UNIT, THIRD_UNIT, _ = UNITS


@pytest.fixture
def levels(open_session):
    add_levels(open_session)


@pytest.fixture
def first_edition(work, levels):
    return publish_tree(work, tiny_tree(), FIRST_DAY)


def renamed(code, name):
    return next(replace(one, name=name) for one in tiny_tree() if one.code == code)


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
    torn = [one for one in tiny_tree() if one.code != FIRST_UNIT]

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
    shapes = {one.code: one for one in tiny_tree()}
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


def split_first(work, plan):
    """Split the first unit grid across."""
    line = shapely.LineString([(102.699, 25.015), (102.711, 25.015)])
    return change_plan(plan.id, Operation("split", {"code": FIRST_UNIT, "line": line}, {}), PLANNER, work)


def test_families_that_nothing_touches_keep_their_proofs(work, open_session, first_edition):
    """A split sets a vertex into the eastern community: all four are proved anew; a name touches none."""
    plan = create_plan("split", PLANNER, work)
    split_first(work, plan)
    publish_plan(plan.id, PLANNER, work)

    with open_session() as session:
        rows = session.execute(select(family_proof.c.parent, family_proof.c.since, family_proof.c.until)).all()
    in_force = {row.parent: row.since for row in rows if row.until is None}
    assert in_force == {"530103": 2, "530103001": 2, "530103001001": 2, "530103001002": 2}

    another = create_plan("name", PLANNER, work)
    asked = {"code": THIRD_UNIT, "name": "新名"}
    change_plan(another.id, Operation("rename", asked, asked), PLANNER, work)
    publish_plan(another.id, PLANNER, work)

    with open_session() as session:
        assert set(session.scalars(select(family_proof.c.since).where(family_proof.c.until.is_(None)))) == {2}
    with work:
        latest, proofs = work.editions.latest(), work.proofs.of_edition(3)
    assert latest.certificate == combine_proofs(proofs)


def test_an_edition_without_proofs_by_family_is_proved_whole_at_the_next_publish(work, open_session, first_edition):
    """As after an upgrade from a version that had none."""
    with open_session() as session:
        session.execute(delete(family_proof))
        session.commit()

    second = publish_tree(work, [renamed(FIRST_UNIT, "新名")])

    assert second.certificate["families"] == 4
    with work:
        assert len(work.proofs.of_edition(2)) == 4


def test_a_family_let_pass_for_a_target_is_named_as_unproved(work, open_session, first_edition):
    """Three quarters of a community are enough for it: its gap is a remark, and its proof is gone."""
    with work:
        work.coverage_targets.replace_all([CoverageTarget(FIRST_UNIT[:12], 0.3, "农田")])
        work.commit()
    plan = create_plan("fields", PLANNER, work)
    change_plan(plan.id, Operation("retire", {"codes": [FIRST_UNIT]}, {}), PLANNER, work)

    edition = publish_plan(plan.id, PLANNER, work)

    assert edition.certificate["unproved"] == [FIRST_UNIT[:12]]
    assert edition.certificate["families"] == 3
    assert edition.grid_count == 7


def test_a_grid_that_goes_on_keeps_its_attributes(work, open_session, first_edition):
    """Whatever else is stored of it, by whomever."""
    with open_session() as session:
        session.execute(update(grid).where(grid.c.code == FIRST_UNIT).values(attributes={"head": "张三"}))
        session.commit()

    publish_tree(work, [renamed(FIRST_UNIT, "新名")])

    with open_session() as session:
        rows = session.execute(select(grid.c.attributes).where(grid.c.code == FIRST_UNIT)).scalars().all()
    assert rows == [{"head": "张三"}, {"head": "张三"}]


def test_who_followed_and_is_as_before_gets_no_new_row(work, open_session, first_edition):
    """500 households and then 400 again: the sums above are what they were."""
    plan = create_plan("there and back", PLANNER, work)
    for households in (500, 400):
        asked = {"code": FIRST_UNIT, "households": households}
        change_plan(plan.id, Operation("set", asked, asked), PLANNER, work)

    publish_plan(plan.id, PLANNER, work)

    with work:
        assert [one.code for one in work.grids.only_in(2, 1)] == [FIRST_UNIT]


def test_two_drafts_do_not_choose_the_same_new_codes(work, first_edition):
    """Both split a grid of one community; the second numbers on after the first, and both are published."""
    one, two = create_plan("one", PLANNER, work), create_plan("two", PLANNER, work)
    first = split_first(work, one)
    line = shapely.LineString([(102.699, 25.005), (102.711, 25.005)])
    second = change_plan(two.id, Operation("split", {"code": SECOND_UNIT, "line": line}, {}), PLANNER, work)

    assert not {*first.change.detail["pieces"]} & {*second.change.detail["pieces"]}
    publish_plan(one.id, PLANNER, work)
    assert publish_plan(two.id, PLANNER, work).grid_count == 10


def test_a_new_code_that_another_plan_has_published_meanwhile_is_a_conflict(work, first_edition):
    """Both planners chose it themselves."""
    plans = [create_plan("code", PLANNER, work) for _ in range(2)]
    for plan, code, lat in ((plans[0], FIRST_UNIT, 25.015), (plans[1], SECOND_UNIT, 25.005)):
        line = shapely.LineString([(102.699, lat), (102.711, lat)])
        asked = {"code": code, "line": line, "new_codes": [f"{code[:12]}777", f"{code[:12]}{code[-3:-1]}8"]}
        change_plan(plan.id, Operation("split", asked, {}), PLANNER, work)
    publish_plan(plans[0].id, PLANNER, work)

    with pytest.raises(ClashError) as refused:
        publish_plan(plans[1].id, PLANNER, work)

    assert refused.value.code == "conflict"
    assert f"{FIRST_UNIT[:12]}777" in refused.value.members["grids"]


def test_lineage_tells_whose_ground_went_to_whom(work, first_edition):
    """The two pieces of a split grid have its ground."""
    plan = create_plan("split", PLANNER, work)
    pieces = split_first(work, plan).change.detail["pieces"]
    publish_plan(plan.id, PLANNER, work)

    with work:
        told = [(one.from_code, one.to_code) for one in work.lineage.of_edition(2)]
    assert told == [(FIRST_UNIT, piece) for piece in sorted(pieces)]


def test_publishing_reads_no_more_than_it_touches(work, first_edition, count_queries):
    """A rename loads the grid and its parent; what is whole is hashed in the database."""
    plan = create_plan("name", PLANNER, work)
    replace_grids(plan.id, [renamed(FIRST_UNIT, "新名")], PLANNER, work)

    with count_queries() as statements:
        publish_plan(plan.id, PLANNER, work)

    assert len(statements) < 80, len(statements)


def test_an_effect_years_ahead_is_refused_since_it_would_block_all_later_editions(work, first_edition):
    """A slip of the pen: the year 9999."""
    plan = create_plan("far", PLANNER, work)
    replace_grids(plan.id, [renamed(FIRST_UNIT, "新名网格")], PLANNER, work)

    with pytest.raises(RuleBrokenError, match="ahead") as refused:
        publish_plan(plan.id, PLANNER, work, effective_from=datetime(9999, 12, 31, tzinfo=UTC))
    assert refused.value.code == "effect-too-late"


def test_a_grid_that_loses_all_its_children_keeps_its_households(work, first_edition):
    """A community of 800 whose two unit grids retire: it stays at 800, and so does the street at 1600."""
    plan = create_plan("leaf", PLANNER, work)
    codes = [FIRST_UNIT, SECOND_UNIT]
    change_plan(plan.id, Operation("retire", {"codes": codes}, {"codes": codes}), PLANNER, work)
    publish_plan(plan.id, PLANNER, work, effective_from=FIRST_DAY + timedelta(days=400))

    with work:
        kept = {grid.code: grid.households for grid in work.grids.of_edition(2)}
    assert (kept[FIRST_UNIT[:12]], kept[FIRST_UNIT[:9]]) == (800, 1600)
