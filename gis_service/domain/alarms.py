"""When somebody is told that time runs out: a reminder, then one link of the chain after the other, upwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from gis_service.domain.running_time import time_after, time_before
from gis_service.domain.work_calendar import WorkCalendar

REMINDED, ALERTED = "reminded", "alerted"

LEAST_BETWEEN = timedelta(minutes=15)
"""Between two links of the chain; a share of a deadline of five minutes would leave nobody time to act."""

_MOST = 100
_WEIGHTS: Mapping[str, int] = MappingProxyType({"accept": _MOST, "handle": 1})


@dataclass(frozen=True, slots=True)
class AlarmShares:
    """When alarms ring, in shares of the time that the rule of the deadline allows, on its clock.

    ``remind`` is the share after which a reminder is given, 1 for none; while it is overdue, the next link of the
    chain is told after each further ``repeat``, but not sooner than ``LEAST_BETWEEN``.
    """

    remind: float = 0.8
    repeat: float = 0.5


USUAL = AlarmShares()
"""When nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class ClockRules:
    """What clocks and alarms run by."""

    calendar: WorkCalendar
    alarms: AlarmShares


@dataclass(frozen=True, slots=True)
class Countdown:
    """A deadline that runs: ``stage`` is ``accept`` or ``handle``; its rule ``allowed`` that, 0 if unknown."""

    stage: str
    clock: str
    allowed: timedelta
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """What rings at an instant: ``kind`` is that of its event, ``to_grid`` the grid told, None without an owner."""

    at: datetime
    kind: str
    stage: str
    due_at: datetime
    to_grid: str | None


def links_told(chain: Iterable[str], handler: str | None) -> list[str | None]:
    """Return who is told: first, of the reminder, the grid that handles it, then those above it, the root last.

    A root is above itself, and where there is no owner nobody (None) is told, twice: what is overdue is told once at
    least, to whoever reads the events.
    """
    upwards: list[str | None] = list(reversed(list(chain)))
    if not upwards:
        return [None, None]
    told = upwards[upwards.index(handler) :] if handler in upwards else upwards
    return [*told, *told] if len(told) == 1 else told[: _MOST - 1]


def schedule(
    countdown: Countdown, told: Iterable[str | None], reported_at: datetime, rules: ClockRules
) -> list[Alarm]:
    """Return every alarm of a deadline, in the order in which they ring.

    Args:
        countdown: the deadline.
        told: as ``links_told`` returns it.
        reported_at: what was overdue when it was reported is escalated from then on.
        rules: shares and calendar.
    """
    stage, clock, due_at = countdown.stage, countdown.clock, countdown.due_at
    first, *above = told
    ahead = countdown.allowed * (1 - rules.alarms.remind)
    between = max(countdown.allowed * rules.alarms.repeat, LEAST_BETWEEN)
    begin = max(due_at, reported_at)
    return [
        Alarm(time_before(clock, due_at, ahead, rules.calendar), REMINDED, stage, due_at, first),
        *(
            Alarm(time_after(clock, begin, between * number, rules.calendar), ALERTED, stage, due_at, link)
            for number, link in enumerate(above)
        ),
    ]


def rung(alarm_step: int, stage: str) -> int:
    """Return how many alarms of a stage have rung."""
    return alarm_step // _WEIGHTS[stage] % _MOST


def with_rung(alarm_step: int, stage: str, number: int) -> int:
    """Return the step after which so many alarms of a stage have rung.

    One number holds both: the alarms of acceptance are its hundreds, those of handling the rest.
    """
    return alarm_step + (number - rung(alarm_step, stage)) * _WEIGHTS[stage]


def next_alarm(schedules: Iterable[list[Alarm]], alarm_step: int) -> Alarm | None:
    """Return the alarm that rings next, of several at one instant that of the first schedule; None at the end."""
    waiting = (
        alarms[rung(alarm_step, alarms[0].stage)]
        for alarms in schedules
        if rung(alarm_step, alarms[0].stage) < len(alarms)
    )
    return min(waiting, key=lambda alarm: alarm.at, default=None)
