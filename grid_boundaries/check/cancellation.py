"""Exact edge cancellation: the proof that every point has one owner (decision 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.check.edges import Edges

_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_STIR = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Which edges met exactly one opposite copy of themselves.

    ``forward`` and ``backward`` number the two edges of each cancelled pair, sorted by the key of the undirected
    edge and, under one key, by its lattice points: an order that depends on nothing but the set of edges.
    ``left`` numbers the edges that are left over, in the order of the input.
    """

    forward: NDArray[np.intp]
    backward: NDArray[np.intp]
    left: NDArray[np.intp]


def cancel(edges: Edges) -> Cancellation:
    """Pair each edge with the only other edge on the same two points, if that one runs the other way.

    Crossing an edge changes the number of owners by the copies that run one way less those that run the other.
    Where every edge meets one opposite copy, that number is the same in the whole plane; with the parent's edges
    reversed it is one at infinity.  So nothing left over proves one owner for every point of the parent and none
    outside it, with no tolerance, no noding and no predicate: holes, enclaves and parts need no special care.
    The proof asks for rings that are valid one by one (``validity``).

    Edges are brought together by a 64-bit key of their points and family, then compared point by point: a key
    that two different edges share costs time, never the proof.
    """
    if not len(edges):
        nothing = np.zeros(0, np.intp)
        return Cancellation(nothing, nothing, nothing)
    keys = edge_keys(edges)
    order = np.argsort(keys)
    ordered = keys[order]
    begins = np.flatnonzero(np.concatenate([np.ones(1, np.bool_), ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.append(begins, len(ordered)))
    twos = begins[sizes == 2]  # noqa: PLR2004  a pair is two
    one, other = order[twos], order[twos + 1]
    met = _opposite(edges, one, other)
    in_doubt = np.ones(len(ordered), np.bool_)
    in_doubt[twos[met]] = False
    in_doubt[twos[met] + 1] = False
    one, other = one[met], other[met]
    doubtful = np.sort(order[in_doubt])
    if len(doubtful):
        more, others, left = _cancel_by_points(edges, doubtful)
        if len(more):  # only where two edges share a key
            at = np.argsort(keys[np.concatenate([one, more])], kind="stable")
            one, other = np.concatenate([one, more])[at], np.concatenate([other, others])[at]
    else:
        left = doubtful
    ahead = _runs_forward(edges, one)
    return Cancellation(np.where(ahead, one, other), np.where(ahead, other, one), left)


def edge_keys(edges: Edges) -> NDArray[np.uint64]:
    """Return a 64-bit key for each edge: the same both ways, different by family."""
    with np.errstate(over="ignore"):
        keys = _scatter(_point_keys(edges.start) + _point_keys(edges.end))
        if edges.family.any():
            keys ^= _scatter(edges.family.astype(np.uint64) * _STIR)
    return keys


def _point_keys(points: NDArray[np.int64]) -> NDArray[np.uint64]:
    return _scatter(points[:, 0].astype(np.uint64) * _ODD + points[:, 1].astype(np.uint64))


def _scatter(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the keys with their bits spread (the finaliser of SplitMix64)."""
    keys = (keys ^ (keys >> np.uint64(30))) * _MIX
    keys = (keys ^ (keys >> np.uint64(27))) * _STIR
    return keys ^ (keys >> np.uint64(31))


def _opposite(edges: Edges, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return where two edges run between the same points, against each other, in one family."""
    same: NDArray[np.bool_] = (
        _same_points(edges.start[one], edges.end[other])
        & _same_points(edges.end[one], edges.start[other])
        & (edges.family[one] == edges.family[other])
    )
    return same


def _same_points(these: NDArray[np.int64], those: NDArray[np.int64]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (these[:, 0] == those[:, 0]) & (these[:, 1] == those[:, 1])
    return same


def _runs_forward(edges: Edges, which: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return whether the edges run from their smaller point (by longitude, then latitude) to the larger."""
    start, end = edges.start[which], edges.end[which]
    forward: NDArray[np.bool_] = (start[:, 0] < end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] < end[:, 1]))
    return forward


def _cancel_by_points(
    edges: Edges, which: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Cancel among the chosen edges by sorting their points; return the pairs and what is left, in order."""
    forward = _runs_forward(edges, which)[:, None]
    start, end = edges.start[which], edges.end[which]
    low, high = np.where(forward, start, end), np.where(forward, end, start)
    points = np.column_stack([edges.family[which], low, high])
    order = np.lexsort(points.T[::-1])
    new = np.concatenate([np.ones(1, np.bool_), (points[order][1:] != points[order][:-1]).any(axis=1)])
    begins = np.flatnonzero(new)
    twos = begins[np.diff(np.append(begins, len(order))) == 2]  # noqa: PLR2004  a pair is two
    one, other = which[order[twos]], which[order[twos + 1]]
    met = _opposite(edges, one, other)
    left = np.ones(len(which), np.bool_)
    left[order[twos[met]]] = False
    left[order[twos[met] + 1]] = False
    return one[met], other[met], which[left]
