"""Split a grid by a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import shapely

from grid_boundaries.partition import Grid
from grid_boundaries.redraw.codes import number_on
from grid_boundaries.redraw.cuts import SNAP_M, Course, course, land, landed, told
from grid_boundaries.redraw.drawing import Drawing, exactly
from grid_boundaries.redraw.edges import Edge, Face, combine, faces_of
from grid_boundaries.redraw.families import homes, refuse_crossed
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.needs import need, need_free
from grid_boundaries.redraw.reading import in_degrees, read_line
from grid_boundaries.redraw.refusal import RedrawRefusedError


def split(
    ground: Ground,
    code: str,
    line: shapely.LineString,
    new_codes: Sequence[str] | None = None,
    *,
    snap_m: float = SNAP_M,
) -> Redraw:
    """Split a grid into the pieces on either side of a line.

    The line runs from border to border; what lies outside is left out, and an end that is at most ``snap_m`` from the
    border is moved onto it.  A line that crosses the grid several times makes several pieces.  Pieces are in order
    from north to south by their centres, at one latitude from west to east.  Parts that the line does not cut go with
    the nearest piece.  Children go with the piece in which they lie.

    The old code is retired, and pieces are numbered on after their siblings, unless ``new_codes`` names them in their
    order; none may keep the old code, which stood for all of them.  Pieces keep level, parent and kind; their names
    end in their number.  Nobody has counted their households yet: None.

    Raises:
        RedrawRefusedError: the line does not divide the grid or cuts a child; codes are too few, too many or taken.
    """
    grid = need(ground, code, "code")
    path = read_line(line)
    border = ground.edges_of(code)
    landings = [land(path[end], border, snap_m) for end in (0, -1)]
    path, pins = landed(path, landings)
    drawing = Drawing(ground)
    (noded,) = drawing.node([path], pins)
    children = ground.children_of(code)
    with exactly(code):
        region = drawing.edges(code)
        cuts = _need_cuts(grid, course(noded, region))
        pieces = _pieces(grid, region, cuts)
        refuse_crossed(drawing, children, cuts)
    codes = _codes(ground, code, len(pieces), new_codes)
    for number, (new, piece) in enumerate(zip(codes, pieces, strict=True), start=1):
        name = f"{grid.name}-{number}" if grid.name else ""
        drawing.add(replace(grid, code=new, name=name, households=None), piece)
    drawing.retire([code])
    for child, home in homes(drawing, children, dict(zip(codes, pieces, strict=True))).items():
        drawing.update(child, parent=home)
    return drawing.finish({"split": code, "pieces": codes, "snapped": told(landings)})


def _need_cuts(grid: Grid, run: Course) -> list[Edge]:
    cuts = run.inside
    if not cuts:
        raise RedrawRefusedError(
            "line-misses",
            f"The line does not run through grid {grid.code}; draw it from border to border.",
            f"线没有穿过网格 {grid.code}；请从边界画到边界。",
            grids=(grid.code,),
            pointer="line",
        )
    loose = run.loose_ends()
    if loose:
        lon, lat = in_degrees(loose[0])
        raise RedrawRefusedError(
            "line-ends-inside",
            f"The line ends inside grid {grid.code}, at {lon:.6f}, {lat:.6f}; draw it on to the border.",
            f"线在网格 {grid.code} 内部结束（{lon:.6f}, {lat:.6f}）；请画到边界为止。",
            grids=(grid.code,),
            pointer="line",
        )
    return cuts


def _pieces(grid: Grid, region: frozenset[Edge], cuts: Sequence[Edge]) -> list[frozenset[Edge]]:
    """Return the edges of the pieces in order; there are more of them than parts before."""
    sides = {edge for cut in cuts for edge in (cut, (cut[1], cut[0]))}
    faces = faces_of(region, cuts)
    cut = [face for face in faces if face.edges & sides]
    whole = [face for face in faces if not face.edges & sides]
    if len(cut) < 2:  # noqa: PLR2004  one piece is no division
        raise RedrawRefusedError(
            "line-does-not-divide",
            f"Grid {grid.code} still hangs together around the line; draw it from outer border to outer border.",
            f"网格 {grid.code} 在线的两侧仍然相连；请从外边界画到外边界。",
            grids=(grid.code,),
            pointer="line",
        )
    cut.sort(key=_north_first)
    shares: list[list[Face]] = [[face] for face in cut]
    for face in whole:
        nearest = min(range(len(cut)), key=lambda number: (cut[number].shape.distance(face.shape), number))
        shares[nearest].append(face)
    return [combine([face.edges for face in share]) for share in shares]


def _north_first(face: Face) -> tuple[float, float]:
    centre = face.shape.centroid
    return -centre.y, centre.x


def _codes(ground: Ground, code: str, count: int, new_codes: Sequence[str] | None) -> list[str]:
    if new_codes is None:
        return number_on(ground, code, count)
    codes = list(new_codes)
    if len(codes) != count or len(set(codes)) != count:
        raise RedrawRefusedError(
            "wrong-number-of-codes",
            f"The line makes {count} pieces of grid {code}; name {count} different codes, or none. Got {len(codes)}.",
            f"线把网格 {code} 分为 {count} 块；请给出 {count} 个不同的编码，或不给。现有 {len(codes)} 个。",
            grids=(code,),
            pointer="new_codes",
        )
    return [need_free(ground, new, f"new_codes/{number}") for number, new in enumerate(codes)]
