"""Findings that somebody answers for: a lake, an island, a disputed strip, tolerated until a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from grid_boundaries.check.findings import Finding, Report, Rule

EXCEPTABLE: Final[frozenset[Rule]] = frozenset(
    {
        "overlap",
        "contained",
        "gap",
        "uncovered-parent",
        "outside-parent",
        "low-coverage",
        "multipart",
        "narrow",
        "household-range",
        "unowned-building",
        "split-building",
        "unbalanced",
    }
)
"""The rules that may be excepted: what the ground or the town is like.

Never a fault of the data: a polygon that is none or there twice, a code or parent that misleads, a vertex that one
side lacks.
"""


@dataclass(frozen=True, slots=True)
class ExceptionGrant:
    """That one finding is accepted on purpose.

    Attributes:
        finding_id: which; ids are the same from run to run.
        reason: why.
        owner: who answers for it.
        expires_on: the last day on which it holds.
    """

    finding_id: str
    reason: str
    owner: str
    expires_on: date

    def as_dict(self) -> dict[str, Any]:
        """Return the grant as a finding tells it in JSON."""
        return {"reason": self.reason, "owner": self.owner, "expires_on": self.expires_on.isoformat()}


def apply_exceptions(report: Report, grants: Iterable[ExceptionGrant], today: date) -> Report:
    """Return the report with its exceptions: findings keep their severity, and those excepted block no more.

    Of several grants for one finding that which holds longest counts.  A finding whose grants have all run out tells
    the last of them as ``expired_exception`` and blocks again.  Grants for findings that are gone, or of rules that
    cannot be excepted, change nothing.  ``summary["excepted"]`` counts what is excepted, where anything is.

    An accepted gap is a gap: its family has no proof, and the report no certificate.  ``proofs`` has all others.
    """
    by_finding: defaultdict[str, list[ExceptionGrant]] = defaultdict(list)
    for grant in grants:
        by_finding[grant.finding_id].append(grant)
    findings = tuple(_with_exception(finding, by_finding.get(finding.id, []), today) for finding in report.findings)
    excepted = sum(finding.exception is not None for finding in findings)
    summary = {**report.summary, **({"excepted": excepted} if excepted else {})}
    return replace(report, findings=findings, summary=summary)


def _with_exception(finding: Finding, grants: list[ExceptionGrant], today: date) -> Finding:
    if not grants or finding.rule not in EXCEPTABLE:
        return finding
    longest = max(grants, key=lambda grant: grant.expires_on)
    if longest.expires_on < today:
        return replace(finding, exception=None, expired_exception=longest.as_dict())
    return replace(finding, exception=longest.as_dict(), expired_exception=None)
