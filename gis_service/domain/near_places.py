"""Which places of a long list lie within a few metres of one that comes earlier."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NONE = -1

_M_PER_DEG = 111_195.0
_REACH = 2  # cells of reach / sqrt(2): two of one cell are within reach, those farther off than two cells are not


def earlier_within(lons: NDArray[np.float64], lats: NDArray[np.float64], reach_m: float) -> NDArray[np.int64]:
    """Return for each place the index of an earlier one within reach, ``NONE`` where there is none.

    Distances are those on a sphere, exact to a per cent over such reaches.
    Time grows as the number of places, however many share one spot: of those in one cell only the first is compared
    with others.

    Args:
        lons: degrees, none of them NaN.
        lats: degrees, equally long.
        reach_m: metres, more than nothing.
    """
    count = len(lons)
    earlier = np.full(count, NONE, dtype=np.int64)
    if count < 2:  # noqa: PLR2004 - a pair
        return earlier
    cell_m = reach_m / np.sqrt(2.0)
    rows = np.floor(lats * _M_PER_DEG / cell_m).astype(np.int64)
    keys = _key(rows, _columns(lons, rows, cell_m))
    order = np.lexsort((np.arange(count), keys))
    in_order = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], in_order[1:] != in_order[:-1])))
    firsts = order[starts]
    earlier[order] = np.repeat(firsts, np.diff(np.append(starts, count)))
    earlier[firsts] = NONE
    cells, ends = in_order[starts], np.append(starts[1:], count)
    for row_step in range(-_REACH, _REACH + 1):
        columns = _columns(lons[firsts], rows[firsts] + row_step, cell_m)
        for column_step in range(-_REACH, _REACH + 1):
            near = _key(rows[firsts] + row_step, columns + column_step)
            places = np.minimum(np.searchsorted(cells, near), len(cells) - 1)
            met = np.flatnonzero((cells[places] == near) & (firsts[places] != firsts))
            for first, cell in zip(firsts[met].tolist(), places[met].tolist(), strict=True):
                others = order[starts[cell] : ends[cell]]
                others = others[others < first]
                east = (lons[others] - lons[first]) * np.cos(np.radians(lats[first]))
                close = np.hypot(east, lats[others] - lats[first]) * _M_PER_DEG <= reach_m
                if close.any():
                    found = int(others[np.argmax(close)])
                    earlier[first] = found if earlier[first] == NONE else min(found, int(earlier[first]))
    return earlier


def _columns(lons: NDArray[np.float64], rows: NDArray[np.int64], cell_m: float) -> NDArray[np.int64]:
    """Return the column of each place if it lay in that row of cells: each row has a width of its own."""
    cosines = np.cos(rows * np.radians(cell_m / _M_PER_DEG))
    columns: NDArray[np.int64] = np.floor(lons * _M_PER_DEG * cosines / cell_m).astype(np.int64)
    return columns


def _key(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    return rows * (1 << 31) + columns
