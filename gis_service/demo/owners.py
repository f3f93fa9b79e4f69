"""Whose ground is a place, and how many households live on each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely

from gis_service.domain.building import Building
from grid_boundaries.partition import Grid


def find_owners(grids: Sequence[Grid], lons: Sequence[float], lats: Sequence[float]) -> list[str | None]:
    """Return the owner of each place (degrees): the deepest grid that covers it, on a shared edge the smallest code.

    Written for the demo alone, which must not lean on what it is there to show.
    """
    inner = {grid.parent for grid in grids}
    leaves = [grid for grid in grids if grid.code not in inner]
    leaves.sort(key=lambda grid: (-len(grid.code), grid.code))
    tree = shapely.STRtree([leaf.shape for leaf in leaves])
    places, covering = tree.query(shapely.points(np.asarray(lons), np.asarray(lats)), predicate="intersects")
    first = np.full(len(lons), len(leaves))
    np.minimum.at(first, places, covering)
    return [leaves[index].code if index < len(leaves) else None for index in first.tolist()]


def count_households(grids: Sequence[Grid], buildings: Sequence[Building]) -> list[Grid]:
    """Return the grids with the households of the buildings on their ground; a parent has the sum of its parts."""
    parents = {grid.code: grid.parent for grid in grids}
    totals: Counter[str] = Counter()
    owners = find_owners(grids, [one.lon for one in buildings], [one.lat for one in buildings])
    for building, owner in zip(buildings, owners, strict=True):
        code = owner
        while code is not None:
            totals[code] += building.households
            code = parents[code]
    return [replace(grid, households=totals[grid.code]) for grid in grids]
