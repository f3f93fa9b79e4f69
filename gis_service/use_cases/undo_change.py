"""Take back the last change of a draft."""

from __future__ import annotations

from collections.abc import Collection

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.errors import ClashError
from gis_service.use_cases.lock_draft import lock_draft
from gis_service.use_cases.refuse_outside_scope import refuse_draft_outside_scope
from gis_service.use_cases.take_step import PlanStep, take_step


def undo_change(
    plan_id: int, principal: Principal, work: UnitOfWork, *, expected: Collection[str] | None = None
) -> PlanStep:
    """Let the last change of a draft count no longer; it can be redone until another takes its place.

    Raises:
        NotFoundError: there is no such plan.
        PreconditionFailedError: it has another version than ``expected``.
        ClashError: it is no draft any more, or there is nothing to undo.
        ForbiddenError: it redraws grids outside the planner's scope.
    """
    with work:
        plan = lock_draft(plan_id, work, expected=expected)
        if plan.head == 0:
            raise ClashError(f"plan {plan_id} has no change to undo", code="nothing-to-undo")
        refuse_draft_outside_scope(principal, plan, work.plans.draft(plan_id), work)
        work.plans.move_head(plan_id, plan.head - 1)
        change, codes = work.plans.change_at(plan_id, plan.head)
        return take_step(plan_id, work.plans.draft(plan_id), change, codes, work)
