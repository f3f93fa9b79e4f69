"""The edges that may need a vertex: those that some family does not cancel, and what lies beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.check.batches import in_batches
from grid_boundaries.check.cancellation import cancel
from grid_boundaries.check.edges import Edges, edges_of, runs_forward
from grid_boundaries.check.families import Families, family_edges
from grid_boundaries.check.rules import NOISE_STEPS
from grid_boundaries.partition import Grid, to_lattice
from grid_boundaries.redraw.edges import Edge

_REACH = int(NOISE_STEPS) + 1  # steps

_Ends = NDArray[np.int64]
"""Edges run forward, one a row: longitude and latitude of the smaller point, then of the larger."""


def doubtful_edges(fresh: Sequence[Grid], others: Sequence[Grid]) -> dict[Edge, set[str]]:
    """Return edges, run forward, and the codes of all grids that have each: those that ``match`` need look at.

    Where a vertex lies on an edge and a neighbour's, child's or parent's edge ends in it, the family of the two has
    both left over when it is cancelled (``check.cancellation``): so edges that cancel in every family, as nearly all
    of an import do, need no look, and what is left over is few.  Edges whose box meets that of one left over come
    with it, since ground drawn twice may lie along lines that cancel.

    Args:
        fresh: grids of polygons that are new; edges away from the box around them are left out.
        others: grids of polygons around these.
    """
    grids = [*fresh, *others]
    if not fresh:
        return {}
    shapes = np.empty(len(grids), dtype=np.object_)
    shapes[:] = [grid.shape for grid in grids]
    fresh_box = _boxes_of(shapes[: len(fresh)])
    low, high = fresh_box[:, :2].min(axis=0) - _REACH, fresh_box[:, 2:].max(axis=0) + _REACH
    left = np.unique(np.concatenate(list(_left_over(grids, shapes))), axis=0)
    boxes = _boxes(left)
    is_near = np.logical_and((boxes[:, :2] <= high).all(axis=1), (boxes[:, 2:] >= low).all(axis=1))
    tree = shapely.STRtree(shapely.box(*(boxes[is_near] + [-_REACH, -_REACH, _REACH, _REACH]).T))
    near = np.unique(tree.query(shapely.box(*_boxes_of(shapes).T))[0])
    if not len(near):
        return {}
    edges = edges_of(shapes[near])
    ends = _forward(edges)
    beside = np.unique(tree.query(shapely.box(*_boxes(ends).T))[0])
    found: defaultdict[Edge, set[str]] = defaultdict(set)
    for (a, b, c, d), owner in zip(ends[beside].tolist(), near[edges.owner[beside]].tolist(), strict=True):
        found[(a, b), (c, d)].add(grids[owner].code)
    return dict(found)


def _left_over(grids: Sequence[Grid], shapes: NDArray[np.object_]) -> Iterator[_Ends]:
    """Yield the edges left over, some families at a time; grids whose parent is not there are one family."""
    places = {grid.code: number for number, grid in enumerate(grids)}
    parents = [grid.parent if grid.parent in places else None for grid in grids]
    numbers = {parent: number for number, parent in enumerate(dict.fromkeys(parents))}
    families = Families(
        codes=[grid.code for grid in grids],
        shapes=shapes,
        family=np.array([numbers[parent] for parent in parents], dtype=np.int32),
        parents=[None if parent is None else shapes[places[parent]] for parent in numbers],
        parent_codes=list(numbers),
        targets=[1.0] * len(numbers),
    )
    for batch in in_batches(families):
        edges = family_edges(batch, np.arange(len(batch.shapes)))
        yield _forward(edges.pick(cancel(edges).left))


def _forward(edges: Edges) -> _Ends:
    forward = runs_forward(edges.start, edges.end)[:, None]
    low, high = np.where(forward, edges.start, edges.end), np.where(forward, edges.end, edges.start)
    return np.concatenate([low, high], axis=1)


def _boxes(ends: _Ends) -> _Ends:
    """Return west, south, east and north of each edge, in steps."""
    return np.concatenate([np.minimum(ends[:, :2], ends[:, 2:]), np.maximum(ends[:, :2], ends[:, 2:])], axis=1)


def _boxes_of(shapes: NDArray[np.object_]) -> _Ends:
    """Return west, south, east and north of each shape, in steps."""
    return to_lattice(shapely.bounds(shapes))
