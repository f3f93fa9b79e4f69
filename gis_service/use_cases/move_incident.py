"""Move an incident along its loop: one allowed move, who made it and why on record, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.alarms import USUAL, AlarmShares, ClockRules
from gis_service.domain.clocks import clock_facts, clocks_after, clocks_of, columns_of
from gis_service.domain.dispatch import DispatchRule, choose_dispatch, matching_rules
from gis_service.domain.incident import CLOSED_STATES, IncidentRecord, NewEvent
from gis_service.domain.incident_change import (
    NOT_YET_DISPATCHED,
    Change,
    decline,
    dispatch,
    evaluate,
    hand_over,
    mediate,
    merge,
    reopen,
    split,
    step,
)
from gis_service.domain.incident_moves import Move
from gis_service.domain.intake_basis import AcceptedKey
from gis_service.domain.lookup import NamedGrid
from gis_service.domain.move_request import MoveRequest, choose_move
from gis_service.domain.place import ChainLink
from gis_service.domain.work_calendar import WorkCalendar
from gis_service.errors import (
    ClashError,
    ForbiddenError,
    InputFault,
    NotFoundError,
    RuleBrokenError,
)
from gis_service.use_cases.refuse_other_version import refuse_other_version


@dataclass(frozen=True, slots=True)
class RetryKey:
    """By what a second try of a request is known: the caller's key, and the hash of all that the request says."""

    key: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Moved:
    """The incident after the move; ``replayed`` when an earlier try with the same key had made it."""

    incident: IncidentRecord
    replayed: bool


def move_incident(
    incident_id: UUID,
    request: MoveRequest,
    *,
    principal: Principal,
    clock: Callable[[], datetime],
    zone: ZoneInfo,
    work: UnitOfWork,
    alarms: AlarmShares = USUAL,
    expected: Collection[int] | None = None,
    retry: RetryKey | None = None,
) -> Moved:
    """Make one move of an incident: the row, its event and the key are one transaction.

    Two callers at once are put in order by a lock on the row: the second is judged by what the first has left.

    Args:
        incident_id: which one.
        request: what is wanted.
        principal: who moves it; keys of different principals never meet.
        clock: read once the incident is locked, so that the instants of its events rise with their order.
        zone: of working days.
        work: a transaction not yet begun.
        alarms: when to remind and to escalate.
        expected: versions of the incident that the caller has in mind; None when any will do.
        retry: to make the move once, however often it is sent; None to make it each time.

    Raises:
        NotFoundError: the incident is not there, or not for this caller.
        ForbiddenError: the caller sees it and may not do this.
        ClashError: the incident cannot make this move now; or a request with the same key is under way.
        PreconditionFailedError: it has another version; ``members["version"]`` is the one it has.
        RuleBrokenError: something is missing or not known, or the key was used for another request.
    """
    with work:
        if retry is not None and _has_been_made(retry, principal, work):
            return Moved(_seen(incident_id, principal, work), replayed=True)
        record, others = _lock(incident_id, request, principal, work)
        now = clock()
        refuse_other_version(record, expected)
        move = choose_move(record, request, principal)
        change = _decide(record, move, request, principal, now, work)
        rules = ClockRules(WorkCalendar(zone, work.rules.calendar()), alarms)
        clocks = clocks_after(_on_new_ground(record, change), move.to_state, rules, now)
        values = step(move, now) | dict(change.values) | columns_of(clocks)
        told = replace(change, facts={**change.facts, **clock_facts(clocks_of(record), clocks, zone)})
        work.incidents.change(values, _event(record, move, request, told, principal, now))
        for event in _echoes(record, move, others, principal, now):
            work.incidents.change({}, event)
        if retry is not None:
            work.idempotency_keys.add(principal.name, {retry.key: AcceptedKey(retry.body_hash, incident_id)})
        moved = _seen(incident_id, principal, work)
        work.commit()
        return Moved(moved, replayed=False)


def _on_new_ground(record: IncidentRecord, change: Change) -> IncidentRecord:
    """Return the incident as it was, with the chain, owner and handler of after the move, whom alarms tell."""
    values = change.values
    chain = record.chain if "chain" not in values else tuple(ChainLink(code, "", "") for code in values["chain"])
    owner, handler = values.get("owner", record.owner), values.get("handler", record.handler)
    return replace(record, chain=chain, owner=owner, handler=handler)


def _has_been_made(retry: RetryKey, principal: Principal, work: UnitOfWork) -> bool:
    if not work.idempotency_keys.try_lock(principal.name, [retry.key]):
        raise ClashError(
            "a request with this Idempotency-Key is under way; ask again in a moment",
            code="idempotency-in-flight",
            members={"retry": True},
        )
    accepted = work.idempotency_keys.find(principal.name, [retry.key]).get(retry.key)
    if accepted is not None and accepted.request_hash != retry.body_hash:
        raise RuleBrokenError(
            "this Idempotency-Key was used for another request; take a new key for a new move",
            code="idempotency-key-reused",
        )
    return accepted is not None


def _seen(incident_id: UUID, principal: Principal, work: UnitOfWork) -> IncidentRecord:
    record = work.incidents.get(incident_id, principal)
    if record is None:
        raise NotFoundError(f"incident {incident_id} is not there")
    return record


def _lock(
    incident_id: UUID, request: MoveRequest, principal: Principal, work: UnitOfWork
) -> tuple[IncidentRecord, dict[UUID, str]]:
    """Return the incident once nobody else can change it, and the states of the others that are locked with it.

    Those are the one that it is merged into and the one that it is to be merged into.  All must be locked by one
    statement, and which they are is known by looking first.
    """
    before = _seen(incident_id, principal, work)
    locked = work.incidents.lock({incident_id, before.merged_into or incident_id, request.into or incident_id})
    record = _seen(incident_id, principal, work)
    if record.merged_into != before.merged_into:
        raise ClashError("somebody else merged or split the incident meanwhile; look at it again")
    return record, {other: state for other, state in locked.items() if other != incident_id}


def _decide(
    record: IncidentRecord, move: Move, request: MoveRequest, principal: Principal, now: datetime, work: UnitOfWork
) -> Change:
    match move.kind:
        case "dispatched":
            _refuse_unknown_department(request.department, work)
            change = dispatch(record, request.department)
        case "returned":
            change = decline(record, _matching_rules(record, now, work))
        case "handed_over":
            change = _hand_over(record, request, principal, now, work)
        case "escalated" | "handed_down":
            change = mediate(record, request.handler)
        case "merged":
            change = merge(_target(record, request, principal, work))
        case "split":
            change = split(record)
        case "evaluated":
            change = evaluate(request.satisfaction)
        case "reopened":
            change = reopen()
        case _:
            change = Change()
    return change


def _event(
    record: IncidentRecord, move: Move, request: MoveRequest, change: Change, principal: Principal, now: datetime
) -> NewEvent:
    noted = {} if request.note is None else {"note": request.note}
    return NewEvent(
        incident_id=record.id,
        at=now,
        kind=move.kind,
        actor=principal.name,
        from_state=move.from_state,
        to_state=move.to_state,
        from_grid=change.from_grid,
        to_grid=change.to_grid,
        reason=request.reason or "",
        facts={**change.facts, **noted},
    )


def _echoes(
    record: IncidentRecord, move: Move, others: Mapping[UUID, str], principal: Principal, now: datetime
) -> list[NewEvent]:
    """Return the event that a merge or a split leaves on the other incident, which stays as it is."""
    if move.kind not in {"merged", "split"}:
        return []
    kind = "absorbed" if move.kind == "merged" else "released"
    return [
        NewEvent(other, now, kind, principal.name, state, state, facts={"incident": str(record.id)})
        for other, state in others.items()
    ]


def _refuse_unknown_department(code: str | None, work: UnitOfWork) -> None:
    if code is not None and code not in {one.code for one in work.rules.departments()}:
        raise _at_fault("/department", f"department {code} is not known", "unknown-department")


def _matching_rules(record: IncidentRecord, now: datetime, work: UnitOfWork) -> list[DispatchRule]:
    chain = [] if record.edition is None or record.owner is None else work.owners.chain(record.edition, record.owner)
    return matching_rules(
        work.rules.dispatch(record.category),
        record.category,
        record.severity,
        [link.code for link in chain],
        chain[-1].kind if chain else None,
        now,
    )


def _hand_over(
    record: IncidentRecord, request: MoveRequest, principal: Principal, now: datetime, work: UnitOfWork
) -> Change:
    edition, chain = _ground(request.to_grid, now, work)
    codes = tuple(link.code for link in chain)
    if not principal.sees(codes):
        raise ForbiddenError(
            f"your scope is {principal.scope}; it does not hold {codes[-1]}; who dispatches for both may do this",
            code="outside-scope",
        )
    if codes == tuple(link.code for link in record.chain):
        raise ClashError(f"{codes[-1]} owns this incident already", code="same-owner")
    rerouted = None
    if record.state in NOT_YET_DISPATCHED:
        rules = work.rules.dispatch(record.category)
        rerouted = choose_dispatch(rules, record.category, record.severity, codes, chain[-1].kind, now)
    return hand_over(record, chain, edition, rerouted)


def _ground(code: str | None, now: datetime, work: UnitOfWork) -> tuple[int, list[NamedGrid]]:
    edition = work.editions.in_force_at(now)
    chain = [] if edition is None else work.owners.chain(edition.number, code or "")
    if edition is None or not chain:
        where = "no edition is in force" if edition is None else f"it is not in edition {edition.number}"
        raise _at_fault("/to_grid", f"grid {code} cannot own it: {where}", "unknown-grid")
    return edition.number, chain


def _target(record: IncidentRecord, request: MoveRequest, principal: Principal, work: UnitOfWork) -> UUID:
    into = request.into
    target = None if into is None or into == record.id else work.incidents.get(into, principal)
    if target is None:
        itself = "an incident cannot be merged into itself"
        raise _at_fault("/into", itself if into == record.id else f"incident {into} is not there", "unknown-incident")
    # What is merged is closed: since only an open incident takes in others, there is no way round in a ring.
    if target.state in CLOSED_STATES:
        raise ClashError(f"incident {target.id} is {target.state}; merge into one that is open", code="target-closed")
    return target.id


def _at_fault(pointer: str, detail: str, code: str) -> RuleBrokenError:
    return RuleBrokenError(f"{pointer}: {detail}", code=code, faults=[InputFault(pointer, detail)])
