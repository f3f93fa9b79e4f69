"""Take hold of a draft for one transaction."""

from __future__ import annotations

from collections.abc import Collection

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.plan import Plan
from gis_service.errors import ClashError, NotFoundError, PreconditionFailedError

LARGEST_ID = 2**31 - 1


def find_plan(plan_id: int, work: UnitOfWork) -> Plan:
    """Return a plan, inside a transaction already begun.

    Raises:
        NotFoundError: there is no such plan.
    """
    plan = work.plans.get(plan_id) if plan_id <= LARGEST_ID else None
    if plan is None:
        raise _not_found(plan_id)
    return plan


def lock_draft(plan_id: int, work: UnitOfWork, *, expected: Collection[str] | None) -> Plan:
    """Return a draft that nobody else changes in this transaction, which has already begun.

    ``expected`` are the tags of the versions that the caller has seen and means; None means whatever there is.

    Raises:
        NotFoundError: there is no such plan.
        PreconditionFailedError: the plan has another version by now.
        ClashError: it is no draft any more.
    """
    plan = work.plans.lock(plan_id) if plan_id <= LARGEST_ID else None
    if plan is None:
        raise _not_found(plan_id)
    if plan.state != "draft":
        edition = {} if plan.published_edition is None else {"edition": plan.published_edition}
        became = f" as edition {plan.published_edition}" if edition else ""
        raise ClashError(
            f"plan {plan_id} is {plan.state}{became}; only a draft can be changed or published",
            code="not-a-draft",
            members={"state": plan.state, **edition},
        )
    if expected is not None and plan.tag not in expected:
        raise PreconditionFailedError(
            f"plan {plan_id} has changed since: it is at version {plan.version}; look at it and try again",
            members={"version": plan.version},
        )
    return plan


def _not_found(plan_id: int) -> NotFoundError:
    return NotFoundError(f"no plan has the id {plan_id}")
