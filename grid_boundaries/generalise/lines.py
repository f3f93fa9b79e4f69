"""Lines between junctions: what two neighbours have in common, taken out of the rings of a whole tree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.generalise.rings import Ids, Mask, Rings

_INSIDE = 2  # edges that meet in a point inside a line


@dataclass(frozen=True, slots=True)
class Lines:
    """Each line once, in a direction that depends on its points alone.

    ``ids[first[i]:first[i] + size[i]]`` are the points of line ``i``, both ends included; a ring without junctions
    is one line that ends where it begins, at its smallest point.  ``line_of[p]`` is the line of the edge that
    leaves place ``p`` of the rings, -1 where the shape was left out.  ``is_end`` tells which points end a line.
    """

    ids: Ids
    first: Ids
    size: Ids
    line_of: Ids
    is_end: Mask

    @classmethod
    def of(cls, rings: Rings, chosen: Mask) -> Lines:
        """Find the lines of the chosen shapes of some rings.

        A junction is a point where not exactly two different edges meet.  Which grids an edge belongs to plays no
        part: where owners change, another edge leads away.
        """
        edges = np.flatnonzero(np.repeat(chosen[rings.shape_of_ring], rings.size))
        following = rings.following()
        is_end = rings.degrees(np.unique(rings.edge_keys()[edges])) != _INSIDE
        _begin_loops(rings, chosen, is_end)
        begins = edges[is_end[rings.ids[edges]]]
        stops, length, line_of_edge = _follow(rings, begins, edges)
        before = np.empty_like(following)
        before[following] = np.arange(len(following))
        many = len(rings.points)
        forth = rings.ids[begins] * many + rings.ids[following[begins]]
        back = rings.ids[stops] * many + rings.ids[before[stops]]
        _, sample, line = np.unique(np.minimum(forth, back), return_index=True, return_inverse=True)
        line_of = np.full(len(rings.ids), -1)
        line_of[edges] = line[line_of_edge]
        size = length[sample] + 1
        first = np.cumsum(size) - size
        along = np.arange(int(size.sum())) - np.repeat(first, size)
        turned = np.repeat(back[sample] < forth[sample], size)
        along = np.where(turned, np.repeat(size, size) - 1 - along, along)
        ring = rings.ring_of[begins[sample]]
        start = np.repeat(begins[sample] - rings.first[ring], size)
        places = np.repeat(rings.first[ring], size) + (start + along) % np.repeat(rings.size[ring], size)
        return cls(rings.ids[places], first, size, line_of, is_end)

    def __len__(self) -> int:
        return len(self.first)

    @property
    def line_of_point(self) -> Ids:
        """The line of each of ``ids``."""
        return np.repeat(np.arange(len(self.first)), self.size)


def _begin_loops(rings: Rings, chosen: Mask, is_end: Mask) -> None:
    """Let a ring that has no junction begin at its smallest point, which all who share it have."""
    if not len(rings.first):
        return
    alone = ~np.logical_or.reduceat(is_end[rings.ids], rings.first) & chosen[rings.shape_of_ring]
    is_end[np.minimum.reduceat(rings.ids, rings.first)[alone]] = True


def _follow(rings: Rings, begins: Ids, edges: Ids) -> tuple[Ids, Ids, NDArray[np.int64]]:
    """Return where the pieces of rings stop that begin at some places, how many edges they have, and each edge's."""
    ring = rings.ring_of
    ring_of_begin = ring[begins]
    number = np.arange(len(begins))
    opens = np.append(np.ones(min(1, len(begins)), np.bool_), ring_of_begin[1:] != ring_of_begin[:-1])
    first_in_ring = np.maximum.accumulate(np.where(opens, number, 0))
    closes = np.append(opens[1:], np.ones(min(1, len(begins)), np.bool_))
    after = np.where(closes, first_in_ring, number + 1)
    stops = begins[after]
    length = np.where(closes, stops + rings.size[ring_of_begin] - begins, stops - begins)
    piece = np.searchsorted(begins, edges, side="right") - 1
    last_in_ring = np.zeros(len(rings.first), np.int64)
    last_in_ring[ring_of_begin[closes]] = number[closes]
    wraps = (piece < 0) | (ring_of_begin[piece] != ring[edges])
    return stops, length, np.where(wraps, last_in_ring[ring[edges]], piece)
