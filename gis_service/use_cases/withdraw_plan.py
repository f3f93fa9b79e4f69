"""Give up a redraw."""

from __future__ import annotations

from collections.abc import Collection

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.use_cases.lock_draft import lock_draft
from gis_service.use_cases.refuse_outside_scope import refuse_draft_outside_scope


def withdraw_plan(
    plan_id: int, principal: Principal, work: UnitOfWork, *, expected: Collection[str] | None = None
) -> None:
    """Close a draft, of which nothing comes; it can still be read.

    Raises:
        NotFoundError: there is no such plan.
        PreconditionFailedError: it has another version than ``expected``.
        ClashError: it is no draft any more.
        ForbiddenError: it redraws grids outside the planner's scope.
    """
    with work:
        plan = lock_draft(plan_id, work, expected=expected)
        refuse_draft_outside_scope(principal, plan, work.plans.draft(plan_id), work)
        work.plans.withdraw(plan_id)
        work.commit()
