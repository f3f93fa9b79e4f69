"""Retire grids."""

from __future__ import annotations

from collections.abc import Collection

from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.merge import merge
from grid_boundaries.redraw.needs import need_known
from grid_boundaries.redraw.refusal import RedrawRefusedError


def retire(ground: Ground, codes: Collection[str], into: str | None = None) -> Redraw:
    """Take grids out of use, their codes for ever.

    With ``into``, a sibling gets their ground and their children, as by a merge.  Without, their ground stays without
    an owner: the check tells the gap, and the draft is incomplete until other grids cover it.

    Raises:
        RedrawRefusedError: a code is unknown, a grid below one of them would be left without its parent, or the
            grids cannot be merged into ``into``.
    """
    wanted = list(dict.fromkeys([codes] if isinstance(codes, str) else codes))
    for code in wanted:
        need_known(ground, code, "codes")
    if not wanted:
        raise RedrawRefusedError(
            "too-few-grids", "Name the grids to retire.", "请给出要停用的网格。", pointer="codes"
        )
    if into is not None:
        need_known(ground, into, "into")
        if into in wanted:
            raise RedrawRefusedError(
                "into-itself",
                f"Grid {into} cannot be retired into itself.",
                f"网格 {into} 不能并入自身。",
                grids=(into,),
                pointer="into",
            )
        merged = merge(ground, [into, *wanted], into)
        return Redraw(merged.grids, merged.retired, merged.refined, {"retired": sorted(wanted), "into": into})
    orphans = [child for code in wanted for child in ground.children_of(code) if child not in wanted]
    if orphans:
        raise RedrawRefusedError(
            "children-left",
            f"The grids {', '.join(orphans)} lie below; retire them too, or name a grid that takes their place.",
            f"下级网格 {'、'.join(orphans)} 仍在使用；请一并停用，或指定接收它们的网格。",
            grids=orphans,
            pointer="codes",
        )
    return Redraw((), frozenset(wanted), frozenset(), {"retired": sorted(wanted), "into": None})
