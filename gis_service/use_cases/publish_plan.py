"""Turn a draft into the next edition, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import shapely

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.checksum import checksum
from gis_service.domain.edition import Edition
from gis_service.domain.plan import Draft, Plan
from gis_service.errors import ClashError, NotFoundError
from gis_service.use_cases.assess_impact import trace_lineage
from gis_service.use_cases.generalise_edition import generalise_edition
from grid_boundaries.check import CheckRules, Report, check_tree
from grid_boundaries.partition import Grid


class PlanNotPublishableError(ClashError):
    """The check found errors; ``members["report"]`` has them all."""

    code = "not-publishable"

    def __init__(self, plan_id: int, report: Report) -> None:
        count = sum(finding.severity == "error" for finding in report.findings)
        super().__init__(
            f"plan {plan_id} has {count} finding(s) of severity error; mend them, or have a repair proposed",
            members={"report": report.as_dict()},
        )


def publish_plan(
    plan_id: int,
    principal: Principal,
    work: UnitOfWork,
    *,
    note: str = "",
    effective_from: datetime | None = None,
    rules: CheckRules | None = None,
) -> Edition:
    """Check the tree as the plan would leave it and store it as a new edition.

    Args:
        plan_id: a draft.
        principal: who publishes.
        work: a transaction not yet begun.
        note: why, for those who look back.
        effective_from: the instant of legal effect; now when not given.  The first edition may lie in the past.
        rules: what the check allows; its defaults when not given.

    Raises:
        NotFoundError: there is no such plan.
        ClashError: not a draft; a grid of its footprint was changed since its base; an effect not after the last.
        PlanNotPublishableError: the check found errors.
    """
    with work:
        plan = work.plans.lock(plan_id)
        if plan is None:
            raise NotFoundError(f"no plan has the id {plan_id}")
        if plan.state != "draft":
            raise ClashError(f"plan {plan_id} is {plan.state}; only a draft can be published", code="not-a-draft")
        work.editions.lock_publishing()
        latest = work.editions.latest()
        draft = work.plans.draft(plan_id)
        touched = {grid.code for grid in draft.grids} | draft.retired
        _refuse_conflicts(plan, latest, touched, work)
        effective_from = _choose_effect(effective_from, latest, work)
        before = [] if latest is None else work.grids.of_edition(latest.number)
        after = draft.apply_to(before)

        report = check_tree(after, rules or CheckRules(), [level.code for level in work.levels.list_all()])
        if not report.valid:
            raise PlanNotPublishableError(plan_id, report)

        number = 1 if latest is None else latest.number + 1
        _refuse_used_codes(draft, before, work)
        gone = trace_lineage(None if latest is None else latest.number, draft, work)
        work.grids.publish(number, closed=touched & {grid.code for grid in before}, added=draft.grids, attributes={})
        edition = work.editions.append(
            number=number,
            effective_from=effective_from,
            published_by=principal.name,
            note=note,
            grid_count=len(after),
            checksum=checksum(after),
            certificate=dict(report.certificate or {}),
            bounds=tuple(shapely.total_bounds([grid.shape for grid in after]).tolist()),
        )
        work.lineage.add(number, gone)
        _reown_buildings(number, touched, work)
        generalise_edition(number, touched, work)
        work.plans.mark_published(plan_id, number)
        work.commit()
        return edition


def _refuse_conflicts(plan: Plan, latest: Edition | None, touched: set[str], work: UnitOfWork) -> None:
    """Refuse when another plan has changed a grid of the footprint since this one began (decision 7)."""
    base = 0 if plan.base_edition is None else plan.base_edition
    newest = 0 if latest is None else latest.number
    if base == newest:
        return
    then, now = work.grids.row_ids(base, touched), work.grids.row_ids(newest, touched)
    changed = sorted(code for code in touched if then.get(code) != now.get(code))
    if changed:
        raise ClashError(
            f"since edition {base} another plan changed {', '.join(changed)}; begin again on edition {newest}",
            members={"grids": changed, "edition": newest},
        )


def _choose_effect(wanted: datetime | None, latest: Edition | None, work: UnitOfWork) -> datetime:
    effect = work.editions.now() if wanted is None else wanted
    if latest is not None and effect <= latest.effective_from:
        raise ClashError(
            f"edition {latest.number} takes effect at {latest.effective_from.isoformat()}; a later one is needed",
            code="effect-too-early",
        )
    return effect


def _refuse_used_codes(draft: Draft, before: Sequence[Grid], work: UnitOfWork) -> None:
    """Refuse a new grid under the code of a retired one: codes are never reused."""
    new = {grid.code for grid in draft.grids} - {grid.code for grid in before} - draft.restored
    used = sorted(work.grids.used_codes(new))
    if used:
        raise ClashError(f"the codes {', '.join(used)} belonged to retired grids; choose others", code="code-reused")


def _reown_buildings(edition: int, touched: set[str], work: UnitOfWork) -> None:
    """Give the buildings on redrawn ground their owners in the new edition; the editions before keep theirs."""
    standing = work.buildings.on_ground(touched, edition)
    owners = work.owners.of_points(edition, [one.lon for one in standing], [one.lat for one in standing])
    changed = {one.code: owner for one, owner in zip(standing, owners, strict=True) if owner != one.owner}
    work.buildings.change_owners(changed, edition)
