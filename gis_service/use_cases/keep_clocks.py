"""Remind and escalate: what the clocks of incidents ring, told as events, once each."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.alarms import Alarm, AlarmShares, ClockRules
from gis_service.domain.clocks import Clocks, ring
from gis_service.domain.incident import IncidentRecord, NewEvent
from gis_service.domain.work_calendar import WorkCalendar

AT_ONCE = 200
"""Incidents whose alarms are one transaction."""

KEEPER = "clock"
"""The actor of events that nobody but time has brought about."""


def ring_alarms(
    *, zone: ZoneInfo, alarms: AlarmShares, now: datetime, work: UnitOfWork, at_once: int = AT_ONCE
) -> Counter[str]:
    """Tell of every alarm that has come due, and return how many there were of each kind.

    An event and the count of the alarms that have rung are one transaction, under the lock of the incident: any
    number of processes may do this at the same time, each alarm rings once, and what one that was killed left undone
    rings with the next call.  Incidents that somebody has locked are left for the next call.

    Args:
        zone: of working days.
        alarms: when to remind and to escalate.
        now: alarms up to this instant ring.
        work: a transaction not yet begun.
        at_once: incidents in a transaction.
    """
    told: Counter[str] = Counter()
    while True:
        with work:
            rules = ClockRules(WorkCalendar(zone, work.rules.calendar()), alarms)
            records = work.incidents.lock_ringing(now, at_once)
            events: list[NewEvent] = []
            after: dict[UUID, Clocks] = {}
            for record in records:
                rung, after[record.id] = ring(record, rules, now)
                events.extend(_event(record, alarm, zone, now) for alarm in rung)
            work.incidents.add_events(events)
            work.incidents.store_alarms(after)
            work.commit()
        told.update(event.kind for event in events)
        if len(records) < at_once:
            return told


def _event(record: IncidentRecord, alarm: Alarm, zone: ZoneInfo, now: datetime) -> NewEvent:
    return NewEvent(
        incident_id=record.id,
        at=now,
        kind=alarm.kind,
        actor=KEEPER,
        from_state=record.state,
        to_state=record.state,
        to_grid=alarm.to_grid,
        facts={
            "stage": alarm.stage,
            "due_at": alarm.due_at.astimezone(zone).isoformat(),
            "alarm_at": alarm.at.astimezone(zone).isoformat(),
        },
    )
