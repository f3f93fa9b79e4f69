"""Carve a grid out of others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import shapely

from grid_boundaries.projection import LocalPlane, straight_area_m2
from grid_boundaries.redraw.codes import number_on
from grid_boundaries.redraw.cuts import SNAP_M, contains
from grid_boundaries.redraw.drawing import Drawing, exactly
from grid_boundaries.redraw.edges import Edge, Face, FoldedError, combine, faces_of, path_edges, shape_of, turned
from grid_boundaries.redraw.families import pieces_of
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.needs import need, need_free, need_kind, need_name
from grid_boundaries.redraw.reading import not_valid, read_polygon
from grid_boundaries.redraw.refusal import RedrawRefusedError


@dataclass(frozen=True, slots=True)
class _Share:
    """What a polygon takes of one grid."""

    taken: frozenset[Edge]
    area_m2: float


def carve(
    ground: Ground,
    polygon: shapely.Polygon,
    kind: str,
    name: str,
    code: str | None = None,
    parent: str | None = None,
    *,
    snap_m: float = SNAP_M,
) -> Redraw:
    """Cut a polygon out of grids without children, as a new grid beside them: of their level and their parent.

    The grids must have one parent.  Ground beyond it is refused, but for a seam at most ``snap_m`` wide, which is
    left out; when ``parent`` is given, all beyond its ground is left out.  What was left out is told in
    ``detail["left_out_m2"]``. Without a code the new grid is numbered on.  Grids left in more pieces than before, the
    new one among them, are announced in ``detail["multipart"]``.

    Raises:
        RedrawRefusedError: the polygon lies in grids of several parents or in none, or swallows a grid whole.
    """
    need_kind(kind)
    name = need_name(name)
    rings = read_polygon(polygon)
    if parent is not None:
        need(ground, parent, "parent")
    if code is not None:
        need_free(ground, code, "code")
    drawing = Drawing(ground)
    paths = drawing.node(rings)
    try:
        wanted = combine([path_edges(path) for path in paths])
    except FoldedError:
        raise not_valid("polygon") from None
    shares = _of_one_parent(ground, _shares(drawing, wanted, polygon), parent, snap_m)
    _refuse_swallowed(drawing, shares)
    with exactly(*shares):
        new = combine([share.taken for share in shares.values()])
        left_out = _left_out(wanted, new, snap_m, parent)
    first = max(shares, key=lambda donor: (shares[donor].area_m2, donor))
    new_code = code if code is not None else number_on(ground, first, 1)[0]
    for donor, share in shares.items():
        drawing.give(donor, minus=share.taken)
        drawing.update(donor, households=None)
    model = ground[first]
    drawing.add(replace(model, code=new_code, name=name, kind=kind, households=None), new)
    broken = [donor for donor in shares if pieces_of(drawing.drawn(donor)) > pieces_of(drawing.edges(donor))]
    if pieces_of(new) > 1:
        broken.append(new_code)
    detail = {"carved": new_code, "from": sorted(shares), "multipart": sorted(broken), "left_out_m2": left_out}
    return drawing.finish(detail)


def _shares(drawing: Drawing, wanted: frozenset[Edge], polygon: shapely.Polygon) -> dict[str, _Share]:
    """Return what the polygon takes of each grid without children."""
    ground, shares = drawing.ground, {}
    for code, grid in ground.items():
        if ground.children_of(code) or not ground.edges_of(code) or not grid.shape.intersects(polygon.envelope):
            continue
        need(ground, code, "polygon")
        with exactly(code):
            region = drawing.edges(code)
            cuts = [edge for edge, within in zip(wanted, contains(region, list(wanted)), strict=True) if within]
            taken = [face for face in faces_of(region, cuts) if _is_wanted(face, wanted)]
            if taken:
                area_m2 = sum(straight_area_m2(face.shape) for face in taken)
                shares[code] = _Share(combine([face.edges for face in taken]), area_m2)
    return shares


def _is_wanted(face: Face, wanted: frozenset[Edge]) -> bool:
    if face.edges & wanted:
        return True
    if any(edge in wanted for edge in turned(face.edges)):
        return False
    return contains(wanted, [next(iter(face.edges))])[0]


def _of_one_parent(
    ground: Ground, shares: Mapping[str, _Share], parent: str | None, snap_m: float
) -> dict[str, _Share]:
    """Return the shares of one parent's grids: the given one's, or that with the most."""
    by_parent: defaultdict[str | None, dict[str, _Share]] = defaultdict(dict)
    for code, share in shares.items():
        by_parent[ground[code].parent][code] = share
    if parent is not None:
        if not by_parent[parent]:
            raise RedrawRefusedError(
                "polygon-misses",
                f"The polygon takes nothing of the grids without children right below {parent}.",
                f"该面没有覆盖 {parent} 直接下级中的任何末级网格。",
                grids=(parent,),
                pointer="polygon",
            )
        return by_parent[parent]
    wide = {code: shares for code, shares in by_parent.items() if _is_wide(shares.values(), snap_m)}
    if not wide:
        raise RedrawRefusedError(
            "polygon-misses",
            "The polygon takes nothing of any grid without children.",
            "该面没有覆盖任何末级网格。",
            pointer="polygon",
        )
    if len(wide) > 1:
        parents = sorted(code or "-" for code in wide)
        raise RedrawRefusedError(
            "different-parents",
            f"The polygon takes ground of grids below {', '.join(parents)}; draw it within one of them, or name "
            "the parent to leave out the rest.",
            f"该面涉及 {'、'.join(parents)} 的下级网格；请限于其中之一，或指定上级以略去其余部分。",
            grids=parents,
            pointer="polygon",
        )
    return next(iter(wide.values()))


def _is_wide(shares: Iterable[_Share], snap_m: float) -> bool:
    return any(_width_m(share.taken) > snap_m for share in shares)


def _width_m(edges: frozenset[Edge]) -> float:
    """Return the width of the widest piece of a region: twice its area over its perimeter."""
    shapes = [face.shape for face in faces_of(edges)]
    return max((_piece_width_m(shape) for shape in shapes), default=0.0)


def _piece_width_m(shape: shapely.Polygon) -> float:
    return 2 * straight_area_m2(shape) / LocalPlane.around(shape).to_metres(shape).length


def _left_out(wanted: frozenset[Edge], new: frozenset[Edge], snap_m: float, parent: str | None) -> float:
    """Return how much of the polygon lies beyond the parent, in square metres."""
    beyond = combine([wanted], [new])
    if not beyond:
        return 0.0
    if parent is None and _width_m(beyond) > snap_m:
        raise RedrawRefusedError(
            "polygon-outside",
            "A part of the polygon lies on ground of no grid without children; draw it within the grids.",
            "该面有一部分不在任何末级网格范围内；请画在网格范围之内。",
            pointer="polygon",
        )
    return round(straight_area_m2(shape_of(beyond)), 4)


def _refuse_swallowed(drawing: Drawing, shares: Mapping[str, _Share]) -> None:
    swallowed = [code for code, share in shares.items() if share.taken == drawing.edges(code)]
    if swallowed:
        raise RedrawRefusedError(
            "grid-swallowed",
            f"Nothing would be left of {', '.join(swallowed)}; retire or merge these, or draw the polygon smaller.",
            f"网格 {'、'.join(swallowed)} 将完全被占用；请停用或合并这些网格，或缩小该面。",
            grids=swallowed,
            pointer="polygon",
        )
