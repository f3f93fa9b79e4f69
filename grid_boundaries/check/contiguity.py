"""Remarks on how grids hang together: enclaves, and groups that share no edge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import Polygon, mapping

from grid_boundaries.check import messages
from grid_boundaries.check.edges import parts_of
from grid_boundaries.check.findings import Finding, place_of

_FEW = 16


def find_enclaves(codes: Sequence[str], shapes: NDArray[np.object_], family: NDArray[np.int32]) -> list[Finding]:
    """Return a remark for each grid that fills a hole of another of its family: it has one neighbour all around."""
    found: list[Finding] = []
    parts, shape_of_part = parts_of(shapes)
    holed = np.flatnonzero(shapely.get_num_interior_rings(parts) > 0)
    if not len(holed):
        return found
    by_box: defaultdict[tuple[float, ...], list[int]] = defaultdict(list)
    for number, box in enumerate(shapely.bounds(shapes).tolist()):
        by_box[tuple(box)].append(number)
    for part in holed:
        outer = int(shape_of_part[part])
        for ring in parts[part].interiors:
            for inner in by_box[tuple(ring.bounds)]:
                if family[inner] == family[outer] and shapely.equals(Polygon(ring), shapes[inner]):
                    place = place_of(shapes[inner])
                    found.append(
                        Finding(
                            "enclave",
                            "info",
                            (codes[inner], codes[outer]),
                            *messages.enclave(codes[inner], codes[outer], place),
                            geometry=mapping(shapely.normalize(shapes[inner])),
                            place=place,
                        )
                    )
    return found


def find_separate_groups(
    codes: Sequence[str], shapes: NDArray[np.object_], islands: NDArray[np.object_]
) -> list[Finding]:
    """Return a remark for each group of grids apart from the largest.

    ``islands`` are the connected pieces of all ground owned, in degrees; a grid with ground on two of them joins
    them into one group.
    """
    if len(islands) < 2:  # noqa: PLR2004  one piece hangs together
        return []
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    part, island = STRtree(islands).query(shapely.point_on_surface(parts), predicate="within")
    group = list(range(len(islands)))
    first_island: dict[int, int] = {}
    for number, where in zip(shape_of_part[part].tolist(), island.tolist(), strict=True):
        here, there = _root(group, where), _root(group, first_island.setdefault(number, where))
        group[max(here, there)] = min(here, there)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for number, where in first_island.items():
        members[_root(group, where)].append(number)
    return _apart(members.values(), codes, shapes)


def find_separate_children(
    codes: Sequence[str],
    shapes: NDArray[np.object_],
    family: NDArray[np.int32],
    ones: NDArray[np.int32],
    others: NDArray[np.int32],
) -> list[Finding]:
    """Return a remark for each group of children that shares no edge with the largest group of its family.

    So grids on islands are told, and those that meet the rest in corners only.

    Args:
        codes: the codes of the grids.
        shapes: their shapes.
        family: their families; a negative one is left out.
        ones: numbers of grids that have an edge in common with a grid of their family, as often as may be.
        others: the numbers of those grids, one for one.
    """
    group = _connected(len(codes), ones, others)
    apart = np.flatnonzero((group != np.arange(len(codes))) | (family < 0))
    first = np.ones(len(codes), np.bool_)
    first[apart] = False
    several = np.bincount(family[first], minlength=1) > 1
    if not several.any():
        return []
    found = []
    for number in np.flatnonzero(several).tolist():
        members: defaultdict[int, list[int]] = defaultdict(list)
        for child in np.flatnonzero(family == number).tolist():
            members[int(group[child])].append(child)
        found += _apart(members.values(), codes, shapes)
    return found


def _connected(count: int, ones: NDArray[np.int32], others: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return for each of ``count`` nodes the smallest that it hangs together with.

    Neighbours have many edges in common, so a few pairs settle nearly all, and the others are only looked at.
    """
    group = _joined(np.arange(count, dtype=np.int32), ones[::_FEW], others[::_FEW])
    return _joined(group, ones, others)


def _joined(group: NDArray[np.int32], ones: NDArray[np.int32], others: NDArray[np.int32]) -> NDArray[np.int32]:
    while True:
        here, there = group.take(ones), group.take(others)
        apart = np.flatnonzero(here != there)
        if not len(apart):
            return group
        ones, others, here, there = ones[apart], others[apart], here[apart], there[apart]
        np.minimum.at(group, np.maximum(here, there), np.minimum(here, there))
        while ((closer := group[group]) != group).any():
            group = closer


def _apart(members: Iterable[Sequence[int]], codes: Sequence[str], shapes: NDArray[np.object_]) -> list[Finding]:
    """Return a remark for each group but the largest; of equal ones that with the smallest code counts as it."""
    groups = sorted(members, key=lambda numbers: (-len(numbers), min(codes[number] for number in numbers)))
    found = []
    for numbers in groups[1:]:
        names = tuple(sorted(codes[number] for number in numbers))
        place = place_of(shapes[min(numbers, key=lambda number: codes[number])])
        found.append(
            Finding(
                "not-contiguous",
                "info",
                names,
                *messages.not_contiguous(names, place),
                geometry=None if place is None else mapping(shapely.Point(place)),
                place=place,
            )
        )
    return found


def _root(group: list[int], number: int) -> int:
    while group[number] != number:
        number = group[number]
    return number
