"""Set what a grid is, not where it lies."""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal, TypeAlias

from grid_boundaries.redraw.drawing import Drawing
from grid_boundaries.redraw.ground import Ground, Redraw
from grid_boundaries.redraw.needs import need_kind, need_known, need_name
from grid_boundaries.redraw.refusal import RedrawRefusedError


class _Kept(Enum):
    KEPT = "kept"


KEPT = _Kept.KEPT
"""An attribute that stays as it is; None would make the number of households unknown."""

Kept: TypeAlias = Literal[_Kept.KEPT]


def set_attributes(
    ground: Ground,
    code: str,
    *,
    households: int | Kept | None = KEPT,
    kind: str | Kept = KEPT,
    name: str | Kept = KEPT,
) -> Redraw:
    """Set households, kind or name of a grid; what is not given stays.

    Raises:
        RedrawRefusedError: no grid has the code, nothing is given, or a value cannot be.
    """
    need_known(ground, code, "code")
    fields: dict[str, Any] = {}
    if households is not KEPT:
        fields["households"] = _need_count(households)
    if kind is not KEPT:
        fields["kind"] = need_kind(kind)
    if name is not KEPT:
        fields["name"] = need_name(name)
    if not fields:
        raise RedrawRefusedError(
            "nothing-to-do",
            f"Nothing is to be set of grid {code}; give households, kind or name.",
            f"没有给出网格 {code} 的任何属性；请给出户数、类型或名称。",
            grids=(code,),
        )
    drawing = Drawing(ground)
    drawing.update(code, **fields)
    return drawing.finish({"set": code, **fields})


def _need_count(households: int | None) -> int | None:
    if households is not None and (isinstance(households, bool) or not isinstance(households, int) or households < 0):
        raise RedrawRefusedError(
            "bad-households",
            f"Households are a whole number, zero or more; got {households!r}.",
            f"户数须为不小于零的整数；现为 {households!r}。",
            pointer="households",
        )
    return households
