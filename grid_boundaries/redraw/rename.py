"""Give a grid another name."""

from __future__ import annotations

from grid_boundaries.redraw.drawing import Drawing
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.needs import need_known, need_name
from grid_boundaries.redraw.refusal import RedrawRefusedError


def rename(ground: Ground, code: str, name: str) -> Redraw:
    """Give a grid another name; its code never changes.

    Raises:
        RedrawRefusedError: no grid has the code, the name is empty, or the grid has it already.
    """
    old, new = need_known(ground, code, "code").name, need_name(name)
    if new == old:
        raise RedrawRefusedError(
            "nothing-to-do",
            f"Grid {code} has the name {new} already.",
            f"网格 {code} 的名称已经是“{new}”。",
            grids=(code,),
            pointer="name",
        )
    drawing = Drawing(ground)
    drawing.update(code, name=new)
    return drawing.finish({"renamed": code, "from": old, "to": new})
