"""Accept a finding on purpose, for a time, and take that back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.finding_exception import FindingException
from gis_service.errors import ClashError, ForbiddenError, InputFault, NotFoundError, RuleBrokenError
from gis_service.use_cases.weigh_report import CITY_ZONE
from grid_boundaries.check import EXCEPTABLE


def grant_exception(
    *,
    finding_id: str,
    rule: str,
    grids: Sequence[str],
    reason: str,
    owner: str,
    expires_on: date,
    principal: Principal,
    work: UnitOfWork,
) -> FindingException:
    """Store that a finding does not stand in the way of publishing up to the day ``expires_on``.

    Raises:
        RuleBrokenError: the rule allows no exception, or the day is past.
        ForbiddenError: a grid lies outside the caller's scope.
        ClashError: the finding is accepted already.
    """
    if rule not in EXCEPTABLE:
        sentence = f"findings of the rule {rule!r} cannot be accepted; those of {', '.join(sorted(EXCEPTABLE))} can"
        raise RuleBrokenError(sentence, code="not-exceptable", faults=[InputFault("/rule", sentence)])
    with work:
        today = work.editions.now().astimezone(CITY_ZONE).date()
        if expires_on < today:
            sentence = f"{expires_on} is past; choose {today} or a day after it"
            raise RuleBrokenError(sentence, faults=[InputFault("/expires_on", sentence)])
        _refuse_outside_scope(grids, principal, work)
        held = [one for one in work.finding_exceptions.granted() if one.finding_id == finding_id]
        standing = [one.id for one in held if one.expires_on >= today]
        if standing:
            raise ClashError(
                f"finding {finding_id} is accepted already, by exception {standing[0]}; withdraw that first",
                code="already-granted",
                members={"exception": standing[0]},
            )
        granted = work.finding_exceptions.add(
            finding_id=finding_id,
            rule=rule,
            grids=list(grids),
            reason=reason,
            owner=owner,
            expires_on=expires_on,
            granted_by=principal.name,
        )
        work.commit()
        return granted


def list_exceptions(*, after: int | None, limit: int, in_force: bool, work: UnitOfWork) -> list[FindingException]:
    """Return exceptions, the newest first; ``in_force`` leaves out those that no longer hold."""
    with work:
        on = work.editions.now().astimezone(CITY_ZONE).date() if in_force else None
        return work.finding_exceptions.list_page(after=after, limit=limit, on=on)


def withdraw_exception(exception_id: int, principal: Principal, work: UnitOfWork) -> None:
    """Let a finding stand in the way again.

    Raises:
        NotFoundError: there is no such exception.
        ClashError: it was withdrawn before.
        ForbiddenError: a grid of it lies outside the caller's scope.
    """
    with work:
        found = work.finding_exceptions.get(exception_id)
        if found is None:
            raise NotFoundError(f"no exception has the id {exception_id}")
        if found.withdrawn_at is not None:
            raise ClashError(
                f"exception {exception_id} was withdrawn at {found.withdrawn_at.isoformat()}",
                code="already-withdrawn",
            )
        _refuse_outside_scope(found.grids, principal, work)
        work.finding_exceptions.withdraw(exception_id)
        work.commit()


def _refuse_outside_scope(grids: Sequence[str], principal: Principal, work: UnitOfWork) -> None:
    """Refuse grids of the newest edition that are not below the caller's scope; unknown codes are drafts' own."""
    latest = work.editions.latest()
    if principal.scope is None or latest is None:
        return
    outside = []
    for code in grids:
        chain = [link.code for link in work.owners.chain(latest.number, code)]
        if chain and principal.scope not in chain:
            outside.append(code)
    if outside:
        raise ForbiddenError(
            f"your scope is {principal.scope}; it does not hold {', '.join(outside)}",
            code="outside-scope",
            members={"grids": outside},
        )
