"""When an incident must be accepted and handled: rules as data, on the clock that each names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from gis_service.domain.dispatch import lies_under
from gis_service.domain.period import ALWAYS, Period
from gis_service.domain.reason import Reason
from gis_service.domain.running_time import time_after
from gis_service.domain.work_calendar import WorkCalendar

STEPS: Mapping[str, str] = MappingProxyType({"accept": "accept_deadline", "handle": "deadline"})
"""The stages that have a clock, and the step of the explanation that tells of each."""

_WITHOUT = {
    "accept": ("there is no instant by which it must be accepted", "未设受理时限"),
    "handle": ("it has no deadline", "未设时限"),
}
_WHICH = {"accept": ("to be accepted by ", "受理："), "handle": ("", "")}


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
    """The instant by which a stage must be over; None when no rule matches, with a reason all the same."""

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


def set_deadline(
    rules: Iterable[DeadlineRule],
    category: str,
    severity: str,
    start: datetime,
    at: datetime,
    calendar: WorkCalendar,
    stage: str = "handle",
) -> Deadline:
    """Return the deadline of a stage under the rules in force at ``at``, counted from ``start``."""
    rule = choose_deadline_rule(rules, category, severity, stage, at)
    if rule is None:
        without, without_zh = _WITHOUT[stage]
        detail = f"no deadline rule matches category {category} with severity {severity}; {without}"
        detail_zh = f"没有适用于类别 {category}、等级 {severity} 的时限规则，{without_zh}"
        return Deadline(None, None, None, Reason(STEPS[stage], detail, detail_zh))
    allowed = time_allowed(rule.clock, rule.amount)
    due_at = time_after(rule.clock, start, allowed, calendar).astimezone(calendar.zone)
    if rule.clock == "elapsed":
        how, how_zh = f"{rule.amount} minutes elapsed", f"{rule.amount} 分钟（自然时间）"
    else:
        how, how_zh = f"{rule.amount} working days", f"{rule.amount} 个工作日"
        if unknown := calendar.years_unknown(start, due_at):
            years = ", ".join(map(str, unknown))
            how += f" (holidays of {years} are not known: Monday to Friday were taken)"
            how_zh += f"（{years} 年节假日安排未知，按周一至周五计）"
    begin, end = start.astimezone(calendar.zone).isoformat(timespec="seconds"), due_at.isoformat(timespec="seconds")
    which, which_zh = _WHICH[stage]
    reason = Reason(
        STEPS[stage],
        f"{which}rule {rule.id}: {how} from {begin}, due {end}",
        f"{which_zh}按规则 {rule.id}：自 {begin} 起 {how_zh}，{end} 到期",
        {"rule": rule.id, "clock": rule.clock, "amount": rule.amount, "due_at": end},
    )
    return Deadline(due_at, rule.response_class, rule.id, reason)


def time_allowed(clock: str, amount: int) -> timedelta:
    """Return how long a rule's clock may run: its amount is minutes when elapsed and days when working."""
    return timedelta(minutes=amount) if clock == "elapsed" else timedelta(days=amount)
