"""What operations make of a draft: the same as on the whole ground, undone and redone, and counted."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from shapely.geometry import LineString, box

from gis_service.domain.checksum import checksum
from gis_service.domain.plan_operation import Operation
from gis_service.use_cases.change_plan import OperationRefusedError, change_plan
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.publish_plan import PlanNotPublishableError, publish_plan
from gis_service.use_cases.redo_change import redo_change
from gis_service.use_cases.undo_change import undo_change
from grid_boundaries.check import CheckRules, check_tree
from grid_boundaries.partition import Grid
from grid_boundaries.redraw import Ground, RedrawRefusedError, apply_redraw
from tests.support.ground import FIRST_DAY, LEVELS, PLANNER, add_levels, publish_tree
from tests.support.town import SIDE, at, splitting, town

LEVEL_CODES = [level["code"] for level in LEVELS]
PLACES = st.integers(0, 10 * SIDE).map(lambda tenths: tenths / 10)
POINTS = st.tuples(PLACES, PLACES)


@pytest.fixture
def first_edition(work, open_session):
    """The town as edition 1."""
    add_levels(open_session)
    return publish_tree(work, town(), FIRST_DAY)


def drafted(plan, work):
    """Every grid of the plan's draft, by code."""
    with work:
        return {grid.code: grid for grid in work.drafts.whole(plan.base_edition, work.plans.draft(plan.id))}


def ground_of(grid: Grid):
    """What a draw tells of a grid, without its households."""
    return grid.level, grid.parent, grid.kind, grid.name, shapely.normalize(grid.shape).wkb


def planners_at_random(work):
    """A machine that draws on a plan, and on a model of it that holds the whole ground in memory."""

    class PlannerAtRandom(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.savepoint = work._open_session.kw["bind"].begin_nested()
            self.plan = create_plan("random", PLANNER, work)
            self.states = [Ground(town(), LEVEL_CODES)]
            self.head = 0

        @property
        def ground(self):
            return self.states[self.head]

        def draw(self, operation):
            try:
                expected = apply_redraw(self.ground, operation.apply(self.ground))
            except RedrawRefusedError as refusal:
                with pytest.raises(OperationRefusedError) as refused:
                    change_plan(self.plan.id, operation, PLANNER, work)
                assert refused.value.code == refusal.code
                return
            step = change_plan(self.plan.id, operation, PLANNER, work)
            del self.states[self.head + 1 :]
            self.states.append(expected)
            self.head += 1
            self.compare(step.report)

        def compare(self, report):
            """The draft is the model, and the check of its footprint says of errors what that of the whole says."""
            seen = drafted(self.plan, work)
            assert {code: ground_of(grid) for code, grid in seen.items()} == {
                code: ground_of(grid) for code, grid in self.ground.items()
            }
            whole = check_tree(list(seen.values()), CheckRules(), LEVEL_CODES)
            assert errors(report) == errors(whole)

        @rule(pick=st.randoms(use_true_random=False), start=POINTS, end=POINTS)
        def split(self, pick, start, end):
            code = pick.choice(list(self.ground))
            line = LineString([at(*start), at(*end)])
            self.draw(Operation("split", {"code": code, "line": line}, {}))

        @rule(pick=st.randoms(use_true_random=False), slope=st.floats(-1, 1), share=st.floats(0.2, 0.8))
        def split_across(self, pick, slope, share):
            self.draw(splitting(pick.choice(self.leaves()), slope, share))

        @rule(pick=st.randoms(use_true_random=False))
        def merge(self, pick):
            one = pick.choice(self.leaves())
            beside = [
                other.code
                for other in self.leaves()
                if other.parent == one.parent and other.shape.intersection(one.shape).length > 0
            ]
            codes = [one.code, pick.choice(beside)] if beside else [one.code]
            self.draw(Operation("merge", {"codes": codes, "into": one.code}, {}))

        @rule(pick=st.randoms(use_true_random=False), bend=POINTS)
        def move_edge(self, pick, bend):
            one = pick.choice(self.leaves())
            for other in self.leaves():
                edge = shapely.line_merge(shapely.intersection(one.shape, other.shape))
                if other.code != one.code and isinstance(edge, LineString):
                    start, *_, end = edge.coords
                    line = LineString([start, at(*bend), end])
                    self.draw(Operation("move-edge", {"between": [one.code, other.code], "line": line}, {}))
                    return

        @rule(corner=POINTS, width=st.integers(1, 12), height=st.integers(1, 12))
        def carve(self, corner, width, height):
            west, south = at(*corner)
            polygon = box(west, south, west + width / 1000, south + height / 1000)
            self.draw(Operation("carve", {"polygon": polygon, "kind": "dedicated", "name": "专属"}, {}))

        @rule(pick=st.randoms(use_true_random=False))
        def move_parent(self, pick):
            code = pick.choice(self.leaves()).code
            parent = pick.choice([grid.code for grid in self.ground.values() if grid.level == "community"])
            self.draw(Operation("move-parent", {"codes": [code], "parent": parent}, {}))

        @rule(pick=st.randoms(use_true_random=False))
        def rename(self, pick):
            code = pick.choice(list(self.ground))
            self.draw(Operation("rename", {"code": code, "name": f"新{self.head}"}, {}))

        @rule(pick=st.randoms(use_true_random=False))
        def retire(self, pick):
            self.draw(Operation("retire", {"codes": [pick.choice(self.leaves()).code]}, {}))

        @precondition(lambda self: self.head > 0)
        @rule(steps=st.integers(1, 4))
        def undo(self, steps):
            for _ in range(min(steps, self.head)):
                step = undo_change(self.plan.id, PLANNER, work)
                self.head -= 1
            self.compare(step.report)

        @precondition(lambda self: self.head + 1 < len(self.states))
        @rule(steps=st.integers(1, 4))
        def redo(self, steps):
            for _ in range(min(steps, len(self.states) - 1 - self.head)):
                step = redo_change(self.plan.id, PLANNER, work)
                self.head += 1
            self.compare(step.report)

        def leaves(self):
            parents = {grid.parent for grid in self.ground.values()}
            return [grid for grid in self.ground.values() if grid.code not in parents]

        def teardown(self):
            """Publish what is sound; the edition is the model, its checksum and certificate those of the whole."""
            try:
                if self.head:
                    self.publish()
            finally:
                self.savepoint.rollback()

        def publish(self):
            grids = list(drafted(self.plan, work).values())
            whole = check_tree(grids, CheckRules(), LEVEL_CODES)
            if not whole.valid:
                with pytest.raises(PlanNotPublishableError):
                    publish_plan(self.plan.id, PLANNER, work)
                return
            edition = publish_plan(self.plan.id, PLANNER, work)
            with work:
                stored = work.grids.of_edition(edition.number)
            assert stored == grids
            assert edition.checksum == checksum(stored)
            assert edition.grid_count == len(stored)
            assert edition.certificate == whole.certificate
            assert edition.bounds == pytest.approx(tuple(shapely.total_bounds([one.shape for one in stored])))

    return PlannerAtRandom


def errors(report):
    return sorted((finding.rule, finding.id) for finding in report.findings if finding.severity == "error")


def test_random_planning_is_what_the_operations_make_of_the_whole_ground(work, first_edition):
    """Whatever is drawn, undone and redone: draft, verdict and edition are those of a model without a database."""
    run_state_machine_as_test(
        planners_at_random(work),
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )
