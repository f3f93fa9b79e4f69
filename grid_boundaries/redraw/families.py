"""Which children go with which part of a redrawn parent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grid_boundaries.redraw.cuts import contains
from grid_boundaries.redraw.drawing import Drawing
from grid_boundaries.redraw.edges import Edge, faces_of
from grid_boundaries.redraw.refusal import RedrawRefusedError


def refuse_crossed(drawing: Drawing, children: Sequence[str], cuts: Sequence[Edge]) -> None:
    """Refuse cuts that run through children: these have to be cut first.

    Raises:
        RedrawRefusedError: a cut runs through the ground of a child.
    """
    crossed = [code for code in children if any(contains(drawing.edges(code), cuts))]
    if crossed:
        names = ", ".join(crossed)
        raise RedrawRefusedError(
            "children-crossed",
            f"The line runs through the grids {names} below; split them or move their edges first, "
            "then draw along their borders.",
            f"线穿过了下级网格 {'、'.join(crossed)}；请先拆分这些下级网格或移动其边界，再沿其边界画线。",
            grids=crossed,
            pointer="line",
        )


def homes(drawing: Drawing, children: Sequence[str], parts: Mapping[str, frozenset[Edge]]) -> dict[str, str]:
    """Return for each child the part in which it lies; no part's border runs through a child."""
    found = {}
    for child in children:
        edges = drawing.edges(child)
        for code, part in parts.items():
            if _holds(part, edges):
                found[child] = code
                break
    return found


def _holds(part: frozenset[Edge], child: frozenset[Edge]) -> bool:
    """Return whether a part holds a child, when the child lies wholly inside or wholly outside of it."""
    if any(edge in part for edge in child):
        return True
    if any((end, start) in part for start, end in child):
        return False
    return contains(part, [next(iter(child))])[0]


def pieces_of(edges: frozenset[Edge]) -> int:
    """Return in how many pieces a region is."""
    return len(faces_of(edges))
