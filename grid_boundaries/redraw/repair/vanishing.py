"""Grids that would lose all their ground: kept where they lie inside another, refused otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from grid_boundaries.check.coverage import Family
from grid_boundaries.redraw.repair.allot import Allotment
from grid_boundaries.redraw.repair.faces import Faces
from grid_boundaries.redraw.repair.rebuild import same_edges


@dataclass(frozen=True, slots=True)
class Vanishing:
    """Grids without ground: ``removed`` as somebody said, or ``refused``, to be left aside as they are."""

    removed: tuple[int, ...] = ()
    refused: tuple[int, ...] = field(default=())


def keep_inner_grids(affected: Sequence[int], faces: Faces, allotment: Allotment, family: Family) -> Vanishing:
    """Give grids that would vanish their ground back where another grid holds all of it and has more.

    What a planner chose stands.  A grid with the same polygon as another goes where a choice or the owner before
    decided; where only edges or codes did, it is refused, as is any other grid that cannot be kept.  One
    grid is refused at a time, the one with the largest code, since the others may then stay.
    """
    removed = []
    for grid in affected:
        if np.any(allotment.who == grid):
            continue
        own = [n for n, owners in enumerate(faces.owners) if grid in owners and faces.held[n]]
        chosen = any(allotment.why.get(n) == "choice" for n in own)
        if own and not chosen and _give_back(grid, own, faces, allotment):
            continue
        if own and _decided(own, allotment) and (chosen or _twin(grid, family)):
            removed.append(grid)
    lost = [grid for grid in affected if not np.any(allotment.who == grid) and grid not in removed]
    return Vanishing(tuple(removed), tuple(lost[-1:]))


def _give_back(grid: int, own: Sequence[int], faces: Faces, allotment: Allotment) -> bool:
    """Give a grid all its faces where one other grid owns them all too, and has more; return whether it could."""
    around = set.intersection(*(set(faces.owners[n]) for n in own)) - {grid}
    if not any(len(np.setdiff1d(np.flatnonzero(allotment.who == other), own)) for other in around):
        return False
    allotment.who[list(own)] = grid
    allotment.why.update(dict.fromkeys(own, "keep"))
    return True


def _decided(own: Sequence[int], allotment: Allotment) -> bool:
    return all(allotment.why.get(n) in {"choice", "before"} for n in own)


def _twin(grid: int, family: Family) -> bool:
    """Return whether another grid of the family has the same polygon."""
    return any(same_edges(shape, family.shapes[grid]) for number, shape in enumerate(family.shapes) if number != grid)
