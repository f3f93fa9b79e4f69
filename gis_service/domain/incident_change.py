"""What a move makes of an incident: one pure decision for each move that does more than change the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from gis_service.domain.dispatch import DispatchDecision, DispatchRule
from gis_service.domain.incident import IncidentRecord
from gis_service.domain.incident_moves import ACCEPT, HANDLE, Move
from gis_service.domain.lookup import NamedGrid
from gis_service.domain.next_department import choose_next_department
from gis_service.domain.reason import Reason

NOT_YET_DISPATCHED = ("unlocated", "reported", "accepted", "returned")
"""In these a hand-over finds the department anew; later the one that is at work keeps the incident."""

_MET_AT = {ACCEPT: "accepted_at", HANDLE: "handled_at"}


@dataclass(frozen=True, slots=True)
class Change:
    """Columns of the incident with their new values, and what the event tells of it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    from_grid: str | None = None
    to_grid: str | None = None


def step(move: Move, at: datetime) -> dict[str, Any]:
    """Return the columns that every move sets: the state, and when its clocks were met."""
    met: dict[str, Any] = {_MET_AT[clock]: None for clock in move.restarts}
    return {"state": move.to_state} | met | {_MET_AT[clock]: at for clock in move.stops}


def dispatch(record: IncidentRecord, department: str | None) -> Change:
    """Send an incident to the department named, or to the one that it has; whom a dispatcher names is asked again."""
    if department is None or department == record.department:
        return Change(facts={"department": record.department, "assisting": list(record.assisting)})
    reason = Reason(
        "dispatch",
        f"a dispatcher chose department {department}",
        f"由派遣员人工指定部门 {department}",
        {"by_hand": True},
    )
    chosen = DispatchDecision(department, _without(record.assisting, department), None, reason)
    return _route(record, chosen, declined=_without(record.declined, department))


def decline(record: IncidentRecord, matching: Sequence[DispatchRule]) -> Change:
    """Take an incident back from its department and name the next one by the rules that match it now."""
    declined = list(record.declined)
    if record.department is not None and record.department not in declined:
        declined.append(record.department)
    following = choose_next_department(matching, record.assisting, declined)
    return _route(record, following, declined=declined, facts={"declined": record.department})


def hand_over(
    record: IncidentRecord, chain: Sequence[NamedGrid], edition: int, rerouted: DispatchDecision | None
) -> Change:
    """Give an incident to the last grid of a chain of an edition.

    Nobody has declined it there.  It is in the new owner's own hands, unless a grid above that had it in hand lies
    above the new owner too.  ``rerouted`` is None where the department stays; who keeps it then is the new owner,
    unless a department does.
    """
    codes = [link.code for link in chain]
    handler = record.handler if record.handler in codes[:-1] else None
    keeps = {} if (record.first_receiver or {}).get("kind") == "department" else {"kind": "grid", "code": codes[-1]}
    reason = Reason(
        "owner",
        f"handed over by hand {f'from {record.owner} ' if record.owner else ''}to {codes[-1]} in edition {edition}",
        f"按第 {edition} 版{f'由 {record.owner} ' if record.owner else ''}人工移交至 {codes[-1]}",
        {"edition": edition, "by_hand": True} | ({"first_receiver": keeps} if keeps else {}),
    )
    explain = [*record.explain, reason.as_json()]
    values: dict[str, Any] = {
        "owner": codes[-1],
        "chain": codes,
        "edition": edition,
        "handler": handler,
        "declined": [],
        "tied_with": [],
        "distance_m": None,
        "probability": None,
        "explain": explain,
    }
    if record.owner is None:
        values["located_by"] = "grid"
    facts: dict[str, Any] = {"edition": edition, "chain": codes} | ({} if handler is None else {"handler": handler})
    if rerouted is not None:
        values |= {
            "department": rerouted.department,
            "assisting": list(rerouted.assisting),
            "explain": [*explain, rerouted.reason.as_json()],
        }
        facts |= {"department": rerouted.department, "assisting": list(rerouted.assisting)}
    return Change(values, facts, record.owner, codes[-1])


def mediate(record: IncidentRecord, handler: str | None) -> Change:
    """Put an incident into the hands of another grid of its chain; the owner's own hands are stored as None."""
    facts = {"from_handler": record.handler or record.owner, "handler": handler}
    return Change({"handler": None if handler == record.owner else handler}, facts)


def evaluate(satisfaction: int | None) -> Change:
    """Note how content who reported it is, 1 worst to 5 best."""
    return Change({"satisfaction": satisfaction}, {"satisfaction": satisfaction})


def merge(into: UUID) -> Change:
    """Close an incident in favour of another one that tells of the same thing."""
    return Change({"merged_into": into}, {"into": str(into)})


def split(record: IncidentRecord) -> Change:
    """Take a merged incident for one of its own again, from its beginning."""
    return Change({"merged_into": None, "handler": None}, {"from": str(record.merged_into)})


def reopen() -> Change:
    """Begin again with the owner; what was thought of the first handling stays in the events."""
    return Change({"satisfaction": None, "handler": None})


def _route(
    record: IncidentRecord,
    decision: DispatchDecision,
    *,
    declined: Sequence[str],
    facts: Mapping[str, Any] | None = None,
) -> Change:
    values = {
        "department": decision.department,
        "assisting": list(decision.assisting),
        "declined": list(declined),
        "explain": [*record.explain, decision.reason.as_json()],
    }
    told = {"department": decision.department, "assisting": list(decision.assisting)}
    return Change(values, told | dict(facts or {}))


def _without(codes: Sequence[str], one: str) -> tuple[str, ...]:
    return tuple(code for code in codes if code != one)
