"""Who gets each face: the rules of a repair, in their order."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.redraw.repair.faces import Faces
from grid_boundaries.redraw.repair.proposal import Why

NOBODY, OPEN, LEFT = -1, -2, -3
"""No owner, outside the parent; not yet decided; ground that is nobody's business here."""

_GRAIN_M = 0.001
"""Edges that differ by less count as equally long: below it, rounding would decide."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What goes before geometry, by number of face: the planner's choices, and who owned the ground before.

    ``rank`` orders grids by code.  ``narrow`` are the faces too narrow to decide about.
    """

    choice: Mapping[int, int]
    before: Mapping[int, int]
    rank: Sequence[int]
    narrow: frozenset[int]


@dataclass(slots=True)
class Allotment:
    """``who[i]`` gets face ``i``; ``why`` has an entry for each face that had to be decided."""

    who: NDArray[np.int64]
    why: dict[int, Why] = field(default_factory=dict)


def allot(faces: Faces, gaps: Iterable[int], wishes: Wishes) -> Allotment:
    """Give every face in doubt an owner.

    Ground outside the parent goes to nobody, whatever else is said.  Then the planner's choice and the owner before;
    then overlaps go to the claimant, and gaps to the neighbour, with the longest shared edge, and of equal ones the
    smallest code.  The smallest face comes first and at once counts as its owner's, so that chains fill inward.

    Args:
        faces: all faces.
        gaps: the faces without an owner that are to get one.
        wishes: what goes before geometry.
    """
    missing = set(gaps)
    allotment = Allotment(np.full(len(faces), LEFT, np.int64))
    for number, owners in enumerate(faces.owners):
        if not faces.held[number]:
            allotment.who[number] = NOBODY
            if owners:
                allotment.why[number] = "clip"
        elif number in missing or len(owners) > 1:
            _wish(number, wishes, allotment)
        elif owners:
            allotment.who[number] = owners[0]
    _by_edges([n for n, owners in enumerate(faces.owners) if len(owners) > 1], faces, wishes, allotment)
    _by_edges(sorted(missing), faces, wishes, allotment)
    return allotment


def _wish(number: int, wishes: Wishes, allotment: Allotment) -> None:
    allotment.who[number] = OPEN
    if number in wishes.choice:
        allotment.who[number], allotment.why[number] = wishes.choice[number], "choice"
    elif number in wishes.before:
        allotment.who[number], allotment.why[number] = wishes.before[number], "before"


def _by_edges(numbers: Sequence[int], faces: Faces, wishes: Wishes, allotment: Allotment) -> None:
    """Decide faces by the longest shared edge, smallest first; one that meets no owner waits for a neighbour."""
    waiting = {number for number in numbers if allotment.who[number] == OPEN}
    queue = [(round(float(faces.area_m2[number]), 9), number) for number in sorted(waiting)]
    heapq.heapify(queue)
    while queue:
        _, number = heapq.heappop(queue)
        if number not in waiting:
            continue
        candidates = faces.owners[number]
        owner, tied = longest_edge(number, faces, allotment.who, wishes.rank, candidates)
        if owner == OPEN and candidates:
            owner, tied = min(candidates, key=lambda grid: wishes.rank[grid]), True
        if owner == OPEN:
            continue
        waiting.discard(number)
        allotment.who[number] = owner
        allotment.why[number] = "snap" if number in wishes.narrow else "smallest-code" if tied else "longest-edge"
        for neighbour in faces.shared[number]:
            if neighbour in waiting:
                heapq.heappush(queue, (round(float(faces.area_m2[neighbour]), 9), neighbour))


def longest_edge(
    number: int, faces: Faces, who: NDArray[np.int64], rank: Sequence[int], candidates: Sequence[int] = ()
) -> tuple[int, bool]:
    """Return the grid whose ground shares the longest edge with a face, and whether another's is as long.

    Of equal ones it is the smallest code.  ``OPEN`` where no candidate has ground beside it; without candidates,
    any grid may be it.
    """
    lengths: defaultdict[int, float] = defaultdict(float)
    for neighbour, metres in faces.shared[number].items():
        grid = int(who[neighbour])
        if grid >= 0 and (not candidates or grid in candidates):
            lengths[grid] += metres
    if not lengths:
        return OPEN, False
    longest = max(lengths.values())
    best = [grid for grid, metres in lengths.items() if metres > longest - _GRAIN_M]
    return min(best, key=lambda grid: rank[grid]), len(best) > 1
