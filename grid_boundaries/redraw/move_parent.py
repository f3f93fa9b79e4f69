"""Give grids to another parent."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from grid_boundaries.redraw.drawing import Drawing, exactly
from grid_boundaries.redraw.families import pieces_of
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.needs import need, need_all
from grid_boundaries.redraw.refusal import RedrawRefusedError


def move_parent(ground: Ground, codes: Collection[str], parent: str) -> Redraw:
    """Move grids, with all below them, under another parent, whose level is above theirs and which has children.

    All above them, up to the first common ancestor, give or get the ground.  It need not hang together: parents that
    are in more pieces than before are announced in ``detail["multipart"]``.

    Raises:
        RedrawRefusedError: the level of the parent is not above, the parent has no children or is below one
            of the grids, all are there already, or a parent would be left without ground.
    """
    wanted = need_all(ground, codes, 1)
    need(ground, parent, "parent")
    moving = [code for code in wanted if ground[code].parent != parent]
    _refuse_wrong_place(ground, moving, parent)
    drawing = Drawing(ground)
    above = (parent, *ground.ancestors_of(parent))
    touched: dict[str, None] = {}
    for code in moving:
        edges = drawing.edges(code)
        before = ground.ancestors_of(code)
        for ancestor in before:
            if ancestor not in above:
                drawing.give(ancestor, minus=edges)
                touched[ancestor] = None
        for ancestor in above:
            if ancestor not in before:
                drawing.give(ancestor, plus=edges)
                touched[ancestor] = None
        drawing.update(code, parent=parent)
    with exactly(*touched):
        multipart = [code for code in touched if pieces_of(drawing.drawn(code)) > pieces_of(drawing.edges(code))]
    for code in touched:
        drawing.update(code, households=_recounted(ground, code, moving, above))
    return drawing.finish({"moved": moving, "parent": parent, "multipart": sorted(multipart)})


def _recounted(ground: Ground, code: str, moving: Sequence[str], above: Sequence[str]) -> int | None:
    """Return the households of a grid that gave or got others; None where a count is unknown."""
    own = ground[code].households
    counts = [ground[child].households for child in moving if (code in ground.ancestors_of(child)) != (code in above)]
    known = [count for count in counts if count is not None]
    if own is None or len(known) < len(counts):
        return None
    after = own + sum(known) if code in above else own - sum(known)
    return after if after >= 0 else None


def _refuse_wrong_place(ground: Ground, codes: Sequence[str], parent: str) -> None:
    if not codes:
        raise RedrawRefusedError(
            "nothing-to-do",
            f"The grids belong to {parent} already.",
            f"这些网格已经属于 {parent}。",
            grids=(parent,),
            pointer="codes",
        )
    level = ground[parent].level
    for code in codes:
        own, rank, own_rank = ground[code].level, ground.rank_of(level), ground.rank_of(ground[code].level)
        if code == parent or code in ground.ancestors_of(parent):
            raise RedrawRefusedError(
                "own-ancestor",
                f"Grid {parent} is {code} itself or lies below it; choose another parent.",
                f"网格 {parent} 就是 {code} 或其下级；请选择其他上级。",
                grids=(code, parent),
                pointer="parent",
            )
        if set(codes) & set(ground.ancestors_of(code)):
            raise RedrawRefusedError(
                "nested-codes",
                f"Grid {code} lies below another of the grids to be moved and goes with it; leave it out.",
                f"网格 {code} 是另一个待调整网格的下级，会随之调整；请去掉它。",
                grids=(code,),
                pointer="codes",
            )
        if ground.levels and (rank is None or own_rank is None or rank >= own_rank):
            raise RedrawRefusedError(
                "wrong-level",
                f"Grid {parent} ({level}) is not of a level above grid {code} ({own}).",
                f"网格 {parent}（{level}）的层级不高于网格 {code}（{own}）。",
                grids=(code, parent),
                pointer="parent",
            )
    if not ground.children_of(parent):
        raise RedrawRefusedError(
            "parent-without-children",
            f"Grid {parent} has no grids below: the rest of its ground would belong to nobody there. "
            "Divide it first, or choose a parent that is divided.",
            f"网格 {parent} 没有下级网格：其余范围在下级将无归属。请先划分它，或选择已划分的上级。",
            grids=(parent,),
            pointer="parent",
        )
