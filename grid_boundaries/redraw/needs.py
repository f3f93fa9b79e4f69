"""Codes, kinds and names from outside: what they stand for, or a refusal with the reason."""

from __future__ import annotations

import re
from collections.abc import Collection

import shapely

from grid_boundaries.partition import Grid
from grid_boundaries.redraw.ground import Ground
from grid_boundaries.redraw.refusal import RedrawRefusedError

KINDS = ("standard", "dedicated")
_CODE = re.compile(r"[0-9A-Za-z]{1,32}")


def need_known(ground: Ground, code: str, pointer: str) -> Grid:
    """Return the grid of a code, whatever its shape.

    Raises:
        RedrawRefusedError: no grid has the code.
    """
    grid = ground.get(code)
    if grid is None:
        raise RedrawRefusedError(
            "unknown-code",
            f"No grid has the code {code}.",
            f"没有编码为 {code} 的网格。",
            grids=(code,),
            pointer=pointer,
        )
    return grid


def need(ground: Ground, code: str, pointer: str) -> Grid:
    """Return the grid of a code, with a shape that can be drawn with.

    Raises:
        RedrawRefusedError: no grid has the code, or its shape is not valid.
    """
    grid = need_known(ground, code, pointer)
    if not ground.edges_of(code) or not shapely.is_valid(grid.shape):
        raise RedrawRefusedError(
            "grid-not-valid",
            f"The shape of grid {code} is not valid; replace it first.",
            f"网格 {code} 的图形无效；请先替换其图形。",
            grids=(code,),
            pointer=pointer,
        )
    return grid


def need_all(ground: Ground, codes: Collection[str], least: int, pointer: str = "codes") -> list[str]:
    """Return codes in the order given, once each.

    Raises:
        RedrawRefusedError: they are too few, or one is unknown or has no valid shape.
    """
    wanted = list(dict.fromkeys([codes] if isinstance(codes, str) else codes))
    if len(wanted) < least:
        raise RedrawRefusedError(
            "too-few-grids",
            f"Name {least} different grids at least; got {len(wanted)}.",
            f"请至少给出 {least} 个不同的网格；现有 {len(wanted)} 个。",
            grids=wanted,
            pointer=pointer,
        )
    for code in wanted:
        need(ground, code, pointer)
    return wanted


def unknown_parent(grid: Grid, pointer: str) -> RedrawRefusedError:
    """Return the refusal of a grid whose parent is not there."""
    return RedrawRefusedError(
        "unknown-code",
        f"No grid has the code {grid.parent}; it cannot be the parent of {grid.code}.",
        f"没有编码为 {grid.parent} 的网格，不能作为 {grid.code} 的上级。",
        grids=(grid.parent or "",),
        pointer=pointer,
    )


def need_free(ground: Ground, code: str, pointer: str) -> str:
    """Return a code that a new grid may take.

    Raises:
        RedrawRefusedError: it has not the form of a code, or stands or stood for a grid.
    """
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise RedrawRefusedError(
            "bad-code",
            f"The code {code!r} is not made of 1 to 32 letters A–Z, a–z and digits.",
            f"编码 {code!r} 不符合要求：须为 1 至 32 位字母或数字。",
            pointer=pointer,
        )
    if code in ground or code in ground.used_codes:
        raise RedrawRefusedError(
            "code-in-use",
            f"The code {code} stands or stood for a grid; a code is never given again.",
            f"编码 {code} 已被使用过；编码不得重复使用。",
            grids=(code,),
            pointer=pointer,
        )
    return code


def need_kind(kind: str, pointer: str = "kind") -> str:
    """Return a kind of grid that there is.

    Raises:
        RedrawRefusedError: there is no such kind.
    """
    if kind not in KINDS:
        raise RedrawRefusedError(
            "unknown-kind",
            f"A grid is standard or dedicated, not {kind!r}.",
            f"网格类型只能是 standard（标准）或 dedicated（专属），不能是 {kind!r}。",
            pointer=pointer,
        )
    return kind


def need_name(name: str, pointer: str = "name") -> str:
    """Return a name without blanks around it.

    Raises:
        RedrawRefusedError: nothing is left.
    """
    if not isinstance(name, str) or not name.strip():
        raise RedrawRefusedError("empty-name", "A grid needs a name.", "网格需要名称。", pointer=pointer)
    return name.strip()
