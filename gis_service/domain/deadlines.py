"""When an incident must be handled: two clocks, rules as data (minutes that never stop, days that are worked)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gis_service.domain.dispatch import lies_under
from gis_service.domain.period import ALWAYS, Period
from gis_service.domain.reason import Reason
from gis_service.domain.work_calendar import WorkCalendar

MIDNIGHT = time(0)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """One row: ``amount`` is minutes on the ``elapsed`` clock and days on the ``working`` clock.

    ``stage`` is ``accept`` or ``handle``.  None for ``category`` or ``severity`` means any.
    """

    id: str
    stage: str
    clock: str
    amount: int
    response_class: str
    category: str | None = None
    severity: str | None = None
    in_force: Period = ALWAYS
    reason: str = ""

    @property
    def case(self) -> tuple[str | None, str | None, str]:
        """What the rule decides; two rules for one case may not be in force together."""
        return (self.category, self.severity, self.stage)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The instant by which an incident must be handled; None when no rule matches, with a reason all the same."""

    due_at: datetime | None
    response_class: str | None
    rule_id: str | None
    reason: Reason


def choose_deadline_rule(
    rules: Iterable[DeadlineRule], category: str, severity: str, stage: str, at: datetime
) -> DeadlineRule | None:
    """Return the most specific rule in force: longest category, then severity given; None when none matches."""

    def specificity(rule: DeadlineRule) -> tuple[int, bool]:
        return (-1 if rule.category is None else rule.category.count("."), rule.severity is not None)

    matching = (
        rule
        for rule in rules
        if rule.stage == stage
        and rule.in_force.covers(at)
        and (rule.category is None or lies_under(category, rule.category))
        and rule.severity in (None, severity)
    )
    return max(matching, key=specificity, default=None)


def due_after_working_days(
    start: datetime, days: int, zone: ZoneInfo, is_workday: Callable[[date], bool]
) -> datetime:
    """Return the instant at which that many working days have run since the start.

    The clock runs through the 24 hours of a working day and stands still on the others, so what begins on a day
    off begins when the next working day does, and a later start never ends earlier.

    Args:
        start: with an offset.
        days: at least 0; none end at the start itself.
        zone: in which days begin and end.
        is_workday: says it for a day of that zone.

    Returns:
        The instant in ``zone``.  For 3 days, Friday 17:00 gives Wednesday 17:00, and Saturday at any hour gives
        the midnight after Wednesday.
    """
    local = start.astimezone(zone)
    if days == 0:
        return local
    day, clock = local.date(), local.time()
    if not is_workday(day):
        day, clock = _next_workday(day, is_workday), MIDNIGHT
    if clock == MIDNIGHT:
        for _ in range(days - 1):
            day = _next_workday(day, is_workday)
        return datetime.combine(day + ONE_DAY, MIDNIGHT, zone)
    for _ in range(days):
        day = _next_workday(day, is_workday)
    return datetime.combine(day, clock, zone)


def set_deadline(
    rules: Iterable[DeadlineRule],
    category: str,
    severity: str,
    start: datetime,
    at: datetime,
    calendar: WorkCalendar,
) -> Deadline:
    """Return the handling deadline under the rules in force at ``at``, counted from ``start``."""
    rule = choose_deadline_rule(rules, category, severity, "handle", at)
    if rule is None:
        detail = f"no deadline rule matches category {category} with severity {severity}; it has no deadline"
        return Deadline(
            None,
            None,
            None,
            Reason("deadline", detail, f"没有适用于类别 {category}、等级 {severity} 的时限规则，未设时限"),
        )
    if rule.clock == "elapsed":
        due_at = (start + timedelta(minutes=rule.amount)).astimezone(calendar.zone)
        how, how_zh = f"{rule.amount} minutes elapsed", f"{rule.amount} 分钟（自然时间）"
    else:
        due_at = due_after_working_days(start, rule.amount, calendar.zone, calendar.is_workday)
        how, how_zh = f"{rule.amount} working days", f"{rule.amount} 个工作日"
        if unknown := calendar.years_unknown(start, due_at):
            years = ", ".join(map(str, unknown))
            how += f" (holidays of {years} are not known: Monday to Friday were taken)"
            how_zh += f"（{years} 年节假日安排未知，按周一至周五计）"
    begin, end = start.astimezone(calendar.zone).isoformat(timespec="seconds"), due_at.isoformat(timespec="seconds")
    reason = Reason(
        "deadline",
        f"rule {rule.id}: {how} from {begin}, due {end}",
        f"按规则 {rule.id}：自 {begin} 起 {how_zh}，{end} 到期",
        {"rule": rule.id, "clock": rule.clock, "due_at": end},
    )
    return Deadline(due_at, rule.response_class, rule.id, reason)


def _next_workday(day: date, is_workday: Callable[[date], bool]) -> date:
    day += ONE_DAY
    while not is_workday(day):
        day += ONE_DAY
    return day
