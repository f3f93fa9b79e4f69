"""Panlong as it is stored, and points in it, for every row alike."""

from __future__ import annotations

from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.database import demo_url, open_work
from gis_service.domain.level import Level
from gis_service.snapshots.snapshot import Snapshot, build_snapshot
from grid_boundaries.locate.coordinates import quantise
from grid_boundaries.partition import Grid

EDITION = 1
SEED = 20_260_701


@cache
def panlong() -> tuple[Grid, ...]:
    """Return the grids of the demo's edition, all levels, by code."""
    with open_work(demo_url()) as work:
        return tuple(work.grids.of_edition(EDITION))


@cache
def levels() -> tuple[Level, ...]:
    """Return the levels of the tree, root first."""
    with open_work(demo_url()) as work:
        return tuple(sorted(work.levels.list_all(), key=lambda level: level.rank))


@cache
def snapshot() -> Snapshot:
    """Return what a worker holds of the demo's edition."""
    with open_work(demo_url()) as work:
        edition = work.editions.get(EDITION)
    if edition is None:
        msg = "the demo has no edition"
        raise LookupError(msg)
    return build_snapshot(edition, panlong(), levels())


def finest_grids() -> list[Grid]:
    """Return the grids without children, which tile the district, by code."""
    parents = {grid.parent for grid in panlong()}
    return [grid for grid in panlong() if grid.code not in parents]


def drawn_codes(rank: int) -> list[str]:
    """Return the codes of the grids that tiles draw where the level of a rank suits the zoom.

    They are the grids of that level, and those above it that end there.
    """
    ranks = {level.code: level.rank for level in levels()}
    ends = {grid.code for grid in finest_grids()}
    return [
        grid.code
        for grid in panlong()
        if ranks[grid.level or ""] == rank or (ranks[grid.level or ""] < rank and grid.code in ends)
    ]


def points_inside(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return random points of the district on the lattice, longitudes and latitudes, the same in each run."""
    [district] = [grid.shape for grid in panlong() if grid.parent is None]
    west, south, east, north = district.bounds
    drawn = int(1.1 * count * (east - west) * (north - south) / district.area) + 100
    random = np.random.default_rng(SEED)
    lons, lats = quantise(random.uniform(west, east, drawn), random.uniform(south, north, drawn))
    shapely.prepare(district)
    inside = np.flatnonzero(shapely.contains_xy(district, lons, lats))[:count]
    return lons[inside], lats[inside]
