"""What dispatch rules would have decided: incidents judged by the rules before a change and after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from gis_service.domain.dispatch import DispatchDecision, DispatchRule, choose_dispatch
from gis_service.domain.rule_trial import (
    EXAMPLES_OF_A_KIND,
    MOST_EXAMPLES,
    MOST_UNDECIDED,
    TrialExample,
    TrialIncident,
    epochs,
)

Move: TypeAlias = tuple[str | None, str | None]
"""The department before and after."""


@dataclass(slots=True)
class DispatchTrial:
    """How many incidents would go elsewhere, by departments before and after.

    ``others`` keep their department and get other assisting ones or another kind of first receiver.  ``by_category``
    counts both.  ``undecided`` are the first ``MOST_UNDECIDED`` incidents that would have no department.
    """

    incidents: int = 0
    moves: Counter[Move] = field(default_factory=Counter)
    others: int = 0
    by_category: Counter[str] = field(default_factory=Counter)
    undecided_before: int = 0
    undecided_after: int = 0
    undecided: list[UUID] = field(default_factory=list)
    examples: list[TrialExample] = field(default_factory=list)


def try_dispatch(
    incidents: Iterable[TrialIncident], before: Sequence[DispatchRule], after: Sequence[DispatchRule]
) -> DispatchTrial:
    """Judge every incident by both sets of rules, at the instant of its report.

    Incidents that no rule could tell apart are decided once: they have the same category, severity and kind, the
    same of the grids that rules name, and were reported between the same two instants at which a rule begins or ends.
    """
    rules = [*before, *after]
    grids = {rule.grid_code for rule in rules}
    epoch_of = epochs(rules)
    decided: dict[tuple[Any, ...], tuple[DispatchDecision, DispatchDecision]] = {}
    shown: Counter[Move] = Counter()
    trial = DispatchTrial()
    for one in incidents:
        named = tuple(code for code in one.chain if code in grids)
        key = (one.category, one.severity, one.kind, named, not one.chain, epoch_of(one.reported_at))
        if key not in decided:
            decided[key] = (_decide(before, one), _decide(after, one))
        old, new = decided[key]
        trial.incidents += 1
        trial.undecided_before += old.department is None
        if new.department is None:
            trial.undecided_after += 1
            if len(trial.undecided) < MOST_UNDECIDED:
                trial.undecided.append(one.id)
        move = (old.department, new.department)
        if move[0] != move[1]:
            trial.moves[move] += 1
        elif _sides(old) != _sides(new):
            trial.others += 1
        else:
            continue
        trial.by_category[one.category] += 1
        if shown[move] < EXAMPLES_OF_A_KIND and len(trial.examples) < MOST_EXAMPLES:
            shown[move] += 1
            reasons = _decide(before, one).reason, _decide(after, one).reason
            trial.examples.append(TrialExample(one, "dispatch", *reasons))
    return trial


def _decide(rules: Sequence[DispatchRule], one: TrialIncident) -> DispatchDecision:
    return choose_dispatch(rules, one.category, one.severity, one.chain, one.kind, one.reported_at)


def _sides(decision: DispatchDecision) -> tuple[tuple[str, ...], str | None]:
    receiver = decision.first_receiver
    return (decision.assisting, None if receiver is None else receiver.kind)
