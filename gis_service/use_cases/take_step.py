"""Tell what one act made of a draft."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.plan import Draft, PlanChange
from gis_service.use_cases.check_plan import check_draft
from gis_service.use_cases.lock_draft import find_plan
from gis_service.use_cases.read_draft import DraftGrid, tell_grids
from gis_service.use_cases.read_plan import PlanRecord, record_of
from grid_boundaries.check import CheckRules, Report


@dataclass(frozen=True, slots=True)
class PlanStep:
    """The plan after one act, the change made or undone, the grids it touched as they are now, the report."""

    record: PlanRecord
    change: PlanChange
    grids: tuple[DraftGrid, ...]
    report: Report


def take_step(
    plan_id: int,
    draft: Draft,
    change: PlanChange,
    codes: Collection[str],
    work: UnitOfWork,
    rules: CheckRules | None = None,
) -> PlanStep:
    """Check a draft that has just been changed, remember the verdict, and commit.

    Args:
        plan_id: its plan, locked in a transaction already begun.
        draft: the footprint as it is now.
        change: what was done or undone.
        codes: the grids that this touched.
        work: the transaction.
        rules: what the check allows; its defaults when not given.
    """
    plan = find_plan(plan_id, work)
    report = check_draft(plan.base_edition, draft, work, rules).report
    work.plans.keep_verdict(plan_id, plan.version, is_valid=report.valid)
    record = record_of(find_plan(plan_id, work), work)
    step = PlanStep(record, change, tell_grids(plan.base_edition, draft, codes, work), report)
    work.commit()
    return step
