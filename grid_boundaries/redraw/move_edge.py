"""Move the common edge of two grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import shapely

from grid_boundaries.partition import Grid
from grid_boundaries.redraw.arcs import Match, arcs_between, match_arc, metres_between
from grid_boundaries.redraw.cuts import SNAP_M, Course, Landing, course, land, landed, told
from grid_boundaries.redraw.drawing import Drawing, exactly
from grid_boundaries.redraw.edges import Edge, Face, Point, combine, faces_of, path_edges, turned
from grid_boundaries.redraw.families import homes, pieces_of, refuse_crossed
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.needs import need_all
from grid_boundaries.redraw.reading import read_line
from grid_boundaries.redraw.refusal import RedrawRefusedError


def move_edge(ground: Ground, between: Sequence[str], line: shapely.LineString, *, snap_m: float = SNAP_M) -> Redraw:
    """Give the common edge of two grids of one level a new course.

    An end of the line that is at most ``snap_m`` from an end of the old edge is moved there, and a corner of three
    grids stays one; else it meets the outline of both grids elsewhere.  Where the two have several edges in common,
    the line takes the place of the one whose ends are nearest.  Where one lies within the other, the line is closed.
    Where parents differ, all up to the first common ancestor follow.  Children go along if whole children change
    sides.

    Raises:
        RedrawRefusedError: the grids share no edge, the line does not run from outline to outline within both, a grid
            vanishes or falls to pieces, a child is cut, or only one of the grids has children.
    """
    one, other = _need_two(ground, between)
    path = read_line(line)
    match = _need_match(ground, one, other, path)
    arc = match.arc.points[::-1] if match.backwards else match.arc.points
    with exactly(one.code, other.code):
        outline = sorted(combine([ground.edges_of(one.code), ground.edges_of(other.code)]))
    landings = [] if match.arc.closed else [_land(path[end], arc[end], outline, snap_m) for end in (0, -1)]
    drawing = Drawing(ground)
    pins: dict[Edge, list[Point]] = {}
    if landings:
        path, pins = landed(path, landings)
    (noded,) = drawing.node([path], pins)
    with exactly(one.code, other.code):
        run = course(noded, combine([drawing.edges(one.code), drawing.edges(other.code)]))
        _refuse_astray(one, other, run, snap_m)
        after = _sides(drawing, one, other, match, run)
        _refuse_idle(drawing, after)
        _refuse_broken(drawing, after)
        _follow(drawing, one, other, after, run.inside)
    return drawing.finish({"between": [one.code, other.code], "snapped": told(landings)})


def _need_two(ground: Ground, between: Sequence[str]) -> tuple[Grid, Grid]:
    codes = need_all(ground, between, 2, "between")
    if len(codes) > 2:  # noqa: PLR2004  two sides
        raise RedrawRefusedError(
            "too-many-grids",
            f"An edge lies between two grids; got {len(codes)}.",
            f"一条边界位于两个网格之间；现有 {len(codes)} 个。",
            grids=codes,
            pointer="between",
        )
    one, other = ground[codes[0]], ground[codes[1]]
    if one.level != other.level:
        raise RedrawRefusedError(
            "different-levels",
            f"Grid {one.code} is a {one.level}, grid {other.code} a {other.level}; name two grids of one level.",
            f"网格 {one.code} 的层级是 {one.level}，网格 {other.code} 是 {other.level}；请给出同一层级的两个网格。",
            grids=codes,
            pointer="between",
        )
    leaves = [code for code in codes if not ground.children_of(code)]
    if len(leaves) == 1:
        raise RedrawRefusedError(
            "children-missing",
            f"Grid {leaves[0]} has no grids below, the other has; move the edge of the grids below instead, "
            "or divide it first.",
            f"网格 {leaves[0]} 没有下级网格而另一个有；请改为移动下级网格的边界，或先划分它。",
            grids=leaves,
            pointer="between",
        )
    return one, other


def _need_match(ground: Ground, one: Grid, other: Grid, path: Sequence[Point]) -> Match:
    arcs = arcs_between(ground.edges_of(one.code), ground.edges_of(other.code))
    if not arcs:
        raise RedrawRefusedError(
            "no-common-edge",
            f"Grids {one.code} and {other.code} share no edge; name two grids that adjoin.",
            f"网格 {one.code} 与 {other.code} 没有公共边；请给出相邻的两个网格。",
            grids=(one.code, other.code),
            pointer="between",
        )
    match = match_arc(arcs, path)
    if match is None:
        kind, kind_zh = (
            ("a closed line", "闭合的线") if arcs[0].closed else ("a line that is not closed", "不闭合的线")
        )
        raise RedrawRefusedError(
            "wrong-kind-of-line",
            f"The common edge of {one.code} and {other.code} asks for {kind}.",
            f"网格 {one.code} 与 {other.code} 的公共边需要{kind_zh}。",
            grids=(one.code, other.code),
            pointer="line",
        )
    return match


def _land(end: Point, corner: Point, outline: Sequence[Edge], snap_m: float) -> Landing | None:
    """Return where an end goes: to the corner where the old edge ended if that is near, else to the outline."""
    apart = metres_between(corner, end)
    if apart <= snap_m:
        return Landing(corner, None, apart)
    return land(end, outline, snap_m)


def _refuse_astray(one: Grid, other: Grid, run: Course, snap_m: float) -> None:
    """Refuse a line that ends inside, misses the ground of both, or leaves it."""
    grids = (one.code, other.code)
    if not run.inside:
        raise RedrawRefusedError(
            "line-misses",
            f"The line does not run through grids {one.code} and {other.code}: one of them would vanish or nothing "
            "would move. Draw it within them, from outline to outline.",
            f"线没有穿过网格 {one.code} 与 {other.code}：其中之一将消失，或没有任何变化。"
            "请在两者范围内从外边界画到外边界。",
            grids=grids,
            pointer="line",
        )
    if run.edges[0][0] != run.edges[-1][1] and run.loose_ends():
        raise RedrawRefusedError(
            "line-ends-inside",
            f"The line ends inside grid {one.code} or {other.code}; draw it to the end of their common edge or "
            "to their outline.",
            f"线在网格 {one.code} 或 {other.code} 内部结束；请画到公共边的端点或两者的外边界。",
            grids=grids,
            pointer="line",
        )
    within = [number for number, side in enumerate(run.sides) if side == "inside"]
    before, after = run.edges[: within[0]], run.edges[within[-1] + 1 :]
    outside = [edge for edge, side in zip(run.edges, run.sides, strict=True) if side == "outside"]
    over = [sum(metres_between(*edge) for edge in end if edge in outside) for end in (before, after)]
    if max(over) > snap_m or any(side == "outside" for side in run.sides[within[0] : within[-1]]):
        raise RedrawRefusedError(
            "line-leaves",
            f"The line leaves the ground of {one.code} and {other.code} and crosses the border of another grid; "
            "keep it within the two.",
            f"线超出了网格 {one.code} 与 {other.code} 的范围，穿过了其他网格的边界；请保持在两者之内。",
            grids=grids,
            pointer="line",
        )


def _sides(drawing: Drawing, one: Grid, other: Grid, match: Match, run: Course) -> dict[str, frozenset[Edge]]:
    """Return the new edges of both grids: what lies on the left of the border is the first one's."""
    old_one, old_other = drawing.edges(one.code), drawing.edges(other.code)
    both = combine([old_one, old_other])
    arc = set(drawing.finer(path_edges(match.arc.points)))
    kept = {edge for edge in old_one if (edge[1], edge[0]) in old_other} - arc
    left = kept | set(turned(run.inside) if match.backwards else run.inside)
    owned: dict[str, list[Face]] = {one.code: [], other.code: []}
    for face in faces_of(both, left):
        is_left, is_right = bool(face.edges & left), bool(face.edges & set(turned(left)))
        if is_left and is_right:
            raise RedrawRefusedError(
                "line-does-not-divide",
                f"The line does not part grid {one.code} from {other.code}, or crosses another edge between them.",
                f"线没有把网格 {one.code} 与 {other.code} 分开，或穿过了两者之间的其他边界。",
                grids=(one.code, other.code),
                pointer="line",
            )
        if not (is_left or is_right):
            is_left = len(face.edges & old_one) > len(face.edges & old_other)
        owned[one.code if is_left else other.code].append(face)
    for code, faces in owned.items():
        if not faces:
            raise RedrawRefusedError(
                "grid-vanishes",
                f"Nothing would be left of grid {code}; merge the two instead.",
                f"网格 {code} 将不复存在；请改用合并。",
                grids=(code,),
                pointer="line",
            )
    return {code: combine([face.edges for face in faces]) for code, faces in owned.items()}


def _refuse_idle(drawing: Drawing, after: dict[str, frozenset[Edge]]) -> None:
    if all(edges == drawing.edges(code) for code, edges in after.items()):
        raise RedrawRefusedError(
            "nothing-to-do",
            f"The common edge of {' and '.join(after)} has this course already.",
            f"网格 {'、'.join(after)} 的公共边已经是这一走向。",
            grids=tuple(after),
            pointer="line",
        )


def _refuse_broken(drawing: Drawing, after: dict[str, frozenset[Edge]]) -> None:
    broken = [code for code, edges in after.items() if pieces_of(edges) > pieces_of(drawing.edges(code))]
    if broken:
        raise RedrawRefusedError(
            "grid-falls-apart",
            f"Grid {', '.join(broken)} would fall to pieces; move the edge less far, or split the grid.",
            f"网格 {'、'.join(broken)} 将被分成互不相连的部分；请减小移动幅度，或改用拆分。",
            grids=broken,
            pointer="line",
        )


def _follow(
    drawing: Drawing, one: Grid, other: Grid, after: dict[str, frozenset[Edge]], cuts: Sequence[Edge]
) -> None:
    """Draw both grids, and let children and ancestors follow."""
    ground = drawing.ground
    children = (*ground.children_of(one.code), *ground.children_of(other.code))
    refuse_crossed(drawing, children, cuts)
    for grid in (one, other):
        drawing.add(replace(grid, households=None), after[grid.code])
    for child, home in homes(drawing, children, after).items():
        if ground[child].parent != home:
            drawing.update(child, parent=home)
    above = {grid.code: ground.ancestors_of(grid.code) for grid in (one, other)}
    for grid in (one, other):
        for ancestor in above[grid.code]:
            if not all(ancestor in chain for chain in above.values()):
                drawing.give(ancestor, plus=after[grid.code], minus=drawing.edges(grid.code))
                drawing.update(ancestor, households=None)
