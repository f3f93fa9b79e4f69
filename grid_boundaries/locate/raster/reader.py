"""Asks a raster: by the compiled kernel where there is one, else by NumPy and, where edges cross, by ``exact``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from grid_boundaries.locate.answers import Located, Match
from grid_boundaries.locate.raster.arrays import NOBODY, Raster
from grid_boundaries.locate.raster.exact import covering
from grid_boundaries.partition import to_lattice

try:
    from grid_boundaries.locate.raster.kernel import Kernel
except ImportError:
    HAS_KERNEL = False
else:
    HAS_KERNEL = True

UNDECIDED = -2
"""Where ``exact.covering`` has to be asked."""


class Reader(Protocol):
    """A raster ready to be asked; places are degrees."""

    def owner_inside(self, lon: float, lat: float) -> int:
        """Return the owner of a place that lies inside it and in no other grid of its rank, ``NOBODY``, or
        ``UNDECIDED`` for any other place, also for one that is not on earth.
        """  # noqa: D205 - one sentence

    def answer_with(
        self,
        matches: list[Match],
        make: Callable[[Match, int, tuple[int, ...]], Located],
        nowhere: Located,
        exactly: Callable[[float, float], Located],
    ) -> None:
        """Say what ``locate`` answers: what is made of a match, an owner and no ties, ``nowhere``, or the exact."""

    def locate(self, lon: float, lat: float) -> Located:
        """Return the answer for a place; ``exactly`` is asked, and raises, where ``owner_inside`` is undecided."""

    def owners(self, lons: NDArray[np.float64], lats: NDArray[np.float64], out: NDArray[np.int32]) -> None:
        """Write the owner of every place, ``NOBODY`` or ``UNDECIDED``; all places lie on earth."""


def make_reader(raster: Raster, ranks: NDArray[np.int32]) -> Reader:
    """Return the fastest reader there is."""
    return Kernel(raster, ranks) if HAS_KERNEL else PlainReader(raster)


class PlainReader:
    """Reads the cells that have one owner; every other place is undecided."""

    def __init__(self, raster: Raster) -> None:
        self._raster = raster

    def answer_with(
        self,
        matches: list[Match],
        make: Callable[[Match, int, tuple[int, ...]], Located],
        nowhere: Located,
        exactly: Callable[[float, float], Located],
    ) -> None:
        """Say what ``locate`` answers."""
        self._answers = matches, make, nowhere, exactly

    def locate(self, lon: float, lat: float) -> Located:
        """Return the answer for a place."""
        matches, make, nowhere, exactly = self._answers
        owner = self.owner_inside(lon, lat)
        if owner >= 0:
            return make(matches[owner], owner, ())
        return nowhere if owner == NOBODY else exactly(lon, lat)

    def owner_inside(self, lon: float, lat: float) -> int:
        """Return the owner of a cell, ``NOBODY`` or ``UNDECIDED``."""
        if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - degrees
            return UNDECIDED
        out = np.empty(1, dtype=np.int32)
        self.owners(np.array([lon]), np.array([lat]), out)
        return int(out[0])

    def owners(self, lons: NDArray[np.float64], lats: NDArray[np.float64], out: NDArray[np.int32]) -> None:
        """Write the owner of every place whose cell has one, ``NOBODY`` or ``UNDECIDED``."""
        frame = self._raster.frame
        column = (to_lattice(lons) - frame.west) >> frame.shift
        row = (to_lattice(lats) - frame.south) >> frame.shift
        is_in = (column >= 0) & (column < frame.columns) & (row >= 0) & (row < frame.rows)
        out[:] = NOBODY
        out[is_in] = np.maximum(self._raster.cells[(row * frame.columns + column)[is_in]], UNDECIDED)


def owner_of(raster: Raster, x: int, y: int) -> int:
    """Return the owner of a place in lattice steps, without doubt."""
    first = next(covering(raster, x, y), None)
    return NOBODY if first is None else first.grid
