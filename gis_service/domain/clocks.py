"""The clocks of an incident, to accept it and to handle it: how acts and moves change them, and what rings.

Everything here is a pure function of a record, rules and an instant.  The clock to accept runs from the report until
somebody accepts it, the clock to handle from when it happened until it is handled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from gis_service.domain.alarms import (
    REMINDED,
    Alarm,
    ClockRules,
    Countdown,
    links_told,
    next_alarm,
    rung,
    schedule,
    with_rung,
)
from gis_service.domain.deadlines import STEPS, Deadline, time_allowed
from gis_service.domain.incident import CLOSED_STATES, STATES_WITHOUT_CLOCK, IncidentRecord
from gis_service.domain.running_time import time_after, time_between

STATES_TO_BE_ACCEPTED = ("reported", "unlocated")
"""In these the clock to accept runs, until somebody has."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The columns of an incident that its clocks are; those not changed are as they were."""

    accept_due_at: datetime | None
    due_at: datetime | None
    paused_at: datetime | None
    asked_until: datetime | None
    alarm_at: datetime | None
    alarm_step: int


def clocks_of(record: IncidentRecord) -> Clocks:
    """Return the clocks as they are stored."""
    return Clocks(**{name: getattr(record, name) for name in Clocks.__slots__})


def columns_of(clocks: Clocks) -> dict[str, Any]:
    """Return what is to be stored, by the name of its column."""
    return {name: getattr(clocks, name) for name in Clocks.__slots__}


def clock_facts(before: Clocks, after: Clocks, zone: tzinfo) -> dict[str, str | None]:
    """Return the clocks that have changed, each as it was and as it is, for the event that tells of it."""

    def told(instant: datetime | None) -> str | None:
        return None if instant is None else instant.astimezone(zone).isoformat()

    facts: dict[str, str | None] = {}
    for name in ("accept_due_at", "due_at", "paused_at", "asked_until"):
        was, is_now = getattr(before, name), getattr(after, name)
        if was != is_now:
            facts |= {f"{name}_before": told(was), name: told(is_now)}
    return facts


def is_running(record: IncidentRecord) -> bool:
    """Say whether the clock to handle runs: it has a deadline, is not yet handled nor closed, and is not paused."""
    return record.due_at is not None and record.paused_at is None and record.state not in STATES_WITHOUT_CLOCK


def first_alarm(
    acceptance: Deadline, deadline: Deadline, reported_at: datetime, rules: ClockRules
) -> datetime | None:
    """Return when an incident that has just come in rings first; None when it has no deadline."""
    schedules = []
    for stage, one in (("accept", acceptance), ("handle", deadline)):
        if one.due_at is not None:
            clock, amount = one.reason.facts["clock"], one.reason.facts["amount"]
            countdown = Countdown(stage, clock, time_allowed(clock, amount), one.due_at)
            # Of each clock only the first alarm, the reminder, can be the first of all; whom it tells is seen then.
            schedules.append(schedule(countdown, [None], reported_at, rules))
    alarm = next_alarm(schedules, 0)
    return None if alarm is None else alarm.at


def alarm_after(record: IncidentRecord, rules: ClockRules) -> Alarm | None:
    """Return the alarm that rings next; None while it is paused, when it is handled or closed, or when all have rung.

    Its instant may have passed: then it is to ring at once.
    """
    return next_alarm(_schedules(record, rules), record.alarm_step)


def ring(record: IncidentRecord, rules: ClockRules, now: datetime) -> tuple[list[Alarm], Clocks]:
    """Return the alarms that have come due, in their order, and the clocks after them.

    Each alarm is counted and comes once, whatever the hands of the machine's clock do.  After a time in which nobody
    looked all that came due is there, but for reminders of what is overdue by now.
    """
    schedules = _schedules(record, rules)
    told, step = [], record.alarm_step
    while (alarm := next_alarm(schedules, step)) is not None and alarm.at <= now:
        step = with_rung(step, alarm.stage, rung(step, alarm.stage) + 1)
        if alarm.kind != REMINDED or now < alarm.due_at:
            told.append(alarm)
    return told, replace(clocks_of(record), alarm_at=None if alarm is None else alarm.at, alarm_step=step)


def pause(record: IncidentRecord, now: datetime) -> Clocks:
    """Return the clocks of a running incident as they stand still from now on."""
    return replace(clocks_of(record), paused_at=now, alarm_at=None)


def resume(record: IncidentRecord, rules: ClockRules, now: datetime) -> Clocks:
    """Return the clocks of a paused incident as they run again from now on.

    A deadline moves by the time that its own clock would have run during the pause: all of it on the elapsed clock,
    the working time of it on the working clock.  So what was left at the pause is left now, and a deadline missed
    before it stays missed by as much.  A pause in which a clock would have stood still moves nothing, and a longer
    pause never ends earlier.  An extension asked for moves with its deadline.  The deadline to accept moves while
    nobody has accepted.
    """
    return _with_alarm(record, _settled(record, rules, now), record.state, rules)


def grant(record: IncidentRecord, rules: ClockRules) -> Clocks:
    """Return the clocks after the extension that was asked for is granted: its instant is the deadline from now on.

    Alarms of handling begin anew; a reminder whose time is past comes at once.
    """
    granted = replace(
        clocks_of(record),
        due_at=record.asked_until,
        asked_until=None,
        alarm_step=with_rung(record.alarm_step, "handle", 0),
    )
    return _with_alarm(record, granted, record.state, rules)


def clocks_after(record: IncidentRecord, state: str, rules: ClockRules, now: datetime) -> Clocks:
    """Return the clocks after a move to another state, or to the same (a hand-over, a step of mediation).

    To be called with the incident as it was *before* the move, but with the chain, owner and handler of after it,
    whom the alarms to come tell.  It must have been read under the lock in which the move is stored, since an alarm
    that rang between the two would ring again.  All six columns (``columns_of``) are to be stored.  ``accepted_at``
    and ``handled_at`` are the caller's: a move to ``accepted`` sets the one, a move to ``handled`` the other, a
    failed check takes ``handled_at`` away, and who opens a closed incident again takes both.

    - Into ``handled``, ``verified`` or a closed state: nothing rings any more.  A pause ends as ``resume`` says, so
      that who handled it is measured by the deadline that holds, and an extension asked for is forgotten.
    - Back from ``handled`` or ``verified`` (a failed check): the clock to handle stood still from ``handled_at`` till
      now, so the deadline moves as after a pause; alarms go on where they were.
    - Back from a closed state: it is a new start.  What the rules allowed is counted from now, and alarms begin anew.
      In ``reported`` and ``unlocated`` that is so for the clock to accept too.  A deadline whose rule is not known
      any more stays as it is.
    - Between states in which the clock runs: deadlines stay, and so does a pause.  When the clock to accept stops
      during a pause, its deadline moves by the pause up to now.

    Args:
        record: before the move.
        state: after it.
        rules: calendar and shares.
        now: the instant of the move.
    """
    if state in STATES_WITHOUT_CLOCK:
        settled = _settled(record, rules, now)
        return replace(settled, paused_at=None, asked_until=None, alarm_at=None)
    if record.state in CLOSED_STATES:
        return _begin_anew(record, state, rules, now)
    if record.state in STATES_WITHOUT_CLOCK:
        due_at = _moved(record, "handle", record.due_at, record.handled_at, rules, now)
        clocks = replace(clocks_of(record), due_at=due_at)
    elif _is_waiting(record) and state not in STATES_TO_BE_ACCEPTED:
        accept_due_at = _moved(record, "accept", record.accept_due_at, record.paused_at, rules, now)
        clocks = replace(clocks_of(record), accept_due_at=accept_due_at)
    else:
        clocks = clocks_of(record)
    return _with_alarm(record, clocks, state, rules)


def _begin_anew(record: IncidentRecord, state: str, rules: ClockRules, now: datetime) -> Clocks:
    anew = replace(record, state=state, accepted_at=None, alarm_step=0)

    def anew_after(stage: str, due_at: datetime | None) -> datetime | None:
        allowed = _allowed(record, stage)
        return due_at if allowed is None else time_after(_clock(record, stage), now, allowed, rules.calendar)

    is_waiting = state in STATES_TO_BE_ACCEPTED
    accept_due_at = anew_after("accept", record.accept_due_at) if is_waiting else record.accept_due_at
    begun = Clocks(accept_due_at, anew_after("handle", record.due_at), None, None, None, 0)
    return _with_alarm(anew, begun, state, rules)


def _settled(record: IncidentRecord, rules: ClockRules, now: datetime) -> Clocks:
    """Return the clocks after the pause, if there is one; alarms are as they were."""

    def moved(stage: str, instant: datetime | None) -> datetime | None:
        return _moved(record, stage, instant, record.paused_at, rules, now)

    clocks = clocks_of(record)
    return replace(
        clocks,
        accept_due_at=moved("accept", clocks.accept_due_at) if _is_waiting(record) else clocks.accept_due_at,
        due_at=moved("handle", clocks.due_at),
        asked_until=moved("handle", clocks.asked_until),
        paused_at=None,
    )


def _moved(
    record: IncidentRecord,
    stage: str,
    instant: datetime | None,
    stood_since: datetime | None,
    rules: ClockRules,
    now: datetime,
) -> datetime | None:
    """Return an instant moved by the time that the clock of a stage would have run since it stood still."""
    if instant is None or stood_since is None:
        return instant
    clock = _clock(record, stage)
    return time_after(clock, instant, time_between(clock, stood_since, now, rules.calendar), rules.calendar)


def _with_alarm(record: IncidentRecord, clocks: Clocks, state: str, rules: ClockRules) -> Clocks:
    alarm = alarm_after(replace(_with(record, clocks), state=state), rules)
    return replace(clocks, alarm_at=None if alarm is None else alarm.at)


def _with(record: IncidentRecord, clocks: Clocks) -> IncidentRecord:
    return replace(record, **columns_of(clocks))


def _schedules(record: IncidentRecord, rules: ClockRules) -> list[list[Alarm]]:
    codes = [link.code for link in record.chain]
    told = links_told(codes, record.handler or record.owner)
    return [schedule(one, told, record.reported_at, rules) for one in _countdowns(record)]


def _countdowns(record: IncidentRecord) -> Iterator[Countdown]:
    if record.paused_at is not None or record.state in STATES_WITHOUT_CLOCK:
        return
    stages: Sequence[tuple[str, datetime | None]] = (
        ("accept", record.accept_due_at if _is_waiting(record) else None),
        ("handle", record.due_at),
    )
    for stage, due_at in stages:
        if due_at is not None:
            allowed = _allowed(record, stage) or timedelta(0)
            yield Countdown(stage, _clock(record, stage), allowed, due_at)


def _is_waiting(record: IncidentRecord) -> bool:
    return record.state in STATES_TO_BE_ACCEPTED and record.accepted_at is None


def _clock(record: IncidentRecord, stage: str) -> str:
    """Return the clock of the rule that set the deadline of a stage; what no rule has set runs on the elapsed one."""
    return record.fact(STEPS[stage], "clock") or "elapsed"


def _allowed(record: IncidentRecord, stage: str) -> timedelta | None:
    amount = record.fact(STEPS[stage], "amount")
    return None if amount is None else time_allowed(_clock(record, stage), amount)
