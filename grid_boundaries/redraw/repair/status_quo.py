"""Grids that are again where they were: given their published vertices back, to the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.arrangement import Ground as Owned
from grid_boundaries.check.arrangement import arrange
from grid_boundaries.check.cancellation import cancel
from grid_boundaries.check.edges import PARENT
from grid_boundaries.check.frame import Frame
from grid_boundaries.check.rules import NOISE_STEPS
from grid_boundaries.check.unmatched import match_vertices
from grid_boundaries.partition import LATTICE_DEG
from grid_boundaries.redraw.repair.ground import Ground
from grid_boundaries.redraw.repair.rebuild import same_edges

_NEAR = 2.0


def restore(ground: Ground, touched: Iterable[int], before: Mapping[str, BaseGeometry]) -> set[int]:
    """Give touched grids that differ from the published ones by rounding alone those back; return which.

    Nodes that a fault and its repair have left behind go with that.  Where a neighbour needs them, the
    grid keeps them.
    """
    candidates = {
        number
        for number in touched
        if number != ground.outline
        and (published := before.get(ground.codes[number])) is not None
        and not same_edges(ground.shapes[number], published)
        and _alike(ground.shapes[number], published)
    }
    at_fault = _at_fault(ground) if candidates else set()
    drawn = {number: ground.shapes[number] for number in candidates}
    while candidates:
        for number in candidates:
            ground.shapes[number] = before[ground.codes[number]]
        wrong = _at_fault(ground) - at_fault
        if not wrong:
            return candidates
        stay = candidates & wrong or candidates
        for number in stay:
            ground.shapes[number] = drawn[number]
        candidates = candidates - stay
    return set()


def _alike(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Return whether no vertex of either is farther from the other's edge than two roundings take it."""
    edges = [shapely.boundary(shape) for shape in (one, other)]
    return bool(shapely.hausdorff_distance(*edges) <= NOISE_STEPS * LATTICE_DEG)


def _at_fault(ground: Ground) -> set[int]:
    """Return the shapes whose edges do not meet others as they should, by number."""
    edges, members = ground.edges()
    left = edges.pick(cancel(edges).left)
    found: set[int] = set()
    for family in np.unique(left.family).tolist():
        parent = ground.parents[family]
        unmatched, rest = match_vertices(left.pick(left.family == family))
        owners = {vertex.lacking for vertex in unmatched if vertex.lacking != PARENT or parent != ground.outline}
        owners |= {holder for vertex in unmatched if vertex.lacking in owners for holder in vertex.holders}
        if len(rest) and parent is not None:
            owners |= set(rest.owner.tolist())
        elif len(rest):
            frame = Frame.around(rest)
            own = np.flatnonzero(ground.family[members] == family)
            pieces = arrange(rest, Owned(ground.shapes[members[own]], None), frame).pieces
            shapes = np.array([piece.shape for piece in pieces], dtype=object)
            near = STRtree(frame.lines(rest)).query(shapes, predicate="dwithin", distance=_NEAR)[1]
            owners |= set(rest.owner[near].tolist())
        numbers = {int(members[owner]) for owner in owners if owner != PARENT}
        found |= numbers | ({parent} if PARENT in owners and parent is not None else set())
    return found
