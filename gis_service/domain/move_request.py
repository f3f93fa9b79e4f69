"""A move that somebody asks for, and whether an incident can make it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gis_service.domain.access import Principal
from gis_service.domain.incident import IncidentRecord
from gis_service.domain.incident_moves import (
    MOVERS,
    Move,
    hands_of,
    may_move_hands,
    moves_open_to,
    next_handler,
    possible_moves,
)
from gis_service.errors import ClashError, ForbiddenError, InputFault, RuleBrokenError

_OF_SOME_MOVES = ("to_grid", "handler", "department", "into", "satisfaction")


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """What somebody wants of an incident; None for what they do not say."""

    to: str
    note: str | None = None
    reason: str | None = None
    to_grid: str | None = None
    handler: str | None = None
    department: str | None = None
    into: UUID | None = None
    satisfaction: int | None = None

    def says(self, name: str) -> bool:
        """Say whether a member is given."""
        return getattr(self, name) is not None


def move_json(move: Move) -> dict[str, Any]:
    """Return a move as it is offered: the state it leads to, the event it leaves, and what it needs."""
    return {"to": move.to_state, "kind": move.kind, "needs": list(move.needs)}


def choose_move(record: IncidentRecord, request: MoveRequest, principal: Principal) -> Move:
    """Return the move that is asked for, when the incident can make it, the caller may, and nothing is missing.

    Raises:
        ForbiddenError: the role moves no incidents, or not so; or the incident is in other hands.
        ClashError: code ``move-not-allowed``; ``members["allowed"]`` names those that are, for this caller.  Code
            ``not-next-in-chain``: the handler named is not one tier up or down.
        RuleBrokenError: a fault for each member that is missing, and for each that means nothing to this move.
    """
    _refuse_stranger(record, principal)
    ways = [move for move in possible_moves(record) if move.to_state == request.to]
    if request.to == record.state:
        _refuse_both_at_once(request)
        ways = [move for move in ways if all(request.says(name) for name in move.needs)]
    if not ways:
        raise _not_allowed(record, request, principal)
    ways = [move for move in ways if move.is_made_by(principal)]
    if not ways:
        raise ForbiddenError(
            f"the role {principal.role} may not move an incident from {record.state} to {request.to}"
        )
    if ways[0].needs == ("handler",):
        return _tier(record, request, principal, ways)
    (move,) = ways
    missing = [
        InputFault(f"/{name}", f"is needed to move an incident from {move.from_state} to {move.to_state}")
        for name in move.needs
        if not request.says(name)
    ]
    _refuse_faults([*missing, *_strange_members(request, move)])
    return move


def _refuse_stranger(record: IncidentRecord, principal: Principal) -> None:
    if principal.role not in MOVERS:
        raise ForbiddenError(
            f"the role {principal.role} may not move incidents; it takes {' or '.join(sorted(MOVERS))}"
        )
    if not record.in_charge:
        raise ForbiddenError(
            f"this incident lies outside your scope, {principal.scope}; you see it because you reported it",
            code="outside-scope",
        )


def _not_allowed(record: IncidentRecord, request: MoveRequest, principal: Principal) -> ClashError:
    allowed = list(moves_open_to(record, principal))
    named = ", ".join(dict.fromkeys(f"{move.to_state} ({move.kind})" for move in allowed)) or "no move"
    return ClashError(
        f"an incident that is {record.state} cannot become {request.to}; allowed now: {named}",
        code="move-not-allowed",
        members={"state": record.state, "allowed": [move_json(move) for move in allowed]},
    )


def _refuse_both_at_once(request: MoveRequest) -> None:
    if request.says("to_grid") and request.says("handler"):
        sentence = "hand over (to_grid) or change the handler, one at a time"
        raise RuleBrokenError(f"/handler: {sentence}", faults=[InputFault("/handler", sentence)])


def _tier(record: IncidentRecord, request: MoveRequest, principal: Principal, ways: Iterable[Move]) -> Move:
    """Return the move up or down whose tier is the one named."""
    if not may_move_hands(record, principal):
        raise ForbiddenError(f"this incident is in the hands of {hands_of(record)[-1]}", code="in-other-hands")
    tiers = {next_handler(record, move.kind): move for move in ways}
    if request.handler not in tiers:
        names = sorted(code for code in tiers if code is not None)
        raise ClashError(
            f"the handler moves one tier at a time; from {hands_of(record)[-1]} it can go to {' or '.join(names)}",
            code="not-next-in-chain",
            members={"handlers": names},
        )
    move = tiers[request.handler]
    _refuse_faults(_strange_members(request, move))
    return move


def _strange_members(request: MoveRequest, move: Move) -> list[InputFault]:
    return [
        InputFault(f"/{name}", f"means nothing to a move from {move.from_state} to {move.to_state} ({move.kind})")
        for name in _OF_SOME_MOVES
        if request.says(name) and name not in {*move.needs, *move.takes}
    ]


def _refuse_faults(faults: list[InputFault]) -> None:
    if faults:
        raise RuleBrokenError(f"{faults[0].pointer}: {faults[0].detail}", faults=faults)
