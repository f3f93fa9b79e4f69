"""Rules on trial: what a trial looks at, and by which rules the past is judged as if a change had always held."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.period import ALWAYS
from gis_service.domain.reason import Reason
from gis_service.domain.rule_change import RuleChange

MOST_EXAMPLES = 50
EXAMPLES_OF_A_KIND = 3
MOST_UNDECIDED = 100

Rule = TypeVar("Rule", bound=DispatchRule | DeadlineRule)


@dataclass(frozen=True, slots=True)
class TrialIncident:
    """What rules look at in an incident; ``chain`` is empty and ``kind`` None outside the coverage."""

    id: UUID
    category: str
    severity: str
    chain: tuple[str, ...]
    kind: str | None
    occurred_at: datetime
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class TrialExample:
    """One incident that would be decided otherwise, and both decisions; ``what`` says which of its decisions."""

    incident: TrialIncident
    what: str
    before: Reason
    after: Reason


def judge_as_in_force(change: RuleChange[Rule], now: datetime) -> list[Rule]:
    """Return the rules by which the past is judged as if a change had always held.

    Rules that the change leaves alone keep their time, unless one that it writes decides the same case.  Rules that
    it writes hold always if they do once the whole change is in force, which is when its last rule begins; those
    that it ends, or that end before, do not hold at all.
    """
    begins = [rule.in_force.since for rule in change.written if rule.in_force.since is not None]
    then = max([now, *begins])
    lifted = [replace(rule, in_force=ALWAYS) for rule in change.written if rule.in_force.covers(then)]
    cases = {rule.case for rule in lifted}
    return [*lifted, *(rule for rule in change.untouched if rule.case not in cases)]


def epochs(rules: Sequence[Rule]) -> Callable[[datetime], int]:
    """Return what numbers the stretches of time in which the same of these rules are in force."""
    bounds = {bound for rule in rules for bound in (rule.in_force.since, rule.in_force.until) if bound is not None}
    ordered = sorted(bounds)
    return lambda instant: bisect_right(ordered, instant)
