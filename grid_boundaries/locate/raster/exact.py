"""One place in one cell, read from its record as the rule says, in integers of any size.

Slow and without doubt: what the compiled kernel cannot decide comes here, and everything does where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from grid_boundaries.locate.raster.arrays import BITS, IS_LONG, NOBODY, Raster
from grid_boundaries.locate.raster.frame import TILE_SHIFT
from grid_boundaries.partition import LATTICE_PER_DEG

DOUBT = 13
"""The vertices of GEOS and PostGIS are doubles, up to 2^-15 steps beside the lattice; a place whose distance from an
edge is less than 2^-13 of a step or so is asked of the doubles, so that all forms of the rule see the same side."""


class Covering(NamedTuple):
    """A grid whose closed polygon covers a place; ``is_on_edge``: the place lies on its boundary."""

    grid: int
    is_on_edge: bool


def covering(raster: Raster, x: int, y: int) -> Iterator[Covering]:
    """Yield the grids that cover a place in lattice steps, in the order in which they own it.

    Grids that lie above one that holds the whole cell are left out.
    """
    frame = raster.frame
    row, column = (y - frame.south) >> frame.shift, (x - frame.west) >> frame.shift
    if not (0 <= row < frame.rows and 0 <= column < frame.columns):
        return
    code, shift = int(raster.cells[row * frame.columns + column]), frame.shift
    west, south = frame.west + (column << shift), frame.south + (row << shift)
    if code < NOBODY and code % 2:
        shift -= TILE_SHIFT
        row, column = (y - south) >> shift, (x - west) >> shift
        west, south = west + (column << shift), south + (row << shift)
        code = int(raster.tiles[((-3 - code) // 2 << 2 * TILE_SHIFT) + (row << TILE_SHIFT) + column])
    if code >= 0:
        yield Covering(code, is_on_edge=False)
    if code >= NOBODY:
        return
    record, goes_on = (-2 - code) // 2, True
    while goes_on:
        inside, goes_on = int(raster.inside[record]), bool(raster.inside[record] >> BITS)
        on = 0
        for place in range(int(raster.edge_starts[record]), int(raster.edge_starts[record + 1])):
            mask = int(raster.masks[place])
            is_on, is_crossed = _meet(_edge(raster, place, west, south), x, y, west)
            on |= mask * is_on
            inside ^= mask * is_crossed
        first = int(raster.grid_starts[record])
        for bit in range(int(raster.grid_starts[record + 1]) - first):
            if (inside | on) >> bit & 1:
                yield Covering(int(raster.grids[first + bit]), bool(on >> bit & 1))
        record += 1


def _edge(raster: Raster, place: int, west: int, south: int) -> tuple[int, int, int, int]:
    ax, ay, bx, by = raster.ends[place].tolist()
    if ax == IS_LONG:
        ax, ay, bx, by = raster.long_edges[ay].tolist()
        return ax, ay, bx, by
    return west + ax, south + ay, west + bx, south + by


def _meet(edge: tuple[int, int, int, int], x: int, y: int, west: int) -> tuple[bool, bool]:
    """Return whether a place is on an edge, and whether the way from there crosses it.

    The way goes a hair above the place to half a step west of the cell, and then down without end.
    """
    ax, ay, bx, by = edge
    side = _side(edge, x, y)
    if side == 0 and ay <= y <= by and min(ax, bx) <= x <= max(ax, bx):
        return True, False
    is_crossed = ay <= y < by and side < 0
    if (ax < west) == (bx < west):
        return False, is_crossed and ax >= west
    dx, dy = bx - ax, by - ay
    reach, rise = (2 * (west - ax) - 1) * dy, 2 * dx * (y - ay)
    is_left_below = reach <= rise if dx > 0 else reach >= rise
    # Where the edge meets the height of the place, is that right of the cell's left side?
    is_right = is_left_below == (bx >= west)
    return False, (is_crossed and is_right) != is_left_below


def _side(edge: tuple[int, int, int, int], x: int, y: int) -> int:
    """Return on which side of an edge a place lies: +1 left, 0 on its line, -1 right of the way from a up to b."""
    ax, ay, bx, by = edge
    dx, dy = bx - ax, by - ay
    turn = dx * (y - ay) - dy * (x - ax)
    is_plain = not (dx and dy) or (x, y) in {(ax, ay), (bx, by)}
    if abs(turn) <= (abs(dx) + abs(dy)) >> DOUBT and not is_plain:
        (ax_, ay_, bx_, by_), x_, y_ = (
            (Fraction(v / LATTICE_PER_DEG) for v in edge),
            *(Fraction(v / LATTICE_PER_DEG) for v in (x, y)),
        )
        exact = (bx_ - ax_) * (y_ - ay_) - (by_ - ay_) * (x_ - ax_)
        return (exact > 0) - (exact < 0)
    return (turn > 0) - (turn < 0)
