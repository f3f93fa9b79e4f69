"""Do again what was undone."""

from __future__ import annotations

from collections.abc import Collection

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.errors import ClashError
from gis_service.use_cases.lock_draft import lock_draft
from gis_service.use_cases.refuse_outside_scope import refuse_draft_outside_scope
from gis_service.use_cases.take_step import PlanStep, take_step


def redo_change(
    plan_id: int, principal: Principal, work: UnitOfWork, *, expected: Collection[str] | None = None
) -> PlanStep:
    """Let the change that was undone last count again.

    Raises:
        NotFoundError: there is no such plan.
        PreconditionFailedError: it has another version than ``expected``.
        ClashError: it is no draft any more, or there is nothing to redo.
        ForbiddenError: it then redraws grids outside the planner's scope.
    """
    with work:
        plan = lock_draft(plan_id, work, expected=expected)
        if plan.head >= work.plans.last_position(plan_id):
            raise ClashError(f"plan {plan_id} has no undone change to redo", code="nothing-to-redo")
        work.plans.move_head(plan_id, plan.head + 1)
        draft = work.plans.draft(plan_id)
        refuse_draft_outside_scope(principal, plan, draft, work)
        change, codes = work.plans.change_at(plan_id, plan.head + 1)
        return take_step(plan_id, draft, change, codes, work)
