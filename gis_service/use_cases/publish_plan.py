"""Turn a draft into the next edition, whole or not at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import shapely

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.edition import Bounds, Edition
from gis_service.domain.plan import Draft
from gis_service.errors import ClashError, InputFault, RuleBrokenError
from gis_service.use_cases.assess_impact import trace_lineage
from gis_service.use_cases.carry_indicators import carry_indicators
from gis_service.use_cases.check_plan import DraftCheck, check_draft
from gis_service.use_cases.generalise_edition import generalise_edition
from gis_service.use_cases.lock_draft import lock_draft
from gis_service.use_cases.prove_edition import prove_edition
from gis_service.use_cases.rebase_draft import Rebased, conflict, rebase_draft
from gis_service.use_cases.refuse_outside_scope import refuse_draft_outside_scope
from gis_service.use_cases.reown_buildings import reown_buildings
from grid_boundaries.check import CheckRules, Report

HORIZON = timedelta(days=732)
"""How far ahead an edition may take effect: dates rise with numbers, so a slip of the pen would block all others."""


class PlanNotPublishableError(ClashError):
    """The check found errors; ``members["report"]`` has them all."""

    code = "not-publishable"

    def __init__(self, plan_id: int, report: Report) -> None:
        self.report = report
        count = sum(finding.blocks for finding in report.findings)
        super().__init__(
            f"plan {plan_id} has {count} finding(s) of severity error; mend them, or have a repair proposed",
            members={
                "report": report.as_dict(),
                "message_zh": f"方案 {plan_id} 有 {count} 处错误；请修正，或查看修复建议。",
            },
        )


def publish_plan(
    plan_id: int,
    principal: Principal,
    work: UnitOfWork,
    *,
    note: str = "",
    effective_from: datetime | None = None,
    expected: Collection[str] | None = None,
    rules: CheckRules | None = None,
) -> Edition:
    """Check what the plan touches on top of the newest edition and store the outcome as the next one.

    Plans that redraw different grids follow one another in any order; publishing itself goes one by one.

    Args:
        plan_id: a draft.
        principal: who publishes.
        work: a transaction not yet begun.
        note: why, for those who look back.
        effective_from: the instant of legal effect; now when not given.  The first edition may lie in the past.
        expected: tags of the versions of the plan that the caller means; None means whatever there is.
        rules: what the check allows; its defaults when not given.

    Raises:
        NotFoundError: there is no such plan.
        PreconditionFailedError: it has another version than ``expected``.
        ClashError: not a draft, an empty one, codes of retired grids, an effect not after the last.
        RuleBrokenError: an effect farther ahead than ``HORIZON``.
        ConflictError: a grid that it redraws was changed since its base.
        PlanNotPublishableError: the check found errors.
        ForbiddenError: it redraws grids outside the planner's scope.
    """
    with work:
        plan = lock_draft(plan_id, work, expected=expected)
        draft = work.plans.draft(plan_id)
        if not draft.touched:
            raise ClashError(f"plan {plan_id} changes nothing; there is nothing to publish", code="empty-plan")
        refuse_draft_outside_scope(principal, plan, draft, work)
        work.editions.lock_publishing()
        latest = work.editions.latest()
        rebased = Rebased(draft) if latest is None else rebase_draft(plan, draft, latest, work)
        draft = rebased.draft
        effective_from = _choose_effect(effective_from, latest, work)
        _refuse_used_codes(draft, latest, work)
        check = check_draft(
            None if latest is None else latest.number, draft, work, rules, whole=not _is_proved(latest, work)
        )
        if not check.report.valid and latest is not None and rebased.lost:
            raise conflict(rebased.lost, plan, draft, latest, work)
        if not check.report.valid:
            raise PlanNotPublishableError(plan_id, check.report)
        edition = _store(draft, latest, check, principal, note, effective_from, work)
        work.plans.mark_published(plan_id, edition.number)
        work.commit()
        return edition


def _store(
    draft: Draft,
    latest: Edition | None,
    check: DraftCheck,
    principal: Principal,
    note: str,
    effective_from: datetime,
    work: UnitOfWork,
) -> Edition:
    number = 1 if latest is None else latest.number + 1
    before = {} if latest is None else {grid.code: grid for grid in work.grids.of_codes(latest.number, draft.touched)}
    after = {grid.code: grid for grid in draft.grids}
    lineage = trace_lineage(None if latest is None else latest.number, draft, work)
    work.grids.publish(number, closed=before.keys(), added=draft.grids)
    edition = work.editions.append(
        number=number,
        effective_from=effective_from,
        published_by=principal.name,
        note=note,
        grid_count=(0 if latest is None else latest.grid_count) + len(after) - len(before),
        checksum=work.grids.checksum(number),
        certificate=prove_edition(number, check, work),
        bounds=_bounds(draft, latest, number, work),
    )
    work.proofs.replace(number, check.families, check.report.proofs)
    reown_buildings(before, after, draft.refined, number, work)
    work.lineage.add(number, lineage)
    carry_indicators(before, after, draft.refined, number, work)
    generalise_edition(number, draft.touched, work)
    return edition


def _is_proved(latest: Edition | None, work: UnitOfWork) -> bool:
    """Say whether the newest edition has proofs by family, so that what the draft leaves alone needs no look."""
    return latest is not None and bool(work.proofs.of_edition(latest.number))


def _bounds(draft: Draft, latest: Edition | None, number: int, work: UnitOfWork) -> Bounds:
    """Return the box around an edition's grids, which lie within the roots but for what a draft may be let pass."""
    boxes = [grid.shape.bounds for grid in draft.grids]
    if latest is None or any(grid.parent is None for grid in draft.grids) or draft.retired:
        boxes.append(work.grids.bounds_of_roots(number))
    else:
        boxes.append(latest.bounds)
    west, south, east, north = shapely.total_bounds([shapely.box(*box) for box in boxes]).tolist()
    return west, south, east, north


def _choose_effect(wanted: datetime | None, latest: Edition | None, work: UnitOfWork) -> datetime:
    now = work.editions.now()
    effect = now if wanted is None else wanted
    if effect > now + HORIZON:
        sentence = (
            f"{effect.isoformat()} is more than {HORIZON.days} days ahead; all later editions would have to wait"
        )
        raise RuleBrokenError(sentence, code="effect-too-late", faults=[InputFault("/effective_from", sentence)])
    if latest is not None and effect <= latest.effective_from:
        raise ClashError(
            f"edition {latest.number} takes effect at {latest.effective_from.isoformat()}; a later one is needed",
            code="effect-too-early",
            members={"edition": latest.number, "effective_from": latest.effective_from.isoformat()},
        )
    return effect


def _refuse_used_codes(draft: Draft, latest: Edition | None, work: UnitOfWork) -> None:
    """Refuse a new grid under the code of a retired one: codes are not reused, but where a retirement is undone."""
    drawn = {grid.code for grid in draft.grids}
    alive = set() if latest is None else work.grids.row_ids(latest.number, drawn).keys()
    used = sorted(work.grids.used_codes(drawn - alive) - draft.restored)
    if used:
        raise ClashError(
            f"the codes {', '.join(used)} belonged to retired grids; choose others",
            code="code-reused",
            members={"grids": used},
        )
