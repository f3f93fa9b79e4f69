"""What an area touches: grids by the share that it covers, what stands on it, who is to be called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis_service.domain.staff import StaffMember
from grid_boundaries.measure import areas_m2


@dataclass(frozen=True, slots=True)
class AreaQuestion:
    """An area to look up: a valid polygon or multipolygon in degrees (WGS 84), its edge included.

    ``edition`` or ``at`` choose the edition, neither: now.  ``level`` None asks for the grids that have none below.
    Lists end after ``limit`` entries.
    """

    shape: BaseGeometry
    edition: int | None = None
    at: datetime | None = None
    level: str | None = None
    limit: int = 1000


class StoredGrid(NamedTuple):
    """A grid of an edition with its geodesic area; ``shape`` None where it is not needed, or all of it is covered."""

    code: str
    name: str
    level: str
    parent: str | None
    area_m2: float
    shape: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class TouchedGrid:
    """A grid that shares ground with an area: how much, which share of the grid that is, and whether it is all."""

    code: str
    name: str
    level: str
    parent: str | None
    area_m2: float
    share: float
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How many buildings stand somewhere, and how many households they have."""

    buildings: int
    households: int


@dataclass(frozen=True, slots=True)
class AreaAnswer:
    """What an area touches in one edition.

    ``grids`` are by code; ``above`` are those of the levels above them, or that have others below, root first.
    ``staff`` is None for who may not see it.  ``grids_total`` counts those left out too; ``truncated`` names the
    lists that go on.
    """

    edition: int
    area_m2: float
    grids: Sequence[TouchedGrid]
    grids_total: int
    above: Sequence[TouchedGrid]
    standing: Standing
    staff: Sequence[StaffMember] | None
    truncated: frozenset[str]


def find_touched(
    area: BaseGeometry, covered: Iterable[StoredGrid], near_edge: Sequence[StoredGrid]
) -> dict[str, StoredGrid]:
    """Return the grids whose interior an area meets, by code, without the shapes of those that are whole.

    Decided exactly; a common edge or corner is no common ground.

    Args:
        area: a valid polygon or multipolygon in degrees.
        covered: grids known to lie in the area, without shapes.
        near_edge: grids with shapes, wherever they lie.
    """
    shapely.prepare(area)
    touched = {one.code: one for one in covered}
    shapes = np.array([one.shape for one in near_edge], dtype=np.object_)
    is_whole = shapely.covers(area, shapes)
    is_touched = is_whole.copy()
    is_touched[~is_whole] = shapely.intersects(area, shapes[~is_whole])
    is_open = is_touched & ~is_whole
    is_touched[is_open] = ~shapely.touches(area, shapes[is_open])
    for index in np.flatnonzero(is_touched).tolist():
        grid = near_edge[index]
        touched[grid.code] = grid._replace(shape=None) if is_whole[index] else grid
    return touched


def measure_touched(area: BaseGeometry, grids: Sequence[StoredGrid]) -> list[TouchedGrid]:
    """Return how much of each grid an area covers, in their order; on the ellipsoid.

    Args:
        area: a valid polygon or multipolygon in degrees.
        grids: as ``find_touched`` returns them.
    """
    cut = [one.shape for one in grids if one.shape is not None]
    common_m2 = iter(areas_m2(shapely.intersection(np.array(cut, dtype=np.object_), area).tolist()))
    return [_touched(one, one.area_m2 if one.shape is None else next(common_m2)) for one in grids]


def _touched(grid: StoredGrid, area_m2: float) -> TouchedGrid:
    is_whole = grid.shape is None
    share = 1.0 if is_whole else min(area_m2 / grid.area_m2, 1.0)
    return TouchedGrid(grid.code, grid.name, grid.level, grid.parent, area_m2, share, is_whole)


def count_covered(area: BaseGeometry, inside: Standing, near_edge: Iterable[NDArray[np.float64]]) -> Standing:
    """Count the buildings that an area covers, its edge included.

    Args:
        area: a valid polygon or multipolygon in degrees.
        inside: those that are known to be covered.
        near_edge: others, some at a time: longitude, latitude, households a row.
    """
    shapely.prepare(area)
    buildings, households = inside.buildings, inside.households
    for some in near_edge:
        is_covered = shapely.intersects_xy(area, some[:, 0], some[:, 1])
        buildings += int(is_covered.sum())
        households += int(some[is_covered, 2].sum())
    return Standing(buildings, households)


def chain_codes(code: str, touched: Mapping[str, StoredGrid]) -> list[str]:
    """Return a grid and its ancestors, root first, as far as the area touches them."""
    chain: list[str] = []
    grid = touched.get(code)
    while grid is not None and grid.code not in chain:
        chain.append(grid.code)
        grid = touched.get(grid.parent or "")
    return chain[::-1]
