"""Rules as JSON: what has changed, and what a trial found; the rows themselves are those of ``rule_sheet``."""

from __future__ import annotations

from typing import Any

from gis_service.domain.deadline_trial import STAGES, DeadlineTrial
from gis_service.domain.dispatch_trial import DispatchTrial
from gis_service.domain.reason import Reason
from gis_service.domain.rule_change import RuleChange, key_of
from gis_service.domain.rule_trial import TrialExample
from gis_service.use_cases.try_rules import RuleTrial


def change_json(table: str, change: RuleChange[Any]) -> dict[str, Any]:
    """Return what has become of a table: keys of the rows that were added, changed, ended and removed."""
    return {
        "table": table,
        "added": [key_of(one) for one in change.added],
        "changed": [key_of(one) for one in change.changed],
        "ended": [key_of(one) for one in change.ended],
        "removed": [key_of(one) for one in change.removed],
        "unchanged": len(change.untouched),
    }


def trial_json(table: str, trial: RuleTrial) -> dict[str, Any]:
    """Return what a trial found; counts come the largest first."""
    told = {
        "table": table,
        "since": trial.window.since,
        "until": trial.window.until,
        "incidents": trial.outcome.incidents,
        "truncated": trial.truncated,
    }
    outcome = trial.outcome
    found = _dispatch(outcome) if isinstance(outcome, DispatchTrial) else _deadlines(outcome)
    return {**told, **found, "examples": [_example(one) for one in outcome.examples]}


def _dispatch(trial: DispatchTrial) -> dict[str, Any]:
    return {
        "changed": trial.moves.total(),
        "otherwise_changed": trial.others,
        "departments": [
            {"from": before, "to": after, "incidents": count} for (before, after), count in trial.moves.most_common()
        ],
        "categories": [{"category": name, "incidents": count} for name, count in trial.by_category.most_common()],
        "without_department": {
            "before": trial.undecided_before,
            "after": trial.undecided_after,
            "incidents": [str(one) for one in trial.undecided],
        },
    }


def _deadlines(trial: DeadlineTrial) -> dict[str, Any]:
    return {
        "changed": trial.moves.total(),
        "deadlines": [
            {"stage": stage, "change": how, "incidents": count} for (stage, how), count in trial.moves.most_common()
        ],
        "categories": [
            {"category": name, "stage": stage, "change": how, "incidents": count}
            for (name, stage, how), count in trial.by_category.most_common()
        ],
        "without_deadline": {
            "before": {stage: trial.undecided_before[stage] for stage in STAGES},
            "after": {stage: trial.undecided_after[stage] for stage in STAGES},
            "incidents": [str(one) for one in trial.undecided],
        },
    }


def _example(one: TrialExample) -> dict[str, Any]:
    return {
        "id": str(one.incident.id),
        "what": one.what,
        "category": one.incident.category,
        "severity": one.incident.severity,
        "owner": one.incident.chain[-1] if one.incident.chain else None,
        "reported_at": one.incident.reported_at,
        "before": _reason(one.before),
        "after": _reason(one.after),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {**reason.facts, "detail": reason.detail, "detail_zh": reason.detail_zh}
