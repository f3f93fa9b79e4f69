"""Panlong in memory, and points of four kinds, for every row alike."""

from __future__ import annotations

from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_service.demo.panlong import DemoDistrict, make_panlong
from grid_boundaries.locate.locator import Locator
from grid_boundaries.partition import Grid

RANKS = {"district": 1, "street": 2, "community": 3, "unit_grid": 4, "micro_grid": 5}
SEED = 20_260_701


@cache
def panlong() -> DemoDistrict:
    """The demo district."""
    return make_panlong()


@cache
def locator() -> Locator:
    """The locator of the demo district."""
    return Locator.build(panlong().grids, RANKS)


def unit_grids() -> list[Grid]:
    """The unit grids."""
    return [grid for grid in panlong().grids if grid.level == "unit_grid"]


def points_inside(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Random points of the district, the same in each run."""
    [district] = [grid.shape for grid in panlong().grids if grid.level == "district"]
    west, south, east, north = district.bounds
    random = np.random.default_rng(SEED)
    lons, lats = random.uniform(west, east, 3 * count), random.uniform(south, north, 3 * count)
    shapely.prepare(district)
    inside = np.flatnonzero(shapely.contains_xy(district, lons, lats))[:count]
    return lons[inside], lats[inside]
