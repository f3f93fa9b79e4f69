"""Grids that are again where they were: given their published vertices back, to the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.arrangement import Ground as Owned
from grid_boundaries.check.arrangement import arrange
from grid_boundaries.check.cancellation import cancel
from grid_boundaries.check.edges import PARENT, Edges
from grid_boundaries.check.frame import Frame
from grid_boundaries.check.unmatched import match_vertices
from grid_boundaries.redraw.repair.changes import boundaries_within
from grid_boundaries.redraw.repair.ground import Ground
from grid_boundaries.redraw.repair.rebuild import same_edges

_NEAR = 2.0  # lattice steps

_MILLIMETRE = 10.0
"""Lattice steps: noding narrow faces, once a pass, takes a corner farther than the noise of the check, not so far."""

_Fault: TypeAlias = tuple[int | None, tuple[int, int]]


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
        and boundaries_within(ground.shapes[number], published, _MILLIMETRE)
    }
    at_fault = _at_fault(ground) if candidates else set()
    drawn = {number: ground.shapes[number] for number in candidates}
    while candidates:
        for number in candidates:
            ground.shapes[number] = before[ground.codes[number]]
        wrong = {number for number, _ in _at_fault(ground) - at_fault}
        if not wrong:
            return candidates
        stay = candidates & wrong or set(candidates)
        for number in stay:
            ground.shapes[number] = drawn[number]
        candidates = candidates - stay
    return set()


def _at_fault(ground: Ground) -> set[_Fault]:
    """Return what does not meet as it should: points that a shape lacks, and edges beside pieces of ground."""
    edges, members = ground.edges()
    left = edges.pick(cancel(edges).left)
    found: set[_Fault] = set()
    for family in np.unique(left.family).tolist():
        parent = ground.parents[family]
        numbers = [*members.tolist(), parent]  # the last is the parent's, whose owner number is -1
        unmatched, rest = match_vertices(left.pick(left.family == family))
        for vertex in unmatched:
            if vertex.lacking != PARENT or parent != ground.outline:
                found |= {(numbers[who], vertex.point) for who in (vertex.lacking, *vertex.holders)}
        if parent is None and len(rest):
            own = np.flatnonzero(ground.family[members] == family)
            rest = _beside_pieces(rest, ground.shapes[members[own]])
        for who, *ends in zip(rest.owner.tolist(), rest.start.tolist(), rest.end.tolist(), strict=True):
            found |= {(numbers[who], (lon, lat)) for lon, lat in ends}
    return found


def _beside_pieces(left: Edges, shapes: NDArray[np.object_]) -> Edges:
    """Return the edges of shapes without a parent that are no outline."""
    frame = Frame.around(left)
    pieces = arrange(left, Owned(shapes, None), frame).pieces
    shapes_of = np.array([piece.shape for piece in pieces], dtype=object)
    near = STRtree(frame.lines(left)).query(shapes_of, predicate="dwithin", distance=_NEAR)[1]
    return left.pick(np.unique(near))
