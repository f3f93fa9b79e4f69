"""Colours of a map: neighbours differ."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

FEWEST = 5
"""Colours tried first: four would do for most maps, but look patchy where a fifth evens them out."""

_CALM = ("#F5DCCB", "#DAE8CE", "#CFE1EC", "#F4ECC6", "#E2D7EA", "#D3EAE3", "#EFD5DB", "#E5DFD0")


def colour_map(shapes: Sequence[BaseGeometry]) -> list[int]:
    """Return a number from 0 for each shape, so that shapes that touch, be it in a corner, have different ones.

    Takes as few numbers as it finds from FEWEST up, and gives all of them about equally often.  The same shapes in
    the same order always get the same numbers.

    Source:
        D. Brélaz, New methods to color the vertices of a graph (1979): next comes the vertex with most colours
        around it, then the one with most neighbours, then the first.
    """
    around = _neighbours(shapes)
    count = FEWEST
    while (found := _colour(around, count)) is None:
        count += 1
    return found


def fill_of(number: int) -> str:
    """Return the colour of a number as #RRGGBB; all are light enough for black letters."""
    if number < len(_CALM):
        return _CALM[number]
    channels = colorsys.hls_to_rgb((number * 0.618034) % 1, 0.87, 0.45)
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in channels)


def _neighbours(shapes: Sequence[BaseGeometry]) -> list[set[int]]:
    around: list[set[int]] = [set() for _ in shapes]
    left, right = shapely.STRtree(shapes).query(np.asarray(shapes, dtype=object), predicate="intersects")
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        if one != other:
            around[one].add(other)
            around[other].add(one)
    return around


def _colour(around: list[set[int]], count: int) -> list[int] | None:
    """Return colours below ``count``, or None when this order of choosing runs out of them."""
    chosen = [-1] * len(around)
    used = [0] * count
    seen: list[set[int]] = [set() for _ in around]
    waiting = set(range(len(around)))
    while waiting:
        vertex = min(waiting, key=lambda one: (-len(seen[one]), -len(around[one]), one))
        free = [colour for colour in range(count) if colour not in seen[vertex]]
        if not free:
            return None
        colour = min(free, key=lambda one: (used[one], one))
        chosen[vertex] = colour
        used[colour] += 1
        waiting.remove(vertex)
        for other in around[vertex]:
            seen[other].add(colour)
    return chosen
