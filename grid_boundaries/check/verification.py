"""Whether grids are exactly those that a certificate was made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.certificate import FORM, combine_proofs
from grid_boundaries.check.findings import Report
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.check.siblings import check_grids
from grid_boundaries.check.tree import check_tree, is_tree
from grid_boundaries.partition import LATTICE_PER_DEG, Grid

_FIGURES = ("families", "grids", "edges", "doubled_area", "hash")
_NAMES = {
    "families": ("the number of parents", "上级网格数"),
    "grids": ("the number of grids", "网格数"),
    "edges": ("the number of edges", "边数"),
    "doubled_area": ("the exact area, doubled, in square lattice steps", "以格点步长平方计的面积的两倍"),
    "hash": ("the hash of edges, owners and codes", "边界、归属与编码的哈希值"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which grids are not as certified; ``what`` is a member of the certificate, or ``proof``."""

    what: str
    certified: str
    found: str
    message: str
    message_zh: str


def verify_certificate(
    grids: Sequence[Grid],
    certificate: Mapping[str, Any],
    parent: BaseGeometry | None = None,
    parent_code: str | None = None,
) -> list[Difference]:
    """Prove the grids anew and return in what they differ from the certificate; nothing: they are as certified.

    Names, kinds, levels and households are not certified, the order of grids and vertices makes no difference.

    Args:
        grids: a set, or a tree by its own parents.
        certificate: as a report or an edition has it.
        parent: the outline of a set, as it was given when it was certified.
        parent_code: the code of that outline.

    Raises:
        ValueError: it is no certificate, or one of another form or lattice.
    """
    _refuse_unknown(certificate)
    if parent is None and is_tree(grids):
        report = check_tree(grids, CheckRules(contiguity=False), ())
    else:
        report = check_grids(grids, parent, CheckRules(contiguity=False), parent_code)
    found = combine_proofs(report.proofs) if report.proofs else dict.fromkeys(_FIGURES, "0")
    differences = [] if report.certificate is not None else [_unproved(report)]
    for figure in _FIGURES:
        certified, now = str(certificate[figure]), str(found[figure])
        if certified != now:
            en, zh = _NAMES[figure]
            differences.append(
                Difference(
                    figure,
                    certified,
                    now,
                    f"Certified is {en} {certified}; the grids have {now}.",
                    f"证明中{zh}为 {certified}，现为 {now}。",
                )
            )
    return differences


def _refuse_unknown(certificate: Mapping[str, Any]) -> None:
    if certificate.get("form") != FORM:
        raise ValueError(f"The certificate has the form {certificate.get('form')!r}; {FORM!r} can be verified.")
    if certificate.get("lattice_per_degree") != LATTICE_PER_DEG:
        raise ValueError(f"The certificate is not on the lattice of {LATTICE_PER_DEG} steps in a degree.")
    missing = [figure for figure in _FIGURES if figure not in certificate]
    if missing:
        raise ValueError(f"The certificate lacks {', '.join(missing)}.")


def _unproved(report: Report) -> Difference:
    """Say that the grids as they are now tile nothing; the first finding tells where."""
    first = report.findings[0] if report.findings else None
    en = f" {first.message}" if first else " There is no parent that they fill."
    zh = first.message_zh if first else "没有由其铺满的上级边界。"
    return Difference(
        "proof",
        "proved",
        "not proved",
        f"The grids do not tile their ground; {len(report.findings)} finding(s).{en}",
        f"网格未能铺满其范围，共 {len(report.findings)} 项检查结果。{zh}",
    )
