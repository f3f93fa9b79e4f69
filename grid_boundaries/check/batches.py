"""Whole families in batches that a processor's cache holds: passes over main memory cost more than the sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from grid_boundaries.check.families import Families

POINTS = 100_000
"""Points of a batch, some seven arrays of which are in use at a time; a larger family is a batch of its own."""


def in_batches(families: Families) -> Iterator[Families]:
    """Yield the families in batches, in order of their numbers, each batch numbered from 0.

    Grids without a family are left out; those of a family keep their order.
    """
    count = len(families.parents)
    counts = shapely.get_num_coordinates(families.shapes)
    inside = families.family >= 0
    points = np.bincount(families.family[inside], counts[inside], count)
    points += shapely.get_num_coordinates(np.array(families.parents, dtype=object))
    ends = np.cumsum(points)
    order = np.argsort(families.family, kind="stable")
    first = np.searchsorted(families.family[order], np.arange(count + 1))
    codes = [families.codes[number] for number in order.tolist()]
    shapes, family = families.shapes[order], families.family[order]
    begin = 0
    while begin < count:
        end = max(begin + 1, int(np.searchsorted(ends, ends[begin] - points[begin] + POINTS, "right")))
        rows = slice(int(first[begin]), int(first[end]))
        yield replace(
            families,
            codes=codes[rows],
            shapes=shapes[rows],
            family=family[rows] - np.int32(begin),
            parents=families.parents[begin:end],
            parent_codes=families.parent_codes[begin:end],
            targets=families.targets[begin:end],
            doubted=frozenset(number - begin for number in families.doubted if begin <= number < end),
        )
        begin = end
