"""Plans that redraw different grids follow one another in any order; the same grid twice is refused by name."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from gis_service.domain.checksum import checksum
from gis_service.domain.plan_operation import Operation
from gis_service.use_cases.change_plan import OperationRefusedError, change_plan
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.publish_plan import publish_plan
from gis_service.use_cases.rebase_draft import ConflictError
from grid_boundaries.check import CheckRules, check_tree
from tests.support.ground import FIRST_DAY, LEVELS, PLANNER, add_levels, publish_tree
from tests.support.town import add_houses, at, splitting, town

LEVEL_CODES = [level["code"] for level in LEVELS]
UNITS = [grid for grid in town() if grid.level == "unit_grid"]
BY_CODE = {grid.code: grid for grid in town()}


@pytest.fixture
def town_edition(work, open_session):
    """The town as edition 1, with houses whose number of households is not that of the grids."""
    add_levels(open_session)
    edition = publish_tree(work, town(), FIRST_DAY)
    add_houses(work)
    return edition


@contextmanager
def undone(work):
    """A block whose commits vanish."""
    savepoint = work._open_session.kw["bind"].begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def draft(work, *operations):
    """A plan on the newest edition, with these changes."""
    plan = create_plan("test", PLANNER, work)
    for operation in operations:
        change_plan(plan.id, operation, PLANNER, work)
    return plan


def redrawn(plan, work):
    with work:
        return work.plans.draft(plan.id).redrawn


def publish(work, *plans):
    """Publish plans one after another; return all grids of the last edition, which has been checked as a whole."""
    for plan in plans:
        edition = publish_plan(plan.id, PLANNER, work)
    with work:
        grids = work.grids.of_edition(edition.number)
        owners = {one.code: one.owner for one in work.buildings.in_boxes([(102.6, 24.9, 102.8, 25.1)])}
    whole = check_tree(grids, CheckRules(), LEVEL_CODES)
    assert whole.valid, [finding.message for finding in whole.findings if finding.severity == "error"]
    assert edition.certificate == whole.certificate
    assert edition.checksum == checksum(grids)
    return grids, owners


def moving(one, other, bend):
    """Let the common edge of two squares go by way of a place, in hundredths of a degree."""
    edge = BY_CODE[one].shape.intersection(BY_CODE[other].shape)
    line = LineString([edge.coords[0], at(*bend), edge.coords[-1]])
    return Operation("move-edge", {"between": [one, other], "line": line}, {})


def merging(*codes):
    return Operation("merge", {"codes": list(codes), "into": codes[0]}, {})


def renaming(code, name):
    return Operation("rename", {"code": code, "name": name}, {"code": code, "name": name})


PAIRS = {
    "two splits whose lines meet the common edge from both sides": (
        [splitting(BY_CODE["91101"], 0.4)],
        [splitting(BY_CODE["91102"], -0.3)],
    ),
    "a split, and a merge of the neighbours whose edge got its vertex": (
        [splitting(BY_CODE["91101"], 0.4)],
        [merging("91102", "91104")],
    ),
    "a split, and a split of the neighbour across the common edge": (
        [splitting(BY_CODE["91101"], 0.4)],
        [splitting(BY_CODE["91102"], 0.9), splitting(BY_CODE["91104"], 0.2)],
    ),
    "splits on both sides of an edge that streets have in common": (
        [splitting(BY_CODE["91102"], 0.1)],
        [splitting(BY_CODE["92101"], 0.7)],
    ),
    "a split, and another name for the community that it lies in": (
        [splitting(BY_CODE["91101"], 0.4)],
        [renaming("911", "新社区")],
    ),
    "a split at an edge along which another plan draws the border of communities": (
        [splitting(BY_CODE["92204"], 0.4)],
        [Operation("move-parent", {"codes": ["92203"], "parent": "912"}, {})],
    ),
    "two moved edges with a corner in common": (
        [moving("91101", "91102", (0.8, 0.4))],
        [moving("91103", "91104", (1.2, 1.4))],
    ),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_what_each_plan_redraws_alone_comes_together_in_any_order(work, town_edition, pair):
    """Both orders give the same grids, households and owners of houses; each edition is whole."""
    one, two = (draft(work, *operations) for operations in PAIRS[pair])
    assert not redrawn(one, work) & redrawn(two, work)

    with undone(work):
        one_first = publish(work, one, two)
    with undone(work):
        two_first = publish(work, two, one)

    assert one_first == two_first


@st.composite
def operations(draw):
    """One or two operations somewhere in the town."""
    made = []
    for _ in range(draw(st.integers(1, 2))):
        unit = draw(st.sampled_from(UNITS))
        kind = draw(st.sampled_from(("split", "merge", "move-edge", "move-parent", "rename", "set")))
        beside = [
            other.code for other in UNITS if other.code != unit.code and other.shape.intersection(unit.shape).length
        ]
        other = draw(st.sampled_from(beside))
        if kind == "split":
            made.append(splitting(unit, draw(st.floats(-1, 1)), draw(st.floats(0.2, 0.8))))
        elif kind == "merge":
            made.append(merging(unit.code, other))
        elif kind == "move-edge":
            middle = BY_CODE[unit.code].shape.intersection(BY_CODE[other].shape).centroid
            bend = (middle.x - 102.70) * 100 + draw(st.floats(-0.4, 0.4)), (middle.y - 25.00) * 100
            made.append(moving(unit.code, other, bend))
        elif kind == "move-parent":
            made.append(Operation("move-parent", {"codes": [unit.code], "parent": BY_CODE[other].parent}, {}))
        elif kind == "rename":
            made.append(renaming(draw(st.sampled_from(sorted(BY_CODE))), "新名"))
        else:
            households = draw(st.integers(0, 900))
            asked = {"code": unit.code, "households": households}
            made.append(Operation("set", asked, asked))
    return made


@given(first=operations(), second=operations())
@settings(
    max_examples=20,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
def test_plans_commute_wherever_they_redraw_different_grids(work, town_edition, first, second):
    """Whatever two planners draw: different grids come together in any order, the same ones in neither."""
    with undone(work):
        try:
            one, two = draft(work, *first), draft(work, *second)
        except OperationRefusedError:
            reject()
        if redrawn(one, work) & redrawn(two, work):
            for winner, loser in ((one, two), (two, one)):
                with undone(work):
                    publish(work, winner)
                    with pytest.raises(ConflictError) as refused:
                        publish_plan(loser.id, PLANNER, work)
                    assert set(refused.value.members["grids"]) & redrawn(one, work) & redrawn(two, work)
            return
        with undone(work):
            one_first = publish(work, one, two)
        with undone(work):
            two_first = publish(work, two, one)
        assert one_first == two_first


def test_a_plan_on_an_old_edition_is_carried_over_what_came_since(work, town_edition):
    """Three editions later, with vertices of others on all its sides, a split is published as it was drawn."""
    old = draft(work, splitting(BY_CODE["91104"], 0.3))
    for code in ("91102", "91103", "92103", "91202"):
        publish(work, draft(work, splitting(BY_CODE[code], 0.2)))

    grids, _ = publish(work, old)

    assert len(grids) == 23 + 5
    assert "91104" not in {grid.code for grid in grids}


def test_who_has_the_edge_of_a_retired_neighbour_gets_the_vertex(work, town_edition):
    """The neighbour that a split gave a vertex is merged away meanwhile: the grid that has its ground gets it."""
    split = draft(work, splitting(BY_CODE["91101"], 0.4))
    publish(work, draft(work, merging("91104", "91102")))

    grids, _ = publish(work, split)

    (merged,) = [grid for grid in grids if grid.code == "91104"]
    assert any(0.4 < (lat - 25.0) * 100 < 0.8 for lon, lat in merged.shape.exterior.coords if lon == 102.71)
