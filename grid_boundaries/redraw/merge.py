"""Merge grids into one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from grid_boundaries.redraw.drawing import Drawing, exactly
from grid_boundaries.redraw.edges import Edge, combine, forward
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.needs import need_all, need_free
from grid_boundaries.redraw.refusal import RedrawRefusedError


def merge(ground: Ground, codes: Collection[str], into: str) -> Redraw:
    """Make one grid of several of one level and parent, which hang together by common edges.

    ``into`` is one of them, which goes on with its name and kind, or a new code; then name and kind are those of
    the first of ``codes``.  The others are retired.  Children follow.  Households are added up where all are known.
    Vertices on the outline stay, though no corner may be left in them: the neighbours have them.

    Raises:
        RedrawRefusedError: levels or parents differ, a grid shares no edge with the others, only some have children,
            or ``into`` is taken.
    """
    wanted = need_all(ground, codes, 2)
    if into not in wanted:
        need_free(ground, into, "into")
    _refuse_different(ground, wanted)
    _refuse_apart(ground, wanted)
    _refuse_mixed(ground, wanted)
    drawing = Drawing(ground)
    model = ground[into if into in wanted else wanted[0]]
    counts = [ground[code].households for code in wanted]
    known = [count for count in counts if count is not None]
    households = sum(known) if len(known) == len(counts) else None
    with exactly(*wanted):
        edges = combine([drawing.edges(code) for code in wanted])
    drawing.add(replace(model, code=into, households=households), edges)
    drawing.retire(code for code in wanted if code != into)
    for code in wanted:
        for child in ground.children_of(code):
            if code != into:
                drawing.update(child, parent=into)
    return drawing.finish({"merged": sorted(wanted), "into": into})


def _refuse_different(ground: Ground, codes: Sequence[str]) -> None:
    first = ground[codes[0]]
    other = next((ground[code] for code in codes if ground[code].level != first.level), None)
    if other is not None:
        raise RedrawRefusedError(
            "different-levels",
            f"Grid {first.code} is a {first.level}, grid {other.code} a {other.level}; only one level can be merged.",
            f"网格 {first.code} 的层级是 {first.level}，网格 {other.code} 是 {other.level}；只能合并同一层级的网格。",
            grids=(first.code, other.code),
            pointer="codes",
        )
    other = next((ground[code] for code in codes if ground[code].parent != first.parent), None)
    if other is not None:
        raise RedrawRefusedError(
            "different-parents",
            f"Grid {first.code} belongs to {first.parent}, grid {other.code} to {other.parent}; "
            "move one to the parent of the other first.",
            f"网格 {first.code} 属于 {first.parent}，网格 {other.code} 属于 {other.parent}；请先调整其中一个的上级。",
            grids=(first.code, other.code),
            pointer="codes",
        )


def _refuse_apart(ground: Ground, codes: Sequence[str]) -> None:
    """Refuse grids that common edges do not join; a corner in common joins nothing."""
    owners: dict[Edge, str] = {}
    neighbours: dict[str, set[str]] = {code: set() for code in codes}
    for code in codes:
        for edge in ground.edges_of(code):
            other = owners.setdefault(forward(edge), code)
            neighbours[code].add(other)
            neighbours[other].add(code)
    reached, waiting = {codes[0]}, [codes[0]]
    while waiting:
        fresh = neighbours[waiting.pop()] - reached
        reached |= fresh
        waiting.extend(fresh)
    apart = [code for code in codes if code not in reached]
    if apart:
        raise RedrawRefusedError(
            "not-contiguous",
            f"Grids {', '.join(apart)} share no edge with {codes[0]} or those around it; merge grids that adjoin.",
            f"网格 {'、'.join(apart)} 与 {codes[0]} 及其相邻网格没有公共边；只能合并相邻的网格。",
            grids=apart,
            pointer="codes",
        )


def _refuse_mixed(ground: Ground, codes: Sequence[str]) -> None:
    leaves = [code for code in codes if not ground.children_of(code)]
    if leaves and len(leaves) < len(codes):
        raise RedrawRefusedError(
            "children-missing",
            f"Grids {', '.join(leaves)} have no grids below, the others have: below the merged grid their ground "
            "would belong to nobody. Give them grids below first, or merge those of the others away.",
            f"网格 {'、'.join(leaves)} 没有下级网格而其余有：合并后其范围在下级将无归属。"
            "请先为其划分下级网格，或取消其余网格的下级。",
            grids=leaves,
            pointer="codes",
        )
