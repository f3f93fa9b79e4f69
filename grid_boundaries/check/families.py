"""The ground of one or many sets of grids, each with its parent, checked in one pass."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import messages
from grid_boundaries.check.batches import in_batches
from grid_boundaries.check.cancellation import Cancellation, cancel
from grid_boundaries.check.contiguity import find_enclaves, find_separate_children
from grid_boundaries.check.coverage import Family, explain
from grid_boundaries.check.duplicates import find_duplicate_shapes
from grid_boundaries.check.edges import PARENT, Edges, edges_of
from grid_boundaries.check.findings import GAPS, Finding, place_of
from grid_boundaries.check.proofs import FamilyProof, prove_families
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.check.unmatched import cut_at_vertices
from grid_boundaries.projection import straight_area_m2

_SHARE_GRAIN = 1e-4  # shares of the parent are compared to a hundredth of a per cent


@dataclass(frozen=True, slots=True)
class Families:
    """Sound shapes, flat and on the lattice, by family.

    ``family[i]`` is the family of ``shapes[i]``, -1 where it belongs to none.  ``parents[f]`` and ``parent_codes[f]``
    are what family ``f`` must fill; None where nothing bounds it.  ``doubted`` are families that cannot be proved
    whatever their edges do: a member is not sound, or shares its code.  ``targets[f]`` is the share of the parent
    that must be owned.  ``outlines``: the parents are no grids but
    outlines from the caller, which get the vertices of their children that they lack.
    """

    codes: Sequence[str]
    shapes: NDArray[np.object_]
    family: NDArray[np.int32]
    parents: Sequence[BaseGeometry | None]
    parent_codes: Sequence[str | None]
    targets: Sequence[float]
    doubted: frozenset[int] = frozenset()
    outlines: bool = False


@dataclass(frozen=True, slots=True)
class GroundCheck:
    """Findings about ground, the least owned share of any family, and the proofs of those with nothing left over.

    The share is None where there was no ground to measure.  ``proved``: there are families, each with its proof.
    """

    findings: list[Finding]
    coverage_ratio: float | None
    proofs: tuple[FamilyProof, ...]
    proved: bool


def check_families(families: Families, rules: CheckRules) -> GroundCheck:
    """Check that every family tiles its parent, a batch of families at a time."""
    batches = [_check_batch(batch, rules) for batch in in_batches(families)]
    proofs = tuple(proof for batch in batches for proof in batch.proofs)
    ratios = [batch.coverage_ratio for batch in batches if batch.coverage_ratio is not None]
    return GroundCheck(
        [finding for batch in batches for finding in batch.findings],
        min(ratios, default=None),
        proofs,
        0 < len(proofs) == len(families.parents),
    )


def _check_batch(families: Families, rules: CheckRules) -> GroundCheck:
    """Check a few families; all edges cancel in one pass, what is left over is explained by family."""
    inside = np.flatnonzero(families.family >= 0)
    findings, kept = _without_duplicates(families, inside)
    doubted = families.doubted
    if len(kept) < len(inside):
        doubted |= set(families.family[np.setdiff1d(inside, kept)].tolist())
    edges = family_edges(families, kept)
    cancellation = cancel(edges)
    ratio = 1.0
    left = edges.pick(cancellation.left)
    faulty = {number for number, parent in enumerate(families.parents) if parent is None}
    for number in np.unique(left.family).tolist():
        found, share = _explain(families, kept, left.pick(left.family == number), number, rules)
        findings += found
        ratio = min(ratio, share)
        if not all(_leaves_edges_met(finding) for finding in found):
            faulty.add(number)
    if rules.contiguity:
        findings += _remark_on_contiguity(families, kept, edges, cancellation, faulty)
    if families.outlines and len(left) and all(_is_remark_on_outline(finding) for finding in findings):
        edges = _with_outlines_cut(edges, cancellation)
        cancellation = cancel(edges)
    proofs = prove_families(
        edges,
        cancellation,
        [families.codes[number] for number in kept],
        families.family[kept],
        {number: code for number, code in enumerate(families.parent_codes) if number not in doubted},
    )
    proved = 0 < len(proofs) == len(families.parents)
    return GroundCheck(findings, ratio if len(edges) else None, proofs, proved)


def _is_remark_on_outline(finding: Finding) -> bool:
    return finding.severity == "info" and finding.rule in {"unmatched-vertex", "enclave", "not-contiguous"}


def _leaves_edges_met(finding: Finding) -> bool:
    """Return whether grids meet in spite of a finding: ground that is open on purpose, a vertex of the outline."""
    return _is_remark_on_outline(finding) or (finding.severity == "warning" and finding.rule in GAPS)


def _remark_on_contiguity(
    families: Families, kept: NDArray[np.intp], edges: Edges, cancellation: Cancellation, faulty: Collection[int]
) -> list[Finding]:
    """Return remarks on enclaves, and on children apart from the rest in families whose edges meet.

    Where edges do not meet, grids that ought to share one do not: that fault is told, and its consequence is not.
    Families without a parent are looked at as ground is found for them (``coverage``).
    """
    codes, shapes, family = [families.codes[number] for number in kept], families.shapes[kept], families.family[kept]
    ones, others = edges.owner.take(cancellation.met), edges.owner.take(cancellation.partner)
    inner = np.flatnonzero((ones != PARENT) & (others != PARENT))
    met = np.where(np.isin(family, list(faulty)), -1, family) if faulty else family
    return find_enclaves(codes, shapes, family) + find_separate_children(
        codes, shapes, met, ones.take(inner), others.take(inner)
    )


def _with_outlines_cut(edges: Edges, cancellation: Cancellation) -> Edges:
    """Return all edges, with their children's vertices set into the outlines; children's first, as certified."""
    is_left = np.zeros(len(edges), np.bool_)
    is_left[cancellation.left] = True
    cut = cut_at_vertices(edges.pick(is_left))
    met = edges.pick(~is_left)
    both = Edges(
        np.concatenate([met.start, cut.start]),
        np.concatenate([met.end, cut.end]),
        np.concatenate([met.owner, cut.owner]),
        np.concatenate([met.family, cut.family]),
    )
    return both.pick(np.argsort(both.owner == PARENT, kind="stable"))


def _without_duplicates(families: Families, inside: NDArray[np.intp]) -> tuple[list[Finding], NDArray[np.intp]]:
    findings, kept = find_duplicate_shapes(
        [families.codes[number] for number in inside], families.shapes[inside], families.family[inside]
    )
    return findings, inside[kept]


def family_edges(families: Families, kept: NDArray[np.intp]) -> Edges:
    """Return the edges of children, owners numbering ``kept``, and after them those of parents, reversed."""
    bounded = [number for number, parent in enumerate(families.parents) if parent is not None]
    shapes = np.empty(len(kept) + len(bounded), dtype=object)
    shapes[: len(kept)] = families.shapes[kept]
    shapes[len(kept) :] = [families.parents[number] for number in bounded]
    family = np.concatenate([families.family[kept], np.array(bounded, dtype=np.int32)])
    return edges_of(shapes, family, reversed_from=len(kept))


def _explain(
    families: Families, kept: NDArray[np.intp], left: Edges, number: int, rules: CheckRules
) -> tuple[list[Finding], float]:
    """Return what is wrong in one family, and the owned share of its ground."""
    in_family = np.flatnonzero(families.family[kept] == number)
    members = kept[in_family]
    parent, parent_code = families.parents[number], families.parent_codes[number]
    codes = [families.codes[member] for member in members]
    family = Family(codes, families.shapes[members], parent, parent_code, families.outlines)
    owner = np.where(left.owner == PARENT, PARENT, np.searchsorted(in_family, left.owner)).astype(np.int32)
    findings = explain(family, Edges(left.start, left.end, owner, left.family), rules)
    gaps_m2 = sum(finding.area_m2 or 0.0 for finding in findings if finding.rule in GAPS)
    if not gaps_m2:
        return findings, 1.0
    owned_m2 = sum(straight_area_m2(shape) for shape in family.shapes) if parent is None else 0.0
    share = max(0.0, 1.0 - gaps_m2 / (owned_m2 + gaps_m2 if parent is None else straight_area_m2(parent)))
    if parent is None:
        return findings, share
    return _against_target(findings, share, gaps_m2, family, families.targets[number]), share


def _against_target(
    findings: list[Finding], share: float, gaps_m2: float, family: Family, target: float
) -> list[Finding]:
    """Hold the owned share against the target.

    Too small: a finding of its own.  Where the jurisdiction asks for less than the whole and the share suffices,
    wide gaps may stay and are warnings; narrow ones are faults of drawing all the same.
    """
    if share < target - _SHARE_GRAIN:
        place = None if family.parent is None else place_of(family.parent)
        low = Finding(
            "low-coverage",
            "error",
            (family.parent_code,) if family.parent_code else (),
            *messages.low_coverage(family.parent_code, share, target, gaps_m2),
            geometry=None if place is None else mapping(shapely.Point(place)),
            area_m2=gaps_m2,
            place=place,
        )
        return [*findings, low]
    if target == 1.0:
        return findings
    return [
        replace(finding, severity="warning") if finding.rule in GAPS and finding.width_class == "real" else finding
        for finding in findings
    ]
