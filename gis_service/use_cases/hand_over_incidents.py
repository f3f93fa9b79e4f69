"""Hand over the incidents that a redraw left with their old owners: some or all, in one act."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.alarms import USUAL, AlarmShares, ClockRules
from gis_service.domain.clocks import alarm_after
from gis_service.domain.dispatch import choose_dispatch
from gis_service.domain.hand_over import BulkHandOver, HandedOver
from gis_service.domain.incident import IncidentRecord, NewEvent
from gis_service.domain.incident_change import NOT_YET_DISPATCHED, Change, hand_over
from gis_service.domain.lookup import NamedGrid
from gis_service.domain.place import ChainLink
from gis_service.domain.work_calendar import WorkCalendar
from gis_service.errors import ClashError
from gis_service.use_cases.list_hand_overs import find_hand_overs

HANDED_OVER = "handed_over"


def hand_over_incidents(
    number: int,
    wanted: Collection[UUID] | None,
    reason: str,
    principal: Principal,
    work: UnitOfWork,
    *,
    zone: ZoneInfo,
    alarms: AlarmShares = USUAL,
) -> BulkHandOver:
    """Give incidents that wait because of an edition to the owners proposed for them, all of it or nothing.

    Each is handed over as it would be alone: it gets the owner and the chain of the edition in force, a version more
    and an event ``handed_over``; state and deadlines stay, and the department that is at work.  Those that are moved
    one by one meanwhile are looked at again as they are then.  What is handed over no longer waits, so the same act
    once more changes nothing.

    Args:
        number: the edition because of which they wait; it must be in force or have been.
        wanted: which of them; None takes all.
        reason: told with each event.
        principal: who acts, on incidents in their scope.
        work: a transaction not yet begun.
        zone: of working days.
        alarms: when to remind and to escalate.

    Raises:
        NotFoundError: there is no such edition.
        ClashError: it is not in force yet, code ``edition-to-come``.
    """
    with work:
        # What is listed is what is done: nobody publishes in between.
        work.editions.hold_latest()
        now = work.editions.now()
        found = find_hand_overs(number, principal, work, hold=True)
        edition = work.editions.get(found.proposed_in)
        if edition is not None and edition.effective_from > now:
            raise ClashError(
                f"edition {number} takes effect at {edition.effective_from.isoformat()}; hand over from then on",
                code="edition-to-come",
                members={"effective_from": edition.effective_from.isoformat()},
            )
        asked = [one for one in found.hand_overs if wanted is None or one.incident.id in wanted]
        owners = {one.incident.id: one.proposed for one in asked if one.proposed is not None}
        changes = _decide(work.incidents.get_many(owners, principal), owners, found.proposed_in, now, work)
        rules = ClockRules(WorkCalendar(zone, work.rules.calendar()), alarms)
        columns = {key: _columns(record, change, rules) for key, (record, change) in changes.items()}
        versions = work.hand_overs.hand_over(columns, found.proposed_in)
        handed = [one.incident for one in asked if one.incident.id in owners]
        work.incidents.add(
            [],
            [
                NewEvent(
                    one.id,
                    now,
                    HANDED_OVER,
                    principal.name,
                    one.state,
                    one.state,
                    from_grid=one.owner,
                    to_grid=owners[one.id],
                    reason=reason,
                    facts={**changes[one.id][1].facts, "redraw": number},
                )
                for one in handed
            ],
        )
        work.commit()
    listed = {one.incident.id for one in asked}
    return BulkHandOver(
        edition=number,
        proposed_in=found.proposed_in,
        done=tuple(HandedOver(one.id, versions[one.id], one.owner, owners[one.id]) for one in handed),
        nobodys=tuple(one.incident.id for one in asked if one.proposed is None),
        not_waiting=tuple(sorted(set(wanted or ()) - listed)),
    )


def _decide(
    records: Mapping[UUID, IncidentRecord], owners: Mapping[UUID, str], edition: int, now: datetime, work: UnitOfWork
) -> dict[UUID, tuple[IncidentRecord, Change]]:
    chains = {code: work.owners.chain(edition, code) for code in set(owners.values())}
    rules = {category: work.rules.dispatch(category) for category in {one.category for one in records.values()}}
    changes = {}
    for key, record in records.items():
        chain: list[NamedGrid] = chains[owners[key]]
        rerouted = None
        if record.state in NOT_YET_DISPATCHED:
            codes, kind = [link.code for link in chain], chain[-1].kind
            rerouted = choose_dispatch(rules[record.category], record.category, record.severity, codes, kind, now)
        changes[key] = record, hand_over(record, chain, edition, rerouted)
    return changes


def _columns(record: IncidentRecord, change: Change, rules: ClockRules) -> dict[str, Any]:
    """Return what is to be stored: what the hand-over changes, and when it rings next, for whom it now tells."""
    values = {"department": record.department, "assisting": list(record.assisting), **change.values}
    chain = tuple(ChainLink(code, "", "") for code in values["chain"])
    moved = replace(record, chain=chain, owner=values["owner"], handler=values["handler"])
    # What was imported from the past rings none, and a redraw does not begin it.
    rings = record.alarm_at is not None or record.alarm_step > 0
    alarm = alarm_after(moved, rules) if rings else None
    return {**values, "alarm_at": None if alarm is None else alarm.at}
