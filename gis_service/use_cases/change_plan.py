"""Let an operation redraw a draft."""

from __future__ import annotations

from collections.abc import Collection

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.household_count import count_households, follow_households, leaves_to_count
from gis_service.domain.plan import Draft, Plan
from gis_service.domain.plan_operation import Operation
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.load_ground import box_of, load_ground
from gis_service.use_cases.lock_draft import lock_draft
from gis_service.use_cases.refuse_outside_scope import refuse_outside_scope
from gis_service.use_cases.take_step import PlanStep, take_step
from grid_boundaries.check import CheckRules
from grid_boundaries.redraw.ground import Ground, Redraw, apply_redraw
from grid_boundaries.redraw.needs import unknown_parent
from grid_boundaries.redraw.refusal import RedrawRefusedError

_IN_BODY = {"grid": "feature", "grids": "features"}
"""What arguments are called in a body, where it is not the same."""


class OperationRefusedError(RuleBrokenError):
    """The operation cannot be done on this ground; nothing has changed."""

    def __init__(self, refusal: RedrawRefusedError) -> None:
        super().__init__(
            refusal.message,
            code=refusal.code,
            faults=[InputFault(_in_body(refusal.pointer), refusal.message)],
            members={"message_zh": refusal.message_zh, "grids": list(refusal.grids)},
        )


def _in_body(pointer: str | None) -> str:
    """Return where an argument stands in a body, as a JSON pointer."""
    name, slash, number = (pointer or "").partition("/")
    return f"/{_IN_BODY.get(name, name)}{slash}{number}" if name else ""


def change_plan(
    plan_id: int,
    operation: Operation,
    principal: Principal,
    work: UnitOfWork,
    *,
    expected: Collection[str] | None = None,
    rules: CheckRules | None = None,
) -> PlanStep:
    """Apply an operation to a draft at once; what the check finds never stands in its way.

    Raises:
        NotFoundError: there is no such plan.
        PreconditionFailedError: it has another version than ``expected``.
        ClashError: it is no draft any more.
        OperationRefusedError: the operation cannot be done.
        ForbiddenError: it would redraw grids outside the planner's scope.
    """
    with work:
        plan = lock_draft(plan_id, work, expected=expected)
        draft = work.plans.draft(plan_id)
        ground = load_ground(operation, plan, draft, work)
        redraw = _apply(operation, ground)
        redrawn = apply_redraw(ground, redraw)
        if principal.scope is not None:
            _refuse_unknown_parents(operation, redrawn)
        refuse_outside_scope(principal, _redrawn(redraw), ground, redrawn)
        redraw = _count_households(operation, redraw, ground, _settled(plan, operation, work), work)
        made = Draft(redraw.grids, redraw.retired, redraw.refined - draft.redrawn, _restored(redraw, draft))
        change = work.plans.record_change(
            plan_id,
            operation=operation.name,
            detail={**operation.asked, **redraw.detail},
            made_by=principal.name,
            made=made,
        )
        return take_step(plan_id, draft.overlaid(made), change, made.touched, work, rules)


def _apply(operation: Operation, ground: Ground) -> Redraw:
    try:
        return operation.apply(ground)
    except RedrawRefusedError as refusal:
        raise OperationRefusedError(refusal) from None


def _refuse_unknown_parents(operation: Operation, redrawn: Ground) -> None:
    """Refuse grids under a parent that is not there: they would lie in nobody's scope.

    Who has no scope may draw them, and is told by the check.
    """
    for number, grid in enumerate(operation.arguments.get("grids", ())):
        if grid.parent is not None and grid.parent not in redrawn:
            raise OperationRefusedError(unknown_parent(grid, f"grids/{number}"))


def _redrawn(redraw: Redraw) -> frozenset[str]:
    return redraw.retired | {grid.code for grid in redraw.grids} - redraw.refined


def _restored(redraw: Redraw, draft: Draft) -> frozenset[str]:
    return draft.restored & {grid.code for grid in redraw.grids}


def _settled(plan: Plan, operation: Operation, work: UnitOfWork) -> frozenset[str]:
    """Return the grids whose households the planner has set in this plan, or sets now."""
    changes = [(one.operation, one.detail) for one in work.plans.changes(plan.id) if one.position <= plan.head]
    details = [detail for name, detail in (*changes, (operation.name, operation.asked)) if name == "set"]
    return frozenset(detail["code"] for detail in details if "households" in detail)


def _count_households(
    operation: Operation, redraw: Redraw, ground: Ground, settled: frozenset[str], work: UnitOfWork
) -> Redraw:
    """Return the redraw with the households of its grids counted from the buildings, and summed up the tree."""
    counts: dict[str, int] = {}
    if operation.may_count_households:
        leaves = leaves_to_count(redraw, ground, recount=operation.recounts_households, settled=settled)
        box = box_of([grid.shape for grid in leaves])
        if box is not None:
            counts = count_households(leaves, apply_redraw(ground, redraw), work.buildings.dwellings_in(box))
    return follow_households(redraw, ground, counts, settled=settled, kept=not operation.recounts_households)
