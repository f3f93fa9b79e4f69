"""Whose ground is this point?  One owner, by one rule (decision 3), in two forms that give the same answers.

A point belongs to the deepest grid whose closed polygon covers it; of several at that depth, to the one with the
smallest code, codes compared as text.  Points are moved to the lattice first, boundaries lie on it already, and all
arithmetic is exact for the doubles of the lattice, so there is no tolerance anywhere.
``database/sql/owner_of_points.sql`` says the same in SQL.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grid_boundaries.locate.answers import Located

NOBODY = -1
"""The owner index of a point that lies in no grid."""

UNDECIDED = -2
"""The owner index of a point that takes a longer look."""


class Locator(Protocol):
    """An immutable set of grids that answers whose ground a point is; safe to ask from many threads.

    ``codes`` are sorted as text, and every index counts along them; ``parents`` holds the index of each grid's
    parent, or ``NOBODY`` where it is not among the grids.  Gaps, overlaps and missing levels are allowed: nothing is
    taken for granted about the coverage.
    """

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the grids, sorted."""

    @property
    def parents(self) -> NDArray[np.int32]:
        """The index of each grid's parent."""

    def locate(self, lon: float, lat: float) -> Located:
        """Return the owner of one point and how the point lies in it.

        Raises:
            CoordinateError: the point is not finite or out of range.
        """

    def owner_inside(self, lon: float, lat: float) -> int:
        """Return the owner of a point that lies inside it and in no other grid of its rank, as quickly as can be.

        ``NOBODY`` when there is no owner, ``UNDECIDED`` when ``locate`` has to be asked: on an edge, where grids
        overlap, and for what is no point on earth.
        """

    def locate_many(self, lons: ArrayLike, lats: ArrayLike) -> NDArray[np.int32]:
        """Return the index of each point's owner, in input order; ``NOBODY`` where there is none.

        Raises:
            CoordinateError: the first point that is not finite or out of range.
            ValueError: the two arrays are not one-dimensional and of one length.
        """

    def chain(self, index: int) -> list[int]:
        """Return the indices of a grid and its ancestors, root first."""

    def nearest(self, lon: float, lat: float) -> tuple[int, float]:
        """Return the grid nearest to a point and its geodesic distance in metres; 0 inside a grid.

        Equal distances (to a millimetre) are settled as ownership is: the deepest grid, then the smallest code.

        Raises:
            CoordinateError: the point is not finite or out of range.
            ValueError: there is no grid.
        """


def columns_of(lons: ArrayLike, lats: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two lists of degrees as arrays.

    Raises:
        ValueError: the two are not one-dimensional and of one length.
    """
    all_lons, all_lats = np.ascontiguousarray(lons, np.float64), np.ascontiguousarray(lats, np.float64)
    if all_lons.ndim != 1 or all_lons.shape != all_lats.shape:
        raise ValueError(f"lons and lats are one list each, equally long; got {all_lons.shape}, {all_lats.shape}")
    return all_lons, all_lats
