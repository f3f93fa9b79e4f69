"""Areas and edges in whole lattice steps, by plain Python integers: no code of the check takes part."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction

import shapely
from shapely.geometry.base import BaseGeometry

Point = tuple[int, int]


def steps(shape: BaseGeometry) -> Iterator[tuple[bool, list[Point]]]:
    """Yield each ring as lattice points, with whether it is a hole."""
    for part in shapely.get_parts(shape):
        for number, ring in enumerate(shapely.get_rings(part)):
            yield number > 0, [(_step(lon), _step(lat)) for lon, lat in ring.coords]


def _step(degrees: float) -> int:
    return round(Fraction(degrees) * 10**9)


def doubled_steps(shape: BaseGeometry) -> int:
    """Return twice the area of polygons on the lattice, in square steps: shells less holes."""
    total = 0
    for hole, ring in steps(shape):
        doubled = abs(sum(x * y2 - x2 * y for (x, y), (x2, y2) in itertools.pairwise(ring)))
        total += -doubled if hole else doubled
    return total


def undirected_edges(shapes: Iterable[BaseGeometry]) -> Counter[tuple[Point, Point]]:
    """Return how often each edge is there, whichever way it runs."""
    found: Counter[tuple[Point, Point]] = Counter()
    for shape in shapes:
        for _, ring in steps(shape):
            for start, end in itertools.pairwise(ring):
                if start != end:
                    found[min(start, end), max(start, end)] += 1
    return found
