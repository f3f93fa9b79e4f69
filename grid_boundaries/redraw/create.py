"""Add a grid as it was drawn."""

from __future__ import annotations

from grid_boundaries.partition import Grid
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.needs import need_free, need_name, unknown_parent
from grid_boundaries.redraw.refusal import RedrawRefusedError
from grid_boundaries.redraw.replace import need_usable, replace


def create(ground: Ground, grid: Grid) -> Redraw:
    """Add a grid with a code of its own; it may overlap others or leave gaps, which the check tells.

    Vertices on common edges are set as by ``replace``.

    Raises:
        RedrawRefusedError: the code is or was in use, the name is empty, the parent is unknown or of a level that is
            not above, or the shape is no polygon.
    """
    need_free(ground, grid.code, "grid")
    need_name(grid.name, "grid")
    if grid.parent is not None:
        _need_parent(ground, grid, grid.parent)
    need_usable(ground, grid, "grid")
    redraw = replace(ground, [grid])
    detail = {"created": grid.code, "inserted": redraw.detail["inserted"]}
    return Redraw(redraw.grids, redraw.retired, redraw.refined, detail)


def _need_parent(ground: Ground, grid: Grid, code: str) -> None:
    parent = ground.get(code)
    if parent is None:
        raise unknown_parent(grid, "grid")
    above, own = ground.rank_of(parent.level), ground.rank_of(grid.level)
    if ground.levels and (above is None or own is None or above >= own):
        raise RedrawRefusedError(
            "wrong-level",
            f"Grid {code} ({parent.level}) is not of a level above grid {grid.code} ({grid.level}).",
            f"网格 {code}（{parent.level}）的层级不高于网格 {grid.code}（{grid.level}）。",
            grids=(grid.code, code),
            pointer="grid",
        )
