"""The lookup that everybody writes first: Shapely's STRtree over the grids without children, polygons prepared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.partition import Grid

NOBODY = -1


class ReferenceTree:
    """Owners by a tree of boxes; of several that cover a point the first, as the locator says of grids by code."""

    def __init__(self, grids: Sequence[Grid]) -> None:
        self.codes = [grid.code for grid in grids]
        self._shapes = np.array([grid.shape for grid in grids], dtype=np.object_)
        self._tree = shapely.STRtree(self._shapes)
        shapely.prepare(self._shapes)

    def locate(self, lon: float, lat: float) -> int:
        """Return the index of the owner of one point."""
        near = self._tree.query(shapely.Point(lon, lat))
        covering = near[shapely.intersects_xy(self._shapes[near], lon, lat)]
        return int(covering.min()) if covering.size else NOBODY

    def locate_many(self, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the index of the owner of each point."""
        asked, near = self._tree.query(shapely.points(lons, lats))
        covered = shapely.intersects_xy(self._shapes[near], lons[asked], lats[asked])
        asked, near = asked[covered], near[covered]
        owners = np.full(lons.size, NOBODY, dtype=np.int32)
        # From the last to the first, so that the smallest index is what stays.
        order = np.argsort(near, kind="stable")[::-1]
        owners[asked[order]] = near[order]
        return owners
