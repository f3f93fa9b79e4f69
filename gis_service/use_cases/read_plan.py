"""Read plans."""

from __future__ import annotations

from dataclasses import dataclass

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.plan import Footprint, Plan, PlanChange
from gis_service.use_cases.lock_draft import find_plan


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan with all that was done to it, and the codes of the grids that it touches."""

    plan: Plan
    changes: tuple[PlanChange, ...]
    footprint: Footprint


def read_plan(plan_id: int, work: UnitOfWork) -> PlanRecord:
    """Return one plan.

    Raises:
        NotFoundError: there is no such plan.
    """
    with work:
        return record_of(find_plan(plan_id, work), work)


def list_plans(*, after: int | None, limit: int, standing: str | None, work: UnitOfWork) -> list[Plan]:
    """Return up to ``limit`` plans, the newest first; ``after`` is the last id of the page before."""
    with work:
        return work.plans.list_page(after=after, limit=limit, standing=standing)


def record_of(plan: Plan, work: UnitOfWork) -> PlanRecord:
    """Return a plan with its changes, inside a transaction already begun."""
    return PlanRecord(plan, tuple(work.plans.changes(plan.id)), work.plans.footprint(plan.id))
