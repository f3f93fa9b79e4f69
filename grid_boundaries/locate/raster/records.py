"""The records of cells that edges cross: which grids they tell apart, and by which edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.locate.raster.arrays import BITS, GOES_ON, IS_LONG
from grid_boundaries.locate.raster.edges import Edges, Places, Points, are_long, exactly
from grid_boundaries.locate.raster.pairs import Pairs

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Order:
    """In which order grids own ground: ``place`` of each grid, and along the places its number and its rank."""

    place: NDArray[np.int64]
    number: NDArray[np.int32]
    rank: NDArray[np.int32]

    @classmethod
    def of(cls, ranks: NDArray[np.int32]) -> Order:
        """Return the order of grids by their ranks: the deepest first, then the smallest number."""
        number = np.lexsort((np.arange(len(ranks)), -ranks)).astype(np.int32)
        place = np.empty(len(ranks), dtype=np.int64)
        place[number] = np.arange(len(ranks))
        return cls(place, number, ranks[number])


@dataclass(frozen=True, slots=True)
class Records:
    """Records as ``Raster`` has them; ``cells`` are the cells in order, ``first`` the first record of each."""

    cells: NDArray[np.int64]
    first: NDArray[np.int64]
    edge_counts: NDArray[np.int64]
    grid_counts: NDArray[np.int64]
    inside: NDArray[np.uint16]
    grids: NDArray[np.int32]
    ends: NDArray[np.int32]
    masks: NDArray[np.uint16]

    @classmethod
    def none(cls) -> Self:
        """Return no records."""
        nothing = np.empty(0, np.int64)
        words, numbers = nothing.astype(np.uint16), nothing.astype(np.int32)
        return cls(nothing, nothing, nothing, nothing, words, numbers, numbers.reshape(0, 4), words)


def make_records(
    crossed: Pairs, held: Pairs, edges: Edges, order: Order, corners_of: Callable[[Places], Points]
) -> Records:
    """Return the records of all cells that come in the pairs.

    Args:
        crossed: cells and the places of edges that may cross them.
        held: cells and the grids that hold their reference place.
        edges: all edges.
        order: of all grids.
        corners_of: gives x and y of the first step of cells.
    """
    many = len(order.place)
    if not len(held.cell) and not len(crossed.cell):
        return Records.none()
    of_crossing, grid = edges.each_grid(crossed.other)
    crossing_keys = crossed.cell[of_crossing] * many + order.place[grid]
    keys, place = np.unique(
        np.concatenate([crossing_keys, held.cell * many + order.place[held.other]]), return_inverse=True
    )
    by_edge, by_hold = place[: len(crossing_keys)], place[len(crossing_keys) :]
    is_held, has_edge = np.zeros(len(keys), np.bool_), np.zeros(len(keys), np.bool_)
    is_held[by_hold] = True
    has_edge[by_edge] = True

    # What lies all under a grid that holds the whole cell owns nothing there: such a grid is the ground of the cell.
    cell, rank = keys // many, order.rank[keys % many]
    begins = np.flatnonzero(np.diff(cell, prepend=-1))
    of_cell = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(cell)))
    ground = np.maximum.reduceat(np.where(is_held & ~has_edge, rank, np.iinfo(np.int32).min), begins)
    counts_here = rank >= ground[of_cell]

    # Bits and records of those that are left.
    left = np.cumsum(counts_here) - counts_here
    within = left - left[begins][of_cell]
    counts = np.add.reduceat(counts_here.astype(np.int64), begins)
    first = np.cumsum(-(-counts // BITS)) - (-(-counts // BITS))
    record = first[of_cell] + within // BITS
    bit = (np.uint16(1) << (within % BITS).astype(np.uint16)).astype(np.uint16)
    grid_counts = np.bincount(record[counts_here])
    record_of_grid = record[counts_here]

    # Edges of each record, once each, with the bits of all who have them.
    there = counts_here[by_edge]
    pair = by_edge[there]
    edge = crossed.other[of_crossing[there]]
    edge_keys = record[pair] * len(edges.points) + edge
    sorting = np.argsort(edge_keys, kind="stable")
    edge_keys = edge_keys[sorting]
    edge_begins = np.flatnonzero(np.diff(edge_keys, prepend=-1))
    masks = np.bitwise_or.reduceat(bit[pair[sorting]], edge_begins) if len(edge_begins) else np.empty(0, np.uint16)
    of_record, edge = np.divmod(edge_keys[edge_begins], len(edges.points))
    cell_of_record = np.repeat(np.arange(len(begins)), -(-counts // BITS))
    ends, is_below = _local(edges, edge, corners_of(cell[begins])[cell_of_record[of_record]])

    inside = np.zeros(len(grid_counts), dtype=np.uint16)
    np.bitwise_or.at(inside, record_of_grid, np.where(is_held[counts_here], bit[counts_here], 0).astype(np.uint16))
    np.bitwise_xor.at(inside, of_record[is_below], masks[is_below])
    goes_on = np.ones(len(inside), np.bool_)
    goes_on[first + -(-counts // BITS) - 1] = False
    inside[goes_on] |= np.uint16(GOES_ON)
    return Records(
        cells=cell[begins],
        first=first,
        edge_counts=np.bincount(of_record, minlength=len(inside)),
        grid_counts=grid_counts,
        inside=inside,
        grids=order.number[keys[counts_here] % many],
        ends=ends,
        masks=masks,
    )


def _local(edges: Edges, chosen: Places, corners: Points) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return edges in steps from the corner of their cell, and which cross its left side's line below the cell."""
    points = edges.points[chosen] - np.hstack([corners, corners])
    is_below = crossing_heights(points) < 0
    long = are_long(edges.points)
    places = np.cumsum(long) - 1
    standing = np.flatnonzero(long[chosen])
    points[standing] = 0
    points[standing, 0] = IS_LONG
    points[standing, 1] = places[chosen[standing]]
    return points.astype(np.int32), is_below


def crossing_heights(points: Points) -> Places:
    """Return the first whole height at or above which an edge crosses the line x = -½; ``NEVER`` where it does not.

    Exact.  Edges in steps from a cell's corner.
    """
    crosses = (points[:, 0] < 0) != (points[:, 2] < 0)
    heights = np.full(len(points), NEVER)
    heights[crosses] = exactly(_crossing_heights, points[crosses])
    return heights


def _crossing_heights(points: Points) -> Places:
    ax, ay, bx, by = points.T
    dx, dy = bx - ax, by - ay
    # ay + (-½ - ax) dy / dx, rounded up.
    heights: Places = ay - ((1 + 2 * ax) * dy * np.sign(dx)) // (2 * np.abs(dx))
    return heights
