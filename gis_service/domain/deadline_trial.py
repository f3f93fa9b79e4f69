"""What deadline rules would have set: incidents judged by the rules before a change and after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from gis_service.domain.deadlines import Deadline, DeadlineRule, choose_deadline_rule, set_deadline
from gis_service.domain.rule_trial import (
    EXAMPLES_OF_A_KIND,
    MOST_EXAMPLES,
    MOST_UNDECIDED,
    TrialExample,
    TrialIncident,
    epochs,
)
from gis_service.domain.work_calendar import WorkCalendar

STAGES = ("accept", "handle")

Choice: TypeAlias = tuple[DeadlineRule | None, DeadlineRule | None]
"""The rule before and after."""


@dataclass(slots=True)
class DeadlineTrial:
    """How many deadlines would be others: ``moves`` by (stage, how), ``by_category`` by (category, stage, how).

    How is ``earlier``, ``later``, ``gained`` (there was none) or ``lost`` (there would be none).
    ``undecided_before`` and ``undecided_after`` count incidents without a deadline by stage; ``undecided`` are the
    first ``MOST_UNDECIDED`` that would lack one.
    """

    incidents: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_category: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    undecided_before: Counter[str] = field(default_factory=Counter)
    undecided_after: Counter[str] = field(default_factory=Counter)
    undecided: list[UUID] = field(default_factory=list)
    examples: list[TrialExample] = field(default_factory=list)


def try_deadlines(
    incidents: Iterable[TrialIncident],
    before: Sequence[DeadlineRule],
    after: Sequence[DeadlineRule],
    calendar: WorkCalendar,
) -> DeadlineTrial:
    """Judge both clocks of every incident by both sets of rules, at the instant of its report.

    The clock to handle starts when it happened, the clock to accept when it was reported.
    """
    epoch_of = epochs([*before, *after])
    chosen: dict[tuple[Any, ...], Choice] = {}
    shown: Counter[tuple[str, str]] = Counter()
    trial = DeadlineTrial()
    for one in incidents:
        trial.incidents += 1
        for stage in STAGES:
            key = (one.category, one.severity, stage, epoch_of(one.reported_at))
            if key not in chosen:
                chosen[key] = (_choose(before, one, stage), _choose(after, one, stage))
            choice = chosen[key]
            trial.undecided_before[stage] += choice[0] is None
            if choice[1] is None:
                trial.undecided_after[stage] += 1
                if len(trial.undecided) < MOST_UNDECIDED and one.id not in trial.undecided[-1:]:
                    trial.undecided.append(one.id)
            start = one.reported_at if stage == "accept" else one.occurred_at
            how = _compare(choice, one, start, calendar)
            if how is None:
                continue
            trial.moves[stage, how] += 1
            trial.by_category[one.category, stage, how] += 1
            if shown[stage, how] < EXAMPLES_OF_A_KIND and len(trial.examples) < MOST_EXAMPLES:
                shown[stage, how] += 1
                reasons = [_deadline(rule, one, start, calendar).reason for rule in choice]
                trial.examples.append(TrialExample(one, stage, *reasons))
    return trial


def _choose(rules: Sequence[DeadlineRule], one: TrialIncident, stage: str) -> DeadlineRule | None:
    return choose_deadline_rule(rules, one.category, one.severity, stage, one.reported_at)


def _compare(choice: Choice, one: TrialIncident, start: datetime, calendar: WorkCalendar) -> str | None:
    old, new = choice
    if old is None or new is None:
        return None if old is new else "gained" if old is None else "lost"
    if old.clock == new.clock:
        # More of the same clock ends later, wherever it starts: there is nothing to count out.
        was, will = old.amount, new.amount
        return None if was == will else "earlier" if will < was else "later"
    due_before, due_after = (_deadline(rule, one, start, calendar).due_at for rule in (old, new))
    if due_before is None or due_after is None or due_before == due_after:
        return None
    return "earlier" if due_after < due_before else "later"


def _deadline(rule: DeadlineRule | None, one: TrialIncident, start: datetime, calendar: WorkCalendar) -> Deadline:
    # Of both stages the deadline is counted in the same way; the rule is chosen already.
    rules = [] if rule is None else [replace(rule, stage="handle")]
    return set_deadline(rules, one.category, one.severity, start, one.reported_at, calendar)
