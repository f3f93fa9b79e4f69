"""Assign people to grids, change assignments, and end them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.staff import Assignment, StaffMember
from gis_service.errors import ClashError, ForbiddenError, InputFault, PreconditionFailedError, RuleBrokenError
from gis_service.use_cases.find_staff import get_assignment
from gis_service.use_cases.read_ground import choose_edition


def assign_staff(member: StaffMember, principal: Principal, work: UnitOfWork) -> Assignment:
    """Store that a person serves a grid, and return the assignment.

    Raises:
        RuleBrokenError: the edition in force has no such grid, ``unknown-grid``; or it ends before it begins.
        ForbiddenError: the grid is not on the caller's ground, code ``outside-scope``.
        ClashError: the grid has another head at that time, code ``head-taken``.
    """
    _refuse_wrong_dates(member)
    with work:
        edition = choose_edition(None, None, work)
        chain = [one.code for one in work.owners.chain(edition, member.grid_code)]
        if not chain:
            sentence = f"no grid has the code {member.grid_code!r} in edition {edition}"
            raise RuleBrokenError(sentence, code="unknown-grid", faults=[InputFault("/grid", sentence)])
        if not principal.sees(chain):
            raise ForbiddenError(
                f"your scope is {principal.scope}; grid {member.grid_code} is not on its ground", code="outside-scope"
            )
        _refuse_second_head(member, None, work)
        made = work.staff.add(member)
        work.commit()
    return made


def change_assignment(
    staff_id: int,
    changes: dict[str, Any],
    *,
    expected: Collection[int] | None,
    principal: Principal,
    work: UnitOfWork,
) -> Assignment:
    """Change name, telephone number or dates of an assignment, and return it.

    Args:
        staff_id: which.
        changes: new values of ``name``, ``phone``, ``since`` and ``until``; what is left out stays.
        expected: the versions that the caller has in mind; None for any.
        principal: who changes it.
        work: a transaction not yet begun.

    Raises:
        NotFoundError: it is not there, or not on the caller's ground.
        PreconditionFailedError: it has another version by now.
        RuleBrokenError: it would end before it begins.
        ClashError: the grid has another head at that time, code ``head-taken``.
    """
    with work:
        now = _locked(staff_id, expected, principal, work)
        member = replace(now.member, **changes)
        _refuse_wrong_dates(member)
        if member == now.member:
            return now
        _refuse_second_head(member, staff_id, work)
        made = work.staff.change(staff_id, changes)
        work.commit()
    return made


def end_assignment(
    staff_id: int, until: date, *, expected: Collection[int] | None, principal: Principal, work: UnitOfWork
) -> Assignment:
    """End an assignment: ``until`` is the first day without duty.  The row stays, as do the person's positions.

    Raises:
        NotFoundError: it is not there, or not on the caller's ground.
        PreconditionFailedError: it has another version by now.
        RuleBrokenError: it would end before it begins.
        ClashError: it ends on that day or earlier already, code ``already-ended``.
    """
    with work:
        now = _locked(staff_id, expected, principal, work)
        if now.member.until is not None and now.member.until <= until:
            sentence = f"assignment {staff_id} ends on {now.member.until} already"
            raise ClashError(sentence, code="already-ended", members={"until": now.member.until.isoformat()})
        _refuse_wrong_dates(replace(now.member, until=until))
        made = work.staff.change(staff_id, {"until": until})
        work.commit()
    return made


def _locked(staff_id: int, expected: Collection[int] | None, principal: Principal, work: UnitOfWork) -> Assignment:
    work.staff.lock(staff_id)
    now = get_assignment(staff_id, principal, work)
    if expected is not None and now.version not in expected:
        sentence = f"the assignment has version {now.version} by now; look at it again"
        raise PreconditionFailedError(sentence, members={"version": now.version})
    return now


def _refuse_wrong_dates(member: StaffMember) -> None:
    if member.until is not None and member.until <= member.since:
        sentence = f"must be after since, {member.since}: it is the first day without duty"
        raise RuleBrokenError(f"until {sentence}", faults=[InputFault("/until", sentence)])


def _refuse_second_head(member: StaffMember, staff_id: int | None, work: UnitOfWork) -> None:
    other = None if member.role != "head" else work.staff.other_head(member, staff_id)
    if other is None:
        return
    since, until = other.member.since, other.member.until
    span = f"from {since}" + ("" if until is None else f" to {until}")
    span_zh = f"自 {since} 起" if until is None else f"{since} 至 {until}"
    raise ClashError(
        f"grid {member.grid_code} has a head at that time: {other.member.name}, assignment {other.id}, {span}; "
        f"end that assignment first, or choose other dates. "
        f"网格 {member.grid_code} 该时段已有网格长（{span_zh}），请先结束其任期。",
        code="head-taken",
        members={"head": {"id": other.id, "name": other.member.name, "since": since, "until": until}},
    )
