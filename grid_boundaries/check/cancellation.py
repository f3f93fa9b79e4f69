"""Exact edge cancellation: the proof that every point has one owner (decision 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.check.edges import Edges, runs_forward
from grid_boundaries.check.keys import edge_keys, family_first, leading_bits, sort_keys

_PAIR = 2


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Which edges met exactly one opposite copy of themselves.

    ``left`` numbers the edges that did not, in the order of the input.  ``met`` numbers one edge of each pair that
    did, and ``partner`` the other, by family, then by ``edge_keys``, and under one key by points: within a family an
    order that neither the input's nor the other families have a part in.
    """

    met: NDArray[np.intp]
    partner: NDArray[np.intp]
    left: NDArray[np.intp]


def cancel(edges: Edges) -> Cancellation:
    """Pair each edge with the only other edge on the same two points, if that one runs the other way.

    Crossing an edge changes the number of owners by the copies that run one way less those that run the other.
    Where every edge meets one opposite copy, that number is the same in the whole plane; with the parent's edges
    reversed it is one at infinity.  So nothing left over proves one owner for every point of the parent and none
    outside it, with no tolerance, no noding and no predicate: holes, enclaves and parts need no special care.
    The proof asks for rings that are valid one by one (``validity``).

    Edges are brought together by a key of their points and family, then compared point by point: a key that two
    different edges share costs time, never the proof.
    """
    whole_keys = edge_keys(edges)
    family_keys = family_first(whole_keys, edges.family)
    order, keys = sort_keys(family_keys)
    begins = np.flatnonzero(np.concatenate([np.ones(min(1, len(keys)), np.bool_), keys[1:] != keys[:-1]]))
    twos = begins[np.diff(np.append(begins, len(keys))) == _PAIR]
    one, other = order.take(twos), order.take(twos + 1)
    met = _opposite(edges, one, other)
    if met.all() and _PAIR * len(twos) == len(keys):
        return Cancellation(one, other, np.zeros(0, np.intp))
    in_doubt = np.ones(len(keys), np.bool_)
    in_doubt[twos[met]] = False
    in_doubt[twos[met] + 1] = False
    more, partners, left = _cancel_by_points(edges, np.sort(order[in_doubt]))
    by_key = np.lexsort((whole_keys[more], edges.family[more]))
    more, partners = more[by_key], partners[by_key]
    # Edges alone under their leading bits are sorted by the whole key too; the few others go in between.
    there = np.searchsorted(keys[twos[met]], leading_bits(family_keys[more], len(keys)))
    return Cancellation(np.insert(one[met], there, more), np.insert(other[met], there, partners), left)


def _opposite(edges: Edges, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return where two edges run between the same points, against each other, in one family."""
    same: NDArray[np.bool_] = (
        _same_points(edges.start.take(one, axis=0), edges.end.take(other, axis=0))
        & _same_points(edges.end.take(one, axis=0), edges.start.take(other, axis=0))
        & (edges.family.take(one) == edges.family.take(other))
    )
    return same


def _same_points(these: NDArray[np.int64], those: NDArray[np.int64]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (these[:, 0] == those[:, 0]) & (these[:, 1] == those[:, 1])
    return same


def _cancel_by_points(
    edges: Edges, which: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Cancel among the chosen edges by sorting family and points.

    Returns:
        One edge of each pair and the other, in the order of that sort; and what is left, in the order of ``which``.
    """
    forward = runs_forward(edges.start[which], edges.end[which])[:, None]
    start, end = edges.start[which], edges.end[which]
    low, high = np.where(forward, start, end), np.where(forward, end, start)
    points = np.column_stack([edges.family[which], low, high])
    order = np.lexsort(points.T[::-1])
    new = (points[order][1:] != points[order][:-1]).any(axis=1)
    begins = np.flatnonzero(np.concatenate([np.ones(min(1, len(which)), np.bool_), new]))
    twos = begins[np.diff(np.append(begins, len(order))) == _PAIR]
    one, other = which[order[twos]], which[order[twos + 1]]
    met = _opposite(edges, one, other)
    left = np.ones(len(which), np.bool_)
    left[order[twos[met]]] = False
    left[order[twos[met] + 1]] = False
    return one[met], other[met], which[left]
