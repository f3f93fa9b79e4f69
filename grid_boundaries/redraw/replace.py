"""Take over grids as they were drawn elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace as with_changes

import numpy as np
import shapely

from grid_boundaries.partition import Grid, on_lattice
from grid_boundaries.redraw.edges import Edge, Point, refine_shape, shape_edges
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.matching import match
from grid_boundaries.redraw.needs import need_free, need_kind
from grid_boundaries.redraw.refusal import RedrawRefusedError


def replace(ground: Ground, grids: Iterable[Grid]) -> Redraw:
    """Put grids in the place of those with their codes, or beside them where there are none, shapes as given.

    Shapes are taken on the lattice without heights, and may be wrong: the check tells.  Where a vertex of theirs lies
    on an edge of another grid, or the other way round, it is set there, so that what was drawn right needs no corners
    set by hand; other grids that got such vertices are ``refined``.

    Raises:
        RedrawRefusedError: a shape is no polygon in degrees, a level or kind is not in use, a code comes twice, has
            not the form of a code or is retired.
    """
    fresh = [_taken(ground, grid) for grid in grids]
    codes = {grid.code for grid in fresh}
    if not fresh or len(codes) < len(fresh):
        twice = sorted(code for code in codes if sum(grid.code == code for grid in fresh) > 1)
        raise RedrawRefusedError(
            "duplicate-code" if twice else "too-few-grids",
            f"The code {', '.join(twice)} comes twice." if twice else "There are no grids to take over.",
            f"编码 {'、'.join(twice)} 重复出现。" if twice else "没有可导入的网格。",
            grids=twice,
            pointer="grids",
        )
    own = [edge for grid in fresh for edge in shape_edges(grid.shape)]
    users = {edge: who - codes for edge, who in (ground.edges_near(*_box(own)) if own else {}).items() if who - codes}
    chains = match(own, users)
    after = {grid.code: with_changes(grid, shape=refine_shape(grid.shape, chains)) for grid in fresh}
    refined = sorted({code for edge in chains for code in users.get(edge, ())})
    after.update(
        (code, with_changes(ground[code], shape=refine_shape(ground[code].shape, chains))) for code in refined
    )
    detail = {
        "created": sorted(codes - set(ground)),
        "replaced": sorted(codes & set(ground)),
        "inserted": len({point for chain in chains.values() for point in chain[1:-1]}),
    }
    return Redraw(tuple(after[code] for code in sorted(after)), frozenset(), frozenset(refined), detail)


def _box(edges: Sequence[Edge]) -> tuple[Point, Point]:
    points = np.array(edges, dtype=np.int64).reshape(-1, 2)
    low, high = (points.min(axis=0) - 4).tolist(), (points.max(axis=0) + 4).tolist()
    return (low[0], low[1]), (high[0], high[1])


def _taken(ground: Ground, grid: Grid) -> Grid:
    """Return a grid with its shape on the lattice."""
    if grid.code not in ground:
        need_free(ground, grid.code, "grids")
    need_kind(grid.kind, "grids")
    if ground.levels and grid.level not in ground.levels:
        raise RedrawRefusedError(
            "wrong-level",
            f"Grid {grid.code} has the level {grid.level!r}; the levels are {', '.join(ground.levels)}.",
            f"网格 {grid.code} 的层级 {grid.level!r} 无效；可用层级：{'、'.join(ground.levels)}。",
            grids=(grid.code,),
            pointer="grids",
        )
    shape = grid.shape
    kind = getattr(shape, "geom_type", type(shape).__name__)
    if kind not in {"Polygon", "MultiPolygon"} or shape.is_empty:
        raise RedrawRefusedError(
            "not-a-polygon",
            f"Grid {grid.code} needs a Polygon or MultiPolygon with ground, not {kind}.",
            f"网格 {grid.code} 需要非空的 Polygon 或 MultiPolygon，而不是 {kind}。",
            grids=(grid.code,),
            pointer="grids",
        )
    points = shapely.get_coordinates(shape)
    if not np.isfinite(points).all() or (np.abs(points) > (180, 90)).any():
        raise RedrawRefusedError(
            "not-degrees",
            f"The coordinates of grid {grid.code} are no finite degrees, longitude first.",
            f"网格 {grid.code} 的坐标不是有效的度数（经度在前）。",
            grids=(grid.code,),
            pointer="grids",
        )
    return with_changes(grid, shape=on_lattice(shapely.force_2d(shape)))
