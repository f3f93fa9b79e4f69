"""Which department must act: the most specific dispatch rule in force wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gis_service.domain.period import ALWAYS, Period
from gis_service.domain.reason import Reason

Specificity = tuple[int, int, bool, bool]

MOST_OUTRANKED = 5
"""Rules that matched and lost, as an explanation names them: the strongest of them."""

_CRITERIA = (("category", "类别"), ("grid", "网格"), ("kind", "类型"), ("severity", "等级"))
"""What a specificity compares, in its order."""


@dataclass(frozen=True, slots=True)
class DispatchRule:
    """One row: incidents of a category and all below it go to a department.

    None for ``grid_code``, ``kind`` or ``severity`` means any; a grid code covers its subtree.  ``first_receiver``
    says who keeps the case until it is handed over (首接负责制): ``grid``, the owner, or ``department``, past all
    grids (网格直通部门).
    """

    id: str
    category: str
    department: str
    assisting: tuple[str, ...] = ()
    grid_code: str | None = None
    kind: str | None = None
    severity: str | None = None
    in_force: Period = ALWAYS
    reason: str = ""
    first_receiver: str = "grid"

    @property
    def case(self) -> tuple[str, str | None, str | None, str | None]:
        """What the rule decides; two rules for one case may not be in force together."""
        return (self.category, self.grid_code, self.kind, self.severity)


@dataclass(frozen=True, slots=True)
class FirstReceiver:
    """Who keeps a case until it is handed over: ``kind`` is ``grid`` or ``department``."""

    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class DispatchDecision:
    """The lead department and those that assist; None when no rule matches, with a reason all the same.

    ``first_receiver`` is None for an incident outside the coverage that no rule sends to a department, and where a
    later decision leaves it as it was.
    """

    department: str | None
    assisting: tuple[str, ...]
    rule_id: str | None
    reason: Reason
    first_receiver: FirstReceiver | None = None


def lies_under(category: str, ancestor: str) -> bool:
    """Tell whether a dotted category is the other one or lies below it; ``dispute2`` is not below ``dispute``."""
    return category == ancestor or category.startswith(ancestor + ".")


def with_ancestors(category: str) -> list[str]:
    """Return the category and all above it: ``dispute.property`` gives ``dispute`` and ``dispute.property``."""
    parts = category.split(".")
    return [".".join(parts[: length + 1]) for length in range(len(parts))]


def choose_dispatch(
    rules: Iterable[DispatchRule],
    category: str,
    severity: str,
    chain: Sequence[str],
    kind: str | None,
    at: datetime,
) -> DispatchDecision:
    """Return the decision of the most specific rule, the first of ``matching_rules``, which has the same arguments.

    Returns:
        A decision; without a matching rule its department is None and its reason says so: an incident is never
        dropped for want of a rule.  The reason names up to ``MOST_OUTRANKED`` rules that matched too, the most
        specific first, and the criterion by which each lost.
    """
    matching = matching_rules(rules, category, severity, chain, kind, at)
    if not matching:
        owner = FirstReceiver("grid", chain[-1]) if chain else None
        return DispatchDecision(None, (), None, _no_rule(category, severity, owner), owner)
    rule, *outranked = matching
    if chain and rule.first_receiver == "grid":
        receiver = FirstReceiver("grid", chain[-1])
    else:
        receiver = FirstReceiver("department", rule.department)
    best = _specificity(rule, chain)
    lost = [(other, _lost_by(_specificity(other, chain), best)) for other in outranked]
    return DispatchDecision(rule.department, rule.assisting, rule.id, _why(rule, receiver, lost), receiver)


def matching_rules(
    rules: Iterable[DispatchRule],
    category: str,
    severity: str,
    chain: Sequence[str],
    kind: str | None,
    at: datetime,
) -> list[DispatchRule]:
    """Return the rules that match, by longest category, then deepest grid, then kind given, then severity given.

    There are no ties among rules that may stand together: two that are equally specific for one incident name the
    same category, grid, kind and severity, and such are refused when written.

    Args:
        rules: in any order; those that do not match are passed over.
        category: dotted.
        severity: ``general``, ``larger`` or ``major``.
        chain: codes of the owner's chain, root first; empty for an incident outside the coverage, for which only
            rules without a grid can match.
        kind: of the owner; None outside the coverage.
        at: the instant at which rules must be in force.
    """
    matching = [
        rule
        for rule in rules
        if rule.in_force.covers(at)
        and lies_under(category, rule.category)
        and rule.grid_code in {None, *chain}
        and rule.kind in {None, kind}
        and rule.severity in {None, severity}
    ]
    return sorted(matching, key=lambda rule: _specificity(rule, chain), reverse=True)


def _specificity(rule: DispatchRule, chain: Sequence[str]) -> Specificity:
    depth = -1 if rule.grid_code is None else list(chain).index(rule.grid_code)
    return (rule.category.count("."), depth, rule.kind is not None, rule.severity is not None)


def _lost_by(specificity: Specificity, best: Specificity) -> int:
    """Return the position of the first criterion in which the two differ."""
    return next(i for i, pair in enumerate(zip(specificity, best, strict=True)) if pair[0] != pair[1])


def _no_rule(category: str, severity: str, owner: FirstReceiver | None) -> Reason:
    return Reason(
        "dispatch",
        f"no dispatch rule matches category {category} with severity {severity} here; a dispatcher must choose"
        + _keeps(owner),
        f"没有适用于类别 {category}、等级 {severity} 的分派规则，须由派遣员人工分派{_keeps_zh(owner)}",
        _facts(owner),
    )


def _why(rule: DispatchRule, receiver: FirstReceiver, lost: Sequence[tuple[DispatchRule, int]]) -> Reason:
    conditions = [f"category {rule.category}"]
    conditions_zh = [f"类别 {rule.category}"]
    if rule.grid_code is not None:
        conditions.append(f"grid {rule.grid_code}")
        conditions_zh.append(f"网格 {rule.grid_code}")
    if rule.kind is not None:
        conditions.append(f"kind {rule.kind}")
        conditions_zh.append(f"类型 {rule.kind}")
    if rule.severity is not None:
        conditions.append(f"severity {rule.severity}")
        conditions_zh.append(f"等级 {rule.severity}")
    because = f": {rule.reason}" if rule.reason else ""
    named = lost[:MOST_OUTRANKED]
    before, before_zh = "", ""
    if lost:
        more = len(lost) - len(named)
        names = ", ".join(f"{other.id} (by {_CRITERIA[position][0]})" for other, position in named)
        names_zh = "、".join(f"{other.id}（{_CRITERIA[position][1]}）" for other, position in named)
        before = f"; it goes before {names}" + (f" and {more} more" if more else "")
        before_zh = f"；优先于规则 {names_zh}" + (f" 等 {len(lost)} 条" if more else "")
    facts: dict[str, Any] = {"rule": rule.id, **_facts(receiver)}
    if named:
        facts["outranked"] = [
            {"rule": other.id, "department": other.department, "by": _CRITERIA[position][0]}
            for other, position in named
        ]
    return Reason(
        "dispatch",
        f"rule {rule.id} ({', '.join(conditions)}) sends it to department {rule.department}{because}"
        f"{before}{_keeps(receiver)}",
        f"按规则 {rule.id}（{'、'.join(conditions_zh)}）由部门 {rule.department} 牵头处置{before_zh}"
        f"{_keeps_zh(receiver)}",
        facts,
    )


def _keeps(receiver: FirstReceiver | None) -> str:
    return "" if receiver is None else f"; {receiver.kind} {receiver.code} keeps it until it is handed over"


def _keeps_zh(receiver: FirstReceiver | None) -> str:
    if receiver is None:
        return ""
    return f"；首接负责：{'网格' if receiver.kind == 'grid' else '部门'} {receiver.code}，移交前由其负责到底"


def _facts(receiver: FirstReceiver | None) -> dict[str, Any]:
    return {} if receiver is None else {"first_receiver": {"kind": receiver.kind, "code": receiver.code}}
