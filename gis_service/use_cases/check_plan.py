"""Check the ground as a plan would leave it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.plan import Draft, Plan
from gis_service.use_cases.lock_draft import find_plan
from grid_boundaries.check import CheckRules, Report, check_tree
from grid_boundaries.check.footprint import check_footprint, touched_families


@dataclass(frozen=True, slots=True)
class DraftCheck:
    """What the check said, and the parents of the families that it looked at; None for the roots."""

    report: Report
    families: frozenset[str | None]


def check_plan(plan_id: int, work: UnitOfWork, rules: CheckRules | None = None) -> tuple[Plan, Report]:
    """Return a plan and the report on the families that it touches, on top of its base; remember the verdict.

    Raises:
        NotFoundError: there is no such plan.
    """
    with work:
        plan = find_plan(plan_id, work)
        report = check_draft(plan.base_edition, work.plans.draft(plan_id), work, rules).report
        if plan.state == "draft" and plan.is_valid != report.valid:
            work.plans.keep_verdict(plan_id, plan.version, is_valid=report.valid)
            work.commit()
            plan = replace(plan, is_valid=report.valid)
    return plan, report


def check_draft(
    edition: int | None, draft: Draft, work: UnitOfWork, rules: CheckRules | None = None, *, whole: bool = False
) -> DraftCheck:
    """Check the families that a draft touches on top of an edition, inside a transaction already begun.

    Where the edition is proved, a family that nothing touches needs no look: what is found here is all that the check
    of the whole tree would find wrong.  ``whole`` looks at every family all the same.
    """
    levels = [level.code for level in work.levels.list_all()]
    rules = replace(rules or CheckRules(), coverage_targets=work.coverage_targets.shares())
    if edition is None or whole:
        grids = work.drafts.whole(edition, draft)
        report = check_tree(grids, rules, levels)
        families = frozenset(grid.parent for grid in grids)
    else:
        before = work.grids.of_codes(edition, draft.touched)
        families = frozenset(touched_families(before, draft.grids, draft.touched))
        grids = work.drafts.families(edition, draft, families)
        report = check_footprint(grids, draft.touched, rules, levels, parents=families)
    return DraftCheck(report, families)
