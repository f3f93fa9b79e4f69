"""Who is asked next when a department says: not mine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gis_service.domain.dispatch import DispatchDecision, DispatchRule
from gis_service.domain.reason import Reason


def choose_next_department(
    matching: Sequence[DispatchRule], assisting: Sequence[str], declined: Collection[str]
) -> DispatchDecision:
    """Return the first department that has not declined: leads come before those that assist.

    Args:
        matching: the rules that match the incident, the most specific first.
        assisting: those that assist with it now; they are asked before those of other rules.
        declined: departments that are passed over.

    Returns:
        A decision whose assisting departments are those of the rule that names the lead, or those of now when one
        of them takes the lead, without any that declined.  When nobody is left its department is None.
    """
    for department, rule_id, helpers, reason in _candidates(matching, assisting):
        if department not in declined:
            others = tuple(one for one in helpers if one != department and one not in declined)
            return DispatchDecision(department, others, rule_id, reason)
    return DispatchDecision(None, tuple(one for one in assisting if one not in declined), None, _nobody(declined))


def _candidates(
    matching: Sequence[DispatchRule], assisting: Sequence[str]
) -> Iterator[tuple[str, str | None, Sequence[str], Reason]]:
    for rule in matching:
        yield rule.department, rule.id, rule.assisting, _leads(rule)
    for department in assisting:
        yield department, None, assisting, _assists(department)
    for rule in matching:
        for department in rule.assisting:
            yield department, rule.id, assisting, _assists(department, rule.id)


def _leads(rule: DispatchRule) -> Reason:
    return Reason(
        "dispatch",
        f"next by rule {rule.id}: department {rule.department} leads",
        f"按规则 {rule.id} 转由部门 {rule.department} 牵头处置",
        {"rule": rule.id},
    )


def _assists(department: str, rule_id: str | None = None) -> Reason:
    return Reason(
        "dispatch",
        f"every department that leads has declined; {department}, which assists, is next",
        f"牵头部门均已退回，转由协办部门 {department} 处置",
        {} if rule_id is None else {"rule": rule_id},
    )


def _nobody(declined: Collection[str]) -> Reason:
    who = ", ".join(sorted(declined))
    return Reason(
        "dispatch",
        f"no department is left to ask (declined by {who or 'none'}); a dispatcher must choose",
        f"候选部门均已退回（{'、'.join(sorted(declined)) or '无'}），须由派遣员人工分派",
    )
