"""Which moves an incident can make from state to state, who may make them, and what each needs: one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gis_service.domain.access import Principal
from gis_service.domain.dispatch import lies_under
from gis_service.domain.incident import STATES, IncidentRecord

MEDIATED_CATEGORY = "dispute"
"""Incidents of this category and all below it are mediated in tiers (三级调解)."""

TOP_OF_MEDIATION = "street"
"""The level of the last tier: no handler lies above it."""

ACCEPT, HANDLE = "accept", "handle"
"""The clocks; each stands while ``accepted_at`` or ``handled_at`` says when it was met."""

_FIELD = ("worker", "dispatcher")
_DESK = ("dispatcher",)


@dataclass(frozen=True, slots=True)
class Move:
    """One row: ``kind`` is the event that it leaves, and ``roles`` those who may make it, besides ``admin``.

    ``needs`` are the members of a request without which it is not made, ``takes`` others that mean something to it;
    ``reason`` and ``note`` go with every move.  ``stops`` and ``restarts`` are clocks.  ``has_owner`` is given for a
    move of incidents with an owner alone (True), or without one (False).
    """

    from_state: str
    to_state: str
    kind: str
    roles: tuple[str, ...]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()
    has_owner: bool | None = None

    def is_made_by(self, principal: Principal) -> bool:
        """Say whether the role of the caller makes this move."""
        return principal.role in {*self.roles, "admin"}


_BEFORE_HANDLING = ("reported", "accepted", "dispatched", "returned", "unlocated")
_OWNED_AND_OPEN = ("reported", "accepted", "dispatched", "returned", "handled", "verified")

MOVES: tuple[Move, ...] = (
    Move("reported", "accepted", "accepted", _FIELD, stops=(ACCEPT,)),
    Move("accepted", "dispatched", "dispatched", _DESK, takes=("department",)),
    Move("dispatched", "handled", "handled", _FIELD, stops=(HANDLE,)),
    Move("handled", "verified", "verified", _DESK),
    Move("verified", "archived", "archived", _DESK),
    Move("archived", "evaluated", "evaluated", _DESK, needs=("satisfaction",)),
    # A check that fails goes back to those who handled it.
    *(
        Move(state, "dispatched", "sent_back", _DESK, needs=("reason",), restarts=(HANDLE,))
        for state in ("handled", "verified")
    ),
    # "Not mine": the next department is named at once, and a dispatcher sends it there.
    *(Move(state, "returned", "returned", _FIELD, needs=("reason",)) for state in ("accepted", "dispatched")),
    Move("returned", "dispatched", "dispatched", _DESK, takes=("department",)),
    *(Move(state, "merged", "merged", _DESK, needs=("into",)) for state in _BEFORE_HANDLING),
    *(Move(state, "cancelled", "cancelled", _DESK, needs=("reason",)) for state in _BEFORE_HANDLING),
    *(
        Move(state, "reported", "reopened", _DESK, needs=("reason",), restarts=(ACCEPT, HANDLE), has_owner=True)
        for state in ("archived", "evaluated", "cancelled")
    ),
    *(
        Move(
            state,
            "accepted",
            "reopened",
            _DESK,
            needs=("reason",),
            stops=(ACCEPT,),
            restarts=(HANDLE,),
            has_owner=True,
        )
        for state in ("archived", "evaluated", "cancelled")
    ),
    Move("cancelled", "unlocated", "reopened", _DESK, needs=("reason",), has_owner=False),
    Move("merged", "reported", "split", _DESK, needs=("reason",), restarts=(ACCEPT,), has_owner=True),
    Move("merged", "unlocated", "split", _DESK, needs=("reason",), has_owner=False),
    # The only moves that change the owner.
    Move("unlocated", "reported", "handed_over", _DESK, needs=("to_grid",)),
    *(Move(state, state, "handed_over", _DESK, needs=("to_grid",)) for state in _OWNED_AND_OPEN),
    # Mediation: the owner stays, another grid of its chain handles it.
    *(Move(state, state, "escalated", _FIELD, needs=("handler",)) for state in ("accepted", "dispatched")),
    *(Move(state, state, "handed_down", _FIELD, needs=("handler",)) for state in ("accepted", "dispatched")),
)
"""Every move there is; no two rows have the same states and kind."""

_MOVES_FROM = {state: tuple(move for move in MOVES if move.from_state == state) for state in STATES}

MOVERS = frozenset(role for move in MOVES for role in (*move.roles, "admin"))
"""The roles that move incidents at all."""


def hands_of(record: IncidentRecord) -> tuple[str, ...]:
    """Return the codes of the chain from the root to the grid that handles the incident; empty without an owner."""
    codes = tuple(link.code for link in record.chain)
    return codes if record.handler is None else codes[: codes.index(record.handler) + 1]


def may_move_hands(record: IncidentRecord, principal: Principal) -> bool:
    """Say whether the caller may change the handler: a worker may not take back what a tier above has in hand."""
    return principal.role != "worker" or principal.sees(hands_of(record))


def next_handler(record: IncidentRecord, kind: str) -> str | None:
    """Return the grid one tier up (``escalated``) or down (``handed_down``) from the handler, or None.

    Tiers are the links of the owner's own chain, whatever levels the city has; above the street there is none.
    """
    levels = [link.level for link in record.chain]
    if not lies_under(record.category, MEDIATED_CATEGORY) or TOP_OF_MEDIATION not in levels:
        return None
    at = len(hands_of(record)) - 1 + (-1 if kind == "escalated" else 1)
    return record.chain[at].code if levels.index(TOP_OF_MEDIATION) <= at < len(levels) else None


def moves_open_to(record: IncidentRecord, principal: Principal) -> Iterator[Move]:
    """Yield the moves that the caller may make with an incident now, in the order of the table."""
    if not record.in_charge:
        return
    for move in possible_moves(record):
        if move.is_made_by(principal) and ("handler" not in move.needs or may_move_hands(record, principal)):
            yield move


def possible_moves(record: IncidentRecord) -> Iterator[Move]:
    """Yield the moves that an incident can make now, whoever makes them, with all that each needs of this one."""
    for move in _MOVES_FROM[record.state]:
        if move.has_owner not in {None, record.owner is not None}:
            continue
        if "handler" in move.needs and next_handler(record, move.kind) is None:
            continue
        # A department must be named where none is known.
        lacks_department = "department" in move.takes and record.department is None
        yield replace(move, needs=(*move.needs, "department")) if lacks_department else move
