"""Give a grid another name."""

from __future__ import annotations

from grid_boundaries.redraw.drawing import Drawing
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.needs import need_known, need_name


def rename(ground: Ground, code: str, name: str) -> Redraw:
    """Give a grid another name; its code never changes.

    Raises:
        RedrawRefusedError: no grid has the code, or the name is empty.
    """
    old = need_known(ground, code, "code").name
    drawing = Drawing(ground)
    drawing.update(code, name=need_name(name))
    return drawing.finish({"renamed": code, "from": old, "to": need_name(name)})
