"""Long arrays of numbers in JSON, read in parts.

A parser holds the interpreter's lock until it is done, and the event loop stands still so long.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

PART_BYTES = 64 * 1024

_NUMBERS = {float, int}


def parse_columns(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return what ``orjson.loads`` returns, but arrays of numbers as arrays of float64 where they could be.

    Raises:
        orjson.JSONDecodeError: the body is no JSON.
    """
    if body.count(b"[") != 2:  # noqa: PLR2004 - two columns
        return orjson.loads(body)
    arrays: list[NDArray[np.float64]] = []
    frame, end = b"", 0
    try:
        for number in range(2):
            start = body.index(b"[", end) + 1
            # The number of the array stands for it: the rest is then a small document.
            frame += body[end:start] + b"%d" % number
            end = body.index(b"]", start)
            arrays.append(_parse_numbers(body[start:end]))
        members = orjson.loads(frame + body[end:])
    except ValueError:
        return orjson.loads(body)
    lists = [value for value in members.values() if type(value) is list] if type(members) is dict else []
    if sorted(lists) != [[0], [1]]:
        return orjson.loads(body)  # the brackets were those of a string, or deeper down
    return {name: arrays[value[0]] if type(value) is list else value for name, value in members.items()}


def _parse_numbers(text: bytes) -> NDArray[np.float64]:
    """Return numbers between commas.

    Raises:
        ValueError: there is something else.
    """
    if not text.strip():
        return np.empty(0)
    parts, start = [], 0
    while start <= len(text):
        end = text.find(b",", start + PART_BYTES)
        end = len(text) if end < 0 else end
        numbers = orjson.loads(b"[%b]" % text[start:end])
        if not numbers or not {*map(type, numbers)} <= _NUMBERS:
            raise ValueError(start)
        parts.append(np.array(numbers, dtype=np.float64))
        start = end + 1
    return np.concatenate(parts)
