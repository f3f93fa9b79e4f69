"""What left-over edges mean: from edges to findings about one set of grids and its parent."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check import messages
from grid_boundaries.check.arrangement import Borders, Ground, Piece, arrange
from grid_boundaries.check.contiguity import find_separate_groups
from grid_boundaries.check.edges import PARENT, Edges
from grid_boundaries.check.findings import Finding, Fix, Rule, place_of
from grid_boundaries.check.frame import Frame
from grid_boundaries.check.openings import find_openings
from grid_boundaries.check.rules import NOISE_STEPS, CheckRules, WidthClass, severity_of
from grid_boundaries.check.unmatched import UnmatchedVertex, match_vertices
from grid_boundaries.check.widths import width_m
from grid_boundaries.partition import from_lattice
from grid_boundaries.projection import LocalPlane, metres_per_degree, straight_area_m2


@dataclass(frozen=True, slots=True)
class Family:
    """Grids that must tile their parent: ``codes[i]`` names ``shapes[i]``; sound, flat, on the lattice.

    Without a parent they must only keep apart and leave no gaps.
    """

    codes: Sequence[str]
    shapes: NDArray[np.object_]
    parent: BaseGeometry | None = None
    parent_code: str | None = None
    outline: bool = False
    """Whether the parent is only an outline from the caller, not a grid: it may lack its children's vertices."""

    def named(self, owners: Sequence[int]) -> tuple[str, ...]:
        """Return the codes of owners in order of code; the parent's where it has one."""
        codes = {self.parent_code if owner == PARENT else self.codes[owner] for owner in owners}
        return tuple(sorted(code for code in codes if code))


def explain(family: Family, left: Edges, rules: CheckRules) -> list[Finding]:
    """Return what the left-over edges of a family mean; owners are numbers in it, or ``PARENT``.

    First the vertices that one side of a common edge lacks; then the faces of what remains.  A corner of an overlap
    is no unmatched vertex of those who overlap: it goes with the overlap.
    """
    unmatched, left = match_vertices(left)
    if not len(left):
        return _unmatched_vertices(family, unmatched)
    findings: list[Finding] = []
    frame = Frame.around(left)
    arrangement = arrange(left, Ground(family.shapes, family.parent), frame)
    pieces = list(arrangement.pieces)
    if family.parent is None and len(arrangement.owned):
        owned = shapely.coverage_union_all(arrangement.owned)
        pieces += find_openings(owned, left, frame, reach_m(family, rules), rules)
        if rules.contiguity:
            islands = frame.all_to_degrees(shapely.get_parts(owned))
            findings += find_separate_groups(family.codes, family.shapes, islands)
    told = list(_of_pieces(family, pieces, left, frame, rules))
    overlaps = [piece for piece, finding in told if piece.kind == "overlap" and finding.severity == "error"]
    unmatched = _away_from_overlaps(unmatched, overlaps, frame)
    return _unmatched_vertices(family, unmatched) + findings + [finding for _, finding in told]


def _away_from_overlaps(
    unmatched: Sequence[UnmatchedVertex], overlaps: Sequence[Piece], frame: Frame
) -> list[UnmatchedVertex]:
    """Leave out holders that share ground with who lacks their vertex, in or at the border of that ground.

    The parent shares no ground; on its edge a holder's vertex is left out at any overlap of the holder.
    """
    if not unmatched or not overlaps:
        return list(unmatched)
    points = shapely.points(frame.local(np.array([vertex.point for vertex in unmatched], dtype=np.int64)))
    near = STRtree([piece.shape for piece in overlaps]).query(points, predicate="dwithin", distance=NOISE_STEPS)
    excused: defaultdict[int, set[int]] = defaultdict(set)
    for number, overlap in near.T.tolist():
        owners, lacking = overlaps[overlap].owners, unmatched[number].lacking
        if lacking == PARENT or lacking in owners:
            excused[number].update(owners)
    kept = [
        replace(vertex, holders=tuple(holder for holder in vertex.holders if holder not in excused[number]))
        for number, vertex in enumerate(unmatched)
    ]
    return [vertex for vertex in kept if vertex.holders]


def reach_m(family: Family, rules: CheckRules) -> float:
    """Return how wide ground may be to count as a strip: at most a quarter of the usual grid's width."""
    east, north = metres_per_degree(float(shapely.total_bounds(family.shapes)[[1, 3]].mean()))
    usual_m = math.sqrt(float(np.median(shapely.area(family.shapes))) * east * north)
    return min(rules.strip_width_m, usual_m / 4)


@dataclass(frozen=True, slots=True)
class _Measured:
    shape: BaseGeometry
    place: tuple[float, float]
    area_m2: float
    width_m: float
    length_m: float
    width_class: WidthClass

    @property
    def size(self) -> tuple[float, float, float]:
        return self.area_m2, self.width_m, self.length_m


def _of_pieces(
    family: Family, pieces: Sequence[Piece], left: Edges, frame: Frame, rules: CheckRules
) -> Iterator[tuple[Piece, Finding]]:
    borders = Borders(left, frame)
    inner_of = _containments(family, pieces, frame)
    for piece in pieces:
        measured = _measure(piece, frame, rules)
        if measured is None:
            continue
        if piece.kind == "gap":
            yield piece, _gap(family, borders.neighbours(piece.shape), measured)
        elif piece.kind == "outside":
            yield piece, _outside(family, piece, measured)
        else:
            yield piece, _overlap(family, piece, measured, inner_of.get(piece.owners, ()))


def _measure(piece: Piece, frame: Frame, rules: CheckRules) -> _Measured | None:
    """Return the sizes of a piece on the ground; None for one that has no width left in metres."""
    shape = frame.to_degrees(shapely.normalize(piece.shape))
    place = place_of(shape)
    wide = width_m(LocalPlane.around(shape).to_metres(shape))
    ground_m2 = straight_area_m2(shape)
    if place is None or wide <= 0 or ground_m2 <= 0:
        return None
    return _Measured(shape, place, ground_m2, wide, ground_m2 / wide, rules.class_of(wide))


def _containments(family: Family, pieces: Sequence[Piece], frame: Frame) -> dict[tuple[int, ...], tuple[int, ...]]:
    """Return for pairs of owners which of the two lies wholly on the ground of the other: one, or both."""
    shared: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for piece in pieces:
        if piece.kind == "overlap":
            for i, one in enumerate(piece.owners):
                for other in piece.owners[i + 1 :]:
                    shared[one, other] += piece.shape.area
    inner = {}
    for pair, area in shared.items():
        local = [frame.to_local(family.shapes[owner]) for owner in pair]
        inner[pair] = tuple(
            owner for owner, shape in zip(pair, local, strict=True) if area >= shape.area - NOISE_STEPS * shape.length
        )
    return inner


def _overlap(family: Family, piece: Piece, measured: _Measured, inner: tuple[int, ...]) -> Finding:
    codes = family.named(piece.owners)
    fixes: list[Fix] = _snap(measured) + [{"action": "assign", "to": code} for code in codes]
    if len(inner) == len(piece.owners):
        message, message_zh = messages.duplicate_geometry(codes, measured.area_m2, measured.place)
        fixes = [{"action": "remove", "grid": code} for code in codes]
        return _finding("duplicate-geometry", codes, (message, message_zh), measured, fixes)
    if inner:
        (within,) = family.named(inner)
        (around,) = family.named([owner for owner in piece.owners if owner not in inner]) or (within,)
        said = messages.contained(within, around, measured.size, measured.place)
        fixes = [{"action": "carve", "grid": around, "keep": within}, {"action": "remove", "grid": within}]
        return _finding("contained", (within, around), said, measured, fixes)
    return _finding("overlap", codes, messages.overlap(codes, measured.size, measured.place), measured, fixes)


def _gap(family: Family, borders: dict[int, float], measured: _Measured) -> Finding:
    """Say who the neighbours are, longest border first; a border of the parent's makes it uncovered-parent."""
    steps: defaultdict[str, float] = defaultdict(float)
    for owner, length in borders.items():
        if owner != PARENT:
            steps[family.codes[owner]] += length
    codes = tuple(sorted(steps, key=lambda code: (-round(steps[code]), code)))
    fixes: list[Fix] = _snap(measured) + [{"action": "assign", "to": code} for code in codes]
    if PARENT in borders:
        said = messages.uncovered_parent(family.parent_code, codes, measured.size, measured.place)
        return _finding("uncovered-parent", codes, said, measured, fixes)
    return _finding("gap", codes, messages.gap(codes, measured.size, measured.place), measured, fixes)


def _outside(family: Family, piece: Piece, measured: _Measured) -> Finding:
    codes = family.named(piece.owners)
    fixes: list[Fix] = _snap(measured) + [{"action": "clip", "grid": code} for code in codes]
    said = messages.outside_parent(family.parent_code, codes, measured.size, measured.place)
    return _finding("outside-parent", codes, said, measured, fixes)


def _snap(measured: _Measured) -> list[Fix]:
    return [{"action": "snap"}] if measured.width_class in {"noise", "misaligned"} else []


def _finding(
    rule: Rule, codes: tuple[str, ...], said: messages.Sentences, measured: _Measured, fixes: Sequence[Fix]
) -> Finding:
    return Finding(
        rule=rule,
        severity=severity_of(measured.width_class),
        grids=codes,
        message=said[0],
        message_zh=said[1],
        geometry=mapping(measured.shape),
        width_class=measured.width_class,
        area_m2=measured.area_m2,
        length_m=measured.length_m,
        width_m=measured.width_m,
        fixes=tuple(fixes),
        place=measured.place,
    )


def _unmatched_vertices(family: Family, unmatched: Sequence[UnmatchedVertex]) -> list[Finding]:
    """Say who lacks the vertices.  Nobody's ground is in doubt, but the edges do not meet: misaligned, an error.

    Where nobody but an outline of the caller's lacks it, the grids meet all the same: noise, a remark.
    """
    siblings = {vertex.point for vertex in unmatched if vertex.lacking != PARENT}
    return [
        _unmatched_vertex(
            family, vertex, harmless=family.outline and vertex.lacking == PARENT and vertex.point not in siblings
        )
        for vertex in unmatched
    ]


def _unmatched_vertex(family: Family, vertex: UnmatchedVertex, *, harmless: bool) -> Finding:
    lon, lat = from_lattice(np.array(vertex.point)).tolist()
    lacking = family.parent_code if vertex.lacking == PARENT else family.codes[vertex.lacking]
    holders = family.named(vertex.holders)
    said = messages.unmatched_vertex(lacking, holders, (lon, lat))
    fix: dict[str, str | float] = {"action": "insert-vertex", "lon": lon, "lat": lat}
    return Finding(
        rule="unmatched-vertex",
        severity="info" if harmless else "error",
        grids=((lacking,) if lacking else ()) + holders,
        message=said[0],
        message_zh=said[1],
        geometry={"type": "Point", "coordinates": (lon, lat)},
        width_class="noise" if harmless else "misaligned",
        area_m2=0.0,
        length_m=0.0,
        width_m=0.0,
        fixes=({**fix, "grid": lacking},) if lacking else ({**fix, "grid": "parent"},),
        place=(lon, lat),
    )
