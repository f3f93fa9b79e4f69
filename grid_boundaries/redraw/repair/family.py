"""The repair of one family: its faults as faces, each face to one owner, the polygons anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.arrangement import Borders, Piece, arrange
from grid_boundaries.check.arrangement import Ground as Owned
from grid_boundaries.check.cancellation import cancel
from grid_boundaries.check.coverage import Family, reach_m
from grid_boundaries.check.edges import PARENT, Edges, edges_of
from grid_boundaries.check.findings import Finding
from grid_boundaries.check.frame import Frame
from grid_boundaries.check.openings import find_openings
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.check.unmatched import cut_at_vertices
from grid_boundaries.check.widths import width_m
from grid_boundaries.partition import to_lattice
from grid_boundaries.projection import LocalPlane
from grid_boundaries.redraw.repair.allot import OPEN, Allotment, Wishes, allot, longest_edge
from grid_boundaries.redraw.repair.cuts import cut_long_gaps, mouths
from grid_boundaries.redraw.repair.faces import Faces, make_faces
from grid_boundaries.redraw.repair.intent import Intent, inner_points
from grid_boundaries.redraw.repair.proposal import Assignment, Why
from grid_boundaries.redraw.repair.rebuild import dissolve, same_edges, without_new_nodes
from grid_boundaries.redraw.repair.vanishing import Vanishing, keep_inner_grids

_NEAR = 3.0  # lattice steps between two nodings of the same piece
DECISION_M2 = 10.0
"""A real piece larger than a shed is for a planner to decide, unless somebody already did."""


@dataclass(slots=True)
class Outcome:
    """What the repair of a family comes to; shapes by the numbers that the family gave."""

    shapes: dict[int, BaseGeometry] = field(default_factory=dict)
    assignments: list[Assignment] = field(default_factory=list)
    vanishing: Vanishing = field(default_factory=Vanishing)
    involved: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Faults:
    """The pieces to repair and what surrounds them; all in steps of the frame."""

    pieces: list[Piece]
    edges: Edges
    """The edges of all grids, and those of the parent that no child's edge meets.

    Edges that do not meet are cut at the vertices of others beside them, which closes gaps whose ends miss by a step.
    """
    left: Edges
    frame: Frame
    borders: Borders
    openings: list[BaseGeometry]

    @property
    def gaps(self) -> list[BaseGeometry]:
        return [piece.shape for piece in self.pieces if piece.kind == "gap"]


def repair_family(family: Family, intent: Intent, rules: CheckRules) -> Outcome:
    """Return what gives every point of a family's ground one owner.

    Args:
        family: sound grids on the lattice, in order of code, their vertices settled.
        intent: what goes before geometry.
        rules: the figures of the jurisdiction; they say what is a gap where no parent does.
    """
    faults = _faults(family, intent, rules)
    if faults is None:
        return Outcome()
    before = [intent.before.get(code) for code in family.codes]
    near = _near(faults, before)
    for _ in range(len(family.codes) + 1):
        affected = sorted(near)
        faces = make_faces(
            _lines(family, faults, affected, before), Owned(family.shapes, family.parent), faults.frame
        )
        allotment, findings = _decide(family, faces, faults, before, intent, rules)
        receivers = {int(allotment.who[number]) for number in allotment.why} - {-1, OPEN}
        if receivers <= near:
            break
        near |= receivers
    vanishing = keep_inner_grids(affected, faces, allotment, family)
    if vanishing.refused:
        return Outcome(vanishing=vanishing)
    _give_splinters_away(family, faces, allotment, affected, rules)
    shapes = _rebuild(family, faces, allotment, affected, before)
    return Outcome(
        shapes,
        _assignments(family, faces, allotment, findings),
        vanishing,
        set(affected),
    )


def _faults(family: Family, intent: Intent, rules: CheckRules) -> _Faults | None:
    """Return the pieces of ground that want an owner or have too many; None where there are none."""
    shapes = [*family.shapes, *([] if family.parent is None else [family.parent])]
    edges = edges_of(shapes, reversed_from=len(family.shapes))
    first = cancel(edges).left
    cut = cut_at_vertices(edges.pick(first))
    left = cut.pick(cancel(cut).left)
    if not len(left):
        return None
    frame = Frame.around(left)
    arrangement = arrange(left, Owned(family.shapes, family.parent), frame)
    pieces = list(arrangement.pieces)
    openings: list[Piece] = []
    if family.parent is None and len(arrangement.owned):
        owned = shapely.coverage_union_all(arrangement.owned)
        openings = find_openings(owned, left, frame, reach_m(family, rules), rules)
    pieces = [piece for piece in [*pieces, *openings] if not _may_stay(piece, family, intent, frame)]
    if not pieces:
        return None
    met = np.ones(len(edges), np.bool_)
    met[first] = False
    met &= edges.owner != PARENT
    every = _joined(edges.pick(met), cut)
    return _Faults(pieces, every, left, frame, Borders(left, frame), [piece.shape for piece in openings])


def _joined(these: Edges, those: Edges) -> Edges:
    return Edges(
        np.concatenate([these.start, those.start]),
        np.concatenate([these.end, those.end]),
        np.concatenate([these.owner, those.owner]),
        np.concatenate([these.family, those.family]),
    )


def _may_stay(piece: Piece, family: Family, intent: Intent, frame: Frame) -> bool:
    """Return whether a piece is a gap that the jurisdiction allows: the check calls it a warning."""
    if piece.kind != "gap":
        return False
    point = inner_points(np.array([frame.to_degrees(piece.shape)], dtype=object))
    (finding,) = intent.findings_at(point, [()], np.ones(1, np.bool_), set(family.codes))
    return finding is not None and finding.severity == "warning"


def _near(faults: _Faults, before: Sequence[BaseGeometry | None]) -> set[int]:
    """Return the grids that own the pieces, border on them or owned them before."""
    shapes = np.array([piece.shape for piece in faults.pieces], dtype=object)
    edges = STRtree(faults.frame.lines(faults.left)).query(shapes, predicate="dwithin", distance=_NEAR)[1]
    near = {int(owner) for owner in faults.left.owner[edges] if owner != PARENT}
    near |= {owner for piece in faults.pieces for owner in piece.owners}
    there = {number: shape for number, shape in enumerate(before) if shape is not None}
    had = STRtree(list(there.values())).query(faults.frame.all_to_degrees(shapes), predicate="intersects")[1]
    return near | {list(there)[k] for k in np.unique(had).tolist()}


def _lines(
    family: Family, faults: _Faults, affected: Sequence[int], before: Sequence[BaseGeometry | None]
) -> list[BaseGeometry]:
    """Return every line that bounds the affected grids or may bound them, in local steps."""
    frame = faults.frame
    lines = list(frame.lines(faults.edges.pick(np.isin(faults.edges.owner, [*affected, PARENT]))))
    crossing = [shape for shape in before if shape is not None]
    if family.parent is not None:
        crossing.append(family.parent)
    if crossing:
        others = frame.lines(edges_of(crossing))
        shapes = [piece.shape for piece in faults.pieces]
        lines += list(others[np.unique(STRtree(others).query(shapes, predicate="intersects")[1])])
    lines += cut_long_gaps(faults.gaps, faults.borders)
    corners = frame.local(np.unique(np.concatenate([faults.left.start, faults.left.end]), axis=0))
    for opening in faults.openings:
        lines += mouths(opening, faults.borders, corners)
    return lines


def _decide(
    family: Family,
    faces: Faces,
    faults: _Faults,
    before: Sequence[BaseGeometry | None],
    intent: Intent,
    rules: CheckRules,
) -> tuple[Allotment, dict[int, Finding | None]]:
    """Return who gets each face, and for those in doubt the finding that told of them."""
    gaps = _gap_faces(faces, faults)
    doubt = sorted(
        {n for n, owners in enumerate(faces.owners) if len(owners) > 1 or (owners and not faces.held[n])} | gaps
    )
    points = inner_points(faces.degrees[doubt])
    names = [tuple(family.codes[owner] for owner in faces.owners[number]) for number in doubt]
    found = intent.findings_at(points, names, faces.held[doubt], set(family.codes))
    findings = dict(zip(doubt, found, strict=True))
    number_of = {code: number for number, code in reversed(list(enumerate(family.codes)))}
    chosen = {n: intent.choices.get(finding.id) for n, finding in findings.items() if finding is not None}
    narrow = {
        n for n, finding in findings.items() if _class(finding, faces.degrees[n], rules) in {"noise", "misaligned"}
    }
    wishes = Wishes(
        {n: number_of[code] for n, code in chosen.items() if code in number_of},
        _owners_before(doubt, faces, before),
        range(len(family.codes)),
        frozenset(narrow),
    )
    return allot(faces, gaps, wishes), findings


def _gap_faces(faces: Faces, faults: _Faults) -> set[int]:
    """Return the faces without an owner that lie in a gap to be closed."""
    empty = np.array([n for n, who in enumerate(faces.owners) if not who and faces.held[n]], dtype=np.intp)
    if not len(empty) or not faults.gaps:
        return set()
    points = inner_points(faces.local[empty])
    inside = STRtree(faults.gaps).query(points, predicate="dwithin", distance=_NEAR)[0]
    return {int(n) for n in empty[np.unique(inside)]}


def _class(finding: Finding | None, face: BaseGeometry, rules: CheckRules) -> str:
    if finding is not None and finding.width_class is not None:
        return finding.width_class
    return rules.class_of(width_m(LocalPlane.around(face).to_metres(face)))


def _owners_before(doubt: Sequence[int], faces: Faces, before: Sequence[BaseGeometry | None]) -> dict[int, int]:
    """Return who owned faces before: of several, one who claims the face now, then the smallest code."""
    there = [number for number, shape in enumerate(before) if shape is not None]
    if not there or not doubt:
        return {}
    shapes = np.array([before[number] for number in there], dtype=object)
    owners, _ = Owned(shapes, None).owners(faces.degrees[list(doubt)])
    return {
        number: min((there[k] for k in who), key=lambda grid: (grid not in faces.owners[number], grid))
        for number, who in zip(doubt, owners, strict=True)
        if who
    }


def _give_splinters_away(
    family: Family, faces: Faces, allotment: Allotment, affected: Sequence[int], rules: CheckRules
) -> None:
    """Give small pieces that a decision has cut off from their grid to a neighbour.

    They go to the longest shared edge, where they are slivers and nobody chose them.
    """
    for grid in affected:
        own = {int(n) for n in np.flatnonzero(allotment.who == grid)}
        groups = _connected(own, faces)
        extra = len(groups) - int(shapely.get_num_geometries(family.shapes[grid]))
        groups.sort(key=lambda group: (faces.area_m2[sorted(group)].sum(), min(group)))
        for group in groups[: max(0, extra)]:
            whole = dissolve(faces.degrees[sorted(group)])
            wanted = any(allotment.why.get(n) in {"choice", "keep"} for n in group)
            if wanted or rules.class_of(width_m(LocalPlane.around(whole).to_metres(whole))) == "real":
                continue
            allotment.who[sorted(group)] = OPEN
            for n in sorted(group, key=lambda n: (faces.area_m2[n], n)):
                owner, tied = longest_edge(n, faces, allotment.who, range(len(family.codes)))
                allotment.who[n] = grid if owner == OPEN else owner
                if owner not in {OPEN, grid}:
                    allotment.why[n] = "smallest-code" if tied else "longest-edge"


def _connected(numbers: set[int], faces: Faces) -> list[set[int]]:
    """Return faces in groups that hang together by edges."""
    groups, rest = [], set(numbers)
    while rest:
        group, edge = set(), [min(rest)]
        while edge:
            number = edge.pop()
            if number in rest:
                rest.discard(number)
                group.add(number)
                edge += [n for n in faces.shared[number] if n in rest]
        groups.append(group)
    return groups


def _rebuild(
    family: Family,
    faces: Faces,
    allotment: Allotment,
    affected: Sequence[int],
    before: Sequence[BaseGeometry | None],
) -> dict[int, BaseGeometry]:
    """Return the affected grids whose edges are others than they were."""
    own = {grid: faces.degrees[allotment.who == grid] for grid in affected}
    drawn = {grid: dissolve(parts) for grid, parts in own.items() if len(parts)}
    known = [*family.shapes[affected], *([] if family.parent is None else [family.parent])]
    known += [shape for shape in before if shape is not None]
    points: NDArray[np.int64] = to_lattice(shapely.get_coordinates(known))
    thin = without_new_nodes(drawn, map(tuple, points.tolist()))
    return {grid: shape for grid, shape in thin.items() if not same_edges(shape, family.shapes[grid])}


def _assignments(
    family: Family,
    faces: Faces,
    allotment: Allotment,
    findings: dict[int, Finding | None],
) -> list[Assignment]:
    """Return one assignment for all faces of one finding with the same owners, receiver and reason."""
    alike: dict[tuple[str | None, tuple[str, ...], str | None, Why], list[int]] = {}
    told: dict[str | None, Finding | None] = {None: None}
    for number, why in sorted(allotment.why.items()):
        who = int(allotment.who[number])
        if who == OPEN:
            continue
        finding = findings.get(number)
        owners = faces.owners[number]
        identity = None if finding is None else finding.id
        told[identity] = finding
        key = (identity, tuple(family.codes[o] for o in owners), family.codes[who] if who >= 0 else None, why)
        alike.setdefault(key, []).append(number)
    return [
        Assignment(
            identity,
            owners,
            to_code,
            float(faces.area_m2[numbers].sum()),
            why,
            shapely.normalize(dissolve(faces.degrees[numbers])),
            _needs_decision(told[identity], why),
        )
        for (identity, owners, to_code, why), numbers in alike.items()
    ]


def _needs_decision(finding: Finding | None, why: Why) -> bool:
    return (
        why in {"longest-edge", "smallest-code"}
        and finding is not None
        and finding.width_class == "real"
        and (finding.area_m2 or 0.0) > DECISION_M2
    )
