"""Codes for new grids, numbered on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grid_boundaries.redraw.ground import Ground
from grid_boundaries.redraw.refusal import RedrawRefusedError

_DEFAULT_WIDTH = 2
_LONGEST = 32


def number_on(ground: Ground, like: str, count: int) -> list[str]:
    """Return the next free codes after those of a grid and its siblings.

    A code is a prefix and a number: the prefix is the parent's code where the grid's begins with it, else all before
    its last digits.  Numbers go on after the highest that any code with that prefix and as many digits has or had;
    when they run out, the free ones below are taken, lowest first.  A code without digits at its end gets two.

    Raises:
        RedrawRefusedError: there are not enough numbers.
    """
    prefix, width = _prefix(ground, like)
    taken = {
        int(code[len(prefix) :])
        for code in (*ground, *ground.used_codes)
        if len(code) == len(prefix) + width and code.startswith(prefix) and _is_number(code[len(prefix) :])
    }
    free = list(_free(taken, width, count))
    if len(free) < count or len(prefix) + width > _LONGEST:
        raise RedrawRefusedError(
            "no-free-code",
            f"No {count} numbers are free after {prefix} with {width} digits; name the new codes.",
            f"{prefix} 之后的 {width} 位编号已不足 {count} 个；请指定新编码。",
            grids=(like,),
            pointer="new_codes",
        )
    return [f"{prefix}{number:0{width}d}" for number in free]


def _free(taken: set[int], width: int, count: int) -> Iterator[int]:
    highest = max(taken, default=0)
    last = 10**width
    upwards = range(highest + 1, min(last, highest + 1 + count))
    yield from upwards
    missing = count - len(upwards)
    number = 1
    while missing and number < highest:
        if number not in taken:
            yield number
            missing -= 1
        number += 1


def _prefix(ground: Ground, like: str) -> tuple[str, int]:
    parent = ground[like].parent
    if parent and like.startswith(parent) and _is_number(like[len(parent) :]):
        return parent, len(like) - len(parent)
    match = re.search(r"[0-9]+$", like)
    return (like[: match.start()], len(match[0])) if match else (like, _DEFAULT_WIDTH)


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]+", text))
