"""Check the ground as a plan would leave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.plan import Draft, Plan
from gis_service.use_cases.lock_draft import find_plan
from gis_service.use_cases.weigh_report import weigh_report
from grid_boundaries.check import CheckRules, Report, check_tree
from grid_boundaries.check.footprint import check_footprint, touched_families
from grid_boundaries.partition import Grid


@dataclass(frozen=True, slots=True)
class DraftCheck:
    """What the check said, and the parents of the families that it looked at; None for the roots."""

    report: Report
    families: frozenset[str | None]


@dataclass(frozen=True, slots=True)
class DraftFamilies:
    """The families that a draft touches: their grids as the draft has them, and the codes of their parents."""

    grids: Sequence[Grid]
    parents: frozenset[str | None]


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
    families = load_families(edition, draft, work, whole=whole)
    if edition is None or whole:
        report = check_tree(families.grids, rules, levels)
    else:
        ancestors = _ancestors(edition, families.grids, draft, work) if rules.coverage_targets else {}
        report = check_footprint(
            families.grids, draft.touched, rules, levels, parents=families.parents, ancestors=ancestors
        )
    return DraftCheck(weigh_report(report, families.grids, edition, draft, work, rules), families.parents)


def load_families(edition: int | None, draft: Draft, work: UnitOfWork, *, whole: bool = False) -> DraftFamilies:
    """Return the families that a draft touches, inside a transaction already begun; all of them before an edition.

    Another name, kind or number of households touches none: those above that only count on would drag in the whole.
    """
    if edition is None or whole:
        grids = work.drafts.whole(edition, draft)
        return DraftFamilies(grids, frozenset(grid.parent for grid in grids))
    before = {grid.code: grid for grid in work.grids.of_codes(edition, draft.touched)}
    after = {grid.code: grid for grid in draft.grids}
    moved = {code for code in draft.touched if _ground(before.get(code)) != _ground(after.get(code))}
    parents = frozenset(touched_families(before, after, moved))
    known = {grid.code: grid for grid in work.drafts.families(edition, draft, parents)} | after
    above = {grid.parent for grid in known.values() if grid.parent} - known.keys()
    known.update((grid.code, grid) for grid in work.drafts.of_codes(edition, draft, above))
    return DraftFamilies(list(known.values()), parents)


def _ground(grid: Grid | None) -> tuple[object, ...]:
    return () if grid is None else (grid.parent, grid.level, grid.shape)


def _ancestors(edition: int, grids: Sequence[Grid], draft: Draft, work: UnitOfWork) -> dict[str, str | None]:
    """Return the parents of all grids above the known ones, by code."""
    known = {grid.code: grid for grid in grids}
    drawn = {grid.code: grid.parent for grid in draft.grids}
    found: dict[str, str | None] = {}
    wanted = {grid.parent for grid in known.values() if grid.parent} - known.keys()
    while wanted:
        stored = work.grids.parents_of(edition, wanted)
        step = {code: drawn.get(code, stored.get(code)) for code in wanted}
        found.update(step)
        wanted = {parent for parent in step.values() if parent} - found.keys() - known.keys()
    return found
