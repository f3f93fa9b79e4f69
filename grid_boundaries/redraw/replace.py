"""Take over grids as they were drawn elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace as with_changes

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.partition import Grid, from_lattice, to_lattice
from grid_boundaries.redraw.doubtful import doubtful_edges
from grid_boundaries.redraw.edges import refine_shape
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
    given = list(grids)
    for number, grid in enumerate(given):
        need_usable(ground, grid, f"grids/{number}")
    codes = _need_different(given)
    shapes = np.empty(len(given), dtype=np.object_)
    shapes[:] = [grid.shape for grid in given]
    fresh = [with_changes(grid, shape=shape) for grid, shape in zip(given, _tidied(shapes), strict=True)]
    users = doubtful_edges(fresh, [ground[code] for code in ground.drawn if code not in codes])
    chains = match(
        [edge for edge, who in users.items() if who & codes],
        [edge for edge, who in users.items() if who - codes],
    )
    after = {grid.code: grid for grid in fresh}
    met = {code for edge in chains for code in users[edge]}
    refined = sorted(met - codes)
    after.update((code, ground[code]) for code in refined)
    after.update((code, with_changes(after[code], shape=refine_shape(after[code].shape, chains))) for code in met)
    detail = {
        "created": sorted(codes - set(ground)),
        "replaced": sorted(codes & set(ground)),
        "inserted": len({point for chain in chains.values() for point in chain[1:-1]}),
    }
    return Redraw(tuple(after[code] for code in sorted(after)), frozenset(), frozenset(refined), detail)


def _tidied(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return polygons on the lattice without heights, no vertex twice in a row."""
    flat = shapely.force_2d(shapes)
    placed: NDArray[np.object_] = shapely.transform(flat, lambda degrees: from_lattice(to_lattice(degrees)))
    points, owner = shapely.get_coordinates(placed, return_index=True)
    again = np.flatnonzero((points[1:] == points[:-1]).all(axis=1) & (owner[1:] == owner[:-1]))
    for number in np.unique(owner[again]).tolist():
        placed[number] = refine_shape(placed[number], {})
    return placed


def _need_different(grids: Sequence[Grid]) -> set[str]:
    """Return the codes of grids, of which there is one at least and no two have the same."""
    if not grids:
        raise RedrawRefusedError(
            "too-few-grids", "There are no grids to take over.", "没有可导入的网格。", pointer="grids"
        )
    codes: set[str] = set()
    for number, grid in enumerate(grids):
        if grid.code in codes:
            raise RedrawRefusedError(
                "duplicate-code",
                f"The code {grid.code} comes twice.",
                f"编码 {grid.code} 重复出现。",
                grids=(grid.code,),
                pointer=f"grids/{number}",
            )
        codes.add(grid.code)
    return codes


def need_usable(ground: Ground, grid: Grid, pointer: str) -> None:
    """Refuse a grid that no ground can hold; ``pointer`` is where it was given.

    Raises:
        RedrawRefusedError: its shape is no polygon in degrees, its level or kind is not in use, or its code is
            retired or has not the form of a code.
    """
    if grid.code not in ground:
        need_free(ground, grid.code, pointer)
    need_kind(grid.kind, pointer)
    if ground.levels and grid.level not in ground.levels:
        raise RedrawRefusedError(
            "wrong-level",
            f"Grid {grid.code} has the level {grid.level!r}; the levels are {', '.join(ground.levels)}.",
            f"网格 {grid.code} 的层级 {grid.level!r} 无效；可用层级：{'、'.join(ground.levels)}。",
            grids=(grid.code,),
            pointer=pointer,
        )
    shape = grid.shape
    kind = getattr(shape, "geom_type", type(shape).__name__)
    if kind not in {"Polygon", "MultiPolygon"} or shape.is_empty:
        raise RedrawRefusedError(
            "not-a-polygon",
            f"Grid {grid.code} needs a Polygon or MultiPolygon with ground, not {kind}.",
            f"网格 {grid.code} 需要非空的 Polygon 或 MultiPolygon，而不是 {kind}。",
            grids=(grid.code,),
            pointer=pointer,
        )
    points = shapely.get_coordinates(shape)
    if not np.isfinite(points).all() or (np.abs(points) > (180, 90)).any():
        raise RedrawRefusedError(
            "not-degrees",
            f"The coordinates of grid {grid.code} are no finite degrees, longitude first.",
            f"网格 {grid.code} 的坐标不是有效的度数（经度在前）。",
            grids=(grid.code,),
            pointer=pointer,
        )
