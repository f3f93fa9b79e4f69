"""Findings and the report: what a check hands back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, get_args

import shapely
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.certificate import combine_proofs
from grid_boundaries.check.proofs import FamilyProof
from grid_boundaries.check.rules import Severity, WidthClass

Rule: TypeAlias = Literal[
    "invalid-geometry",
    "duplicate-code",
    "bad-code",
    "unknown-parent",
    "duplicate-geometry",
    "contained",
    "overlap",
    "gap",
    "uncovered-parent",
    "outside-parent",
    "unmatched-vertex",
    "low-coverage",
    "multipart",
    "narrow",
    "not-contiguous",
    "enclave",
    "household-range",
    "unowned-building",
    "split-building",
    "unbalanced",
]
"""All rules of a report, in the order in which it lists them; the last three need buildings."""

Fix: TypeAlias = Mapping[str, str | float]
"""One way to mend a fault: ``action`` and what it needs, such as ``{"action": "assign", "to": code}``."""

_SEVERITIES: Final = ("error", "warning", "info")
RULES: Final[tuple[Rule, ...]] = get_args(Rule)
OVERLAPS: Final = frozenset({"overlap", "contained", "duplicate-geometry"})
GAPS: Final = frozenset({"gap", "uncovered-parent"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or remark: what, who, where, how large, and what can be done.

    ``grids`` of an overlap share the ground; of a gap they are its neighbours, longest border first; of an unmatched
    vertex the first lacks it.  ``width_class`` (``class`` in JSON) and the sizes are None where the rule is not about
    ground.  ``geometry`` is a GeoJSON geometry in degrees, None when the place is unknown.  ``households`` and
    ``buildings`` are those on the ground of the finding, where buildings were weighed (``buildings.py``); of
    ``household-range`` the households are the grid's own.  ``exception`` is who accepted the finding, why and until
    when, ``expired_exception`` one that has run out (``exceptions.py``).
    """

    rule: Rule
    severity: Severity
    grids: tuple[str, ...]
    message: str
    message_zh: str
    geometry: Mapping[str, Any] | None = None
    width_class: WidthClass | None = None
    area_m2: float | None = None
    length_m: float | None = None
    width_m: float | None = None
    households: int | None = None
    fixes: tuple[Fix, ...] = ()
    place: tuple[float, float] | None = None
    id: str = ""
    buildings: int | None = None
    exception: Mapping[str, Any] | None = None
    expired_exception: Mapping[str, Any] | None = None

    @property
    def blocks(self) -> bool:
        """Whether it stands in the way of publishing: an error that nobody has accepted."""
        return self.severity == "error" and self.exception is None

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON; what buildings and exceptions tell only where it is known."""
        told = {
            "households": self.households,
            "buildings": self.buildings,
            "exception": self.exception,
            "expired_exception": self.expired_exception,
        }
        known = {member: value for member, value in told.items() if value is not None}
        return {
            "id": self.id,
            "rule": self.rule,
            "severity": self.severity,
            "class": self.width_class,
            "grids": list(self.grids),
            "area_m2": self.area_m2,
            "length_m": self.length_m,
            "width_m": self.width_m,
            **known,
            "message": self.message,
            "message_zh": self.message_zh,
            "geometry": self.geometry,
            "fixes": [dict(fix) for fix in self.fixes],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one check, worst first, with their sums and, where all is proved, the certificate.

    ``proofs`` are those of the families that are proved, by parent, whether the others are or not; not in the JSON.
    """

    findings: tuple[Finding, ...]
    summary: Mapping[str, Any]
    certificate: Mapping[str, Any] | None = None
    proofs: tuple[FamilyProof, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether no finding is an error, but for those that are accepted as exceptions."""
        return not any(finding.blocks for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON, in the form of ``POST /v1/boundaries/check``."""
        return {
            "valid": self.valid,
            "summary": dict(self.summary),
            "findings": [finding.as_dict() for finding in self.findings],
            "certificate": None if self.certificate is None else dict(self.certificate),
        }


def place_of(shape: BaseGeometry) -> tuple[float, float] | None:
    """Return a point of the shape, longitude first: for a polygon one inside it; None of an empty shape.

    The same for every order of its rings and vertices.
    """
    point = shapely.point_on_surface(shapely.normalize(shape))
    return None if point.is_empty else (point.x, point.y)


def with_ids(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in the order of the report, each with an id that the next run gives again.

    The id is a hash of rule, grids and place, rounded to 0.00001 degree (a metre), so that accepting a finding
    outlives the order of the input, the start of a ring and a neighbour's repair.  Findings that agree in all three
    are numbered.
    """
    seen: Counter[str] = Counter()
    numbered = []
    for finding in sorted(findings, key=_position):
        place = "" if finding.place is None else f"{finding.place[0]:.5f},{finding.place[1]:.5f}"
        text = "\n".join([finding.rule, *sorted(finding.grids), place])
        identity = hashlib.sha256(text.encode()).hexdigest()[:16]
        seen[identity] += 1
        numbered.append(replace(finding, id=identity if seen[identity] == 1 else f"{identity}-{seen[identity]}"))
    return tuple(numbered)


def make_report(
    findings: Iterable[Finding],
    grids: int,
    coverage_ratio: float | None,
    proofs: tuple[FamilyProof, ...] = (),
    *,
    proved: bool = False,
) -> Report:
    """Return the report of findings: listed, numbered, counted by rule and summed.

    ``overlap_area_m2`` counts shared ground once, however many grids share it.  ``coverage_ratio`` is None without
    grids, and where no ground was measured.  There is a certificate where every family is ``proved`` and no
    finding is an error: it proves ground, not codes or levels.
    """
    listed = with_ids(findings)
    summary = {
        **_counted(listed),
        "grids": grids,
        "overlap_area_m2": _total_m2(listed, OVERLAPS),
        "gap_area_m2": _total_m2(listed, GAPS),
        "coverage_ratio": coverage_ratio if grids else None,
    }
    report = Report(listed, summary, None, proofs)
    return replace(report, certificate=combine_proofs(proofs)) if proved and report.valid else report


def with_more(report: Report, findings: Sequence[Finding]) -> Report:
    """Return the report with more findings, listed and counted; sums of ground stay, a certificate only if valid.

    What the report has is listed again, and keeps its ids.
    """
    listed = with_ids([*report.findings, *findings])
    sums = {member: value for member, value in report.summary.items() if member not in RULES}
    more = replace(report, findings=listed, summary={**_counted(listed), **sums})
    return more if more.valid else replace(more, certificate=None)


def _counted(findings: Sequence[Finding]) -> dict[str, Any]:
    counts = Counter(finding.rule for finding in findings)
    return {rule: counts[rule] for rule in RULES if counts[rule]}


def _total_m2(findings: Sequence[Finding], rules: frozenset[str]) -> float:
    return sum((finding.area_m2 or 0.0 for finding in findings if finding.rule in rules), 0.0)


def _position(finding: Finding) -> tuple[int, int, float, tuple[str, ...], tuple[float, float]]:
    return (
        _SEVERITIES.index(finding.severity),
        RULES.index(finding.rule),
        -round(finding.area_m2 or 0.0, 6),
        finding.grids,
        finding.place or (0.0, 0.0),
    )
