"""The edges beyond which there is no ground: what lies nearest to a place outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.locate.nearest import SAME_DISTANCE_M, box_around, distances_m, nearest_of
from grid_boundaries.locate.raster.edges import Edges
from grid_boundaries.partition import from_lattice


@dataclass(frozen=True)
class Outline:
    """Edges in lattice steps, and of each the deepest grid that ends there; of several the smallest number.

    There may be edges among them with ground on both sides: the way to them is never the shortest.
    """

    edges: NDArray[np.int64]
    grids: NDArray[np.int32]
    _tree: list[shapely.STRtree] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def of(cls, edges: Edges, ranks: NDArray[np.int32]) -> Self:
        """Return the outline of grids that have these edges."""
        alone, grids = edges.one_sided(ranks)
        order = np.argsort(grids, kind="stable")
        return cls(edges.points[alone[order]], grids[order])

    def patched(
        self, bounds: tuple[int, int, int, int], edges: Edges, ranks: NDArray[np.int32], number_now: NDArray[np.int32]
    ) -> Outline:
        """Return the outline after ground within west, south, east and north was redrawn; see ``patch_raster``."""
        fresh = Outline.of(edges, ranks)
        stays, comes = ~_meet(self.edges, bounds), _meet(fresh.edges, bounds)
        grids = np.concatenate([number_now[self.grids[stays]], fresh.grids[comes]])
        order = np.argsort(grids, kind="stable")
        return Outline(np.concatenate([self.edges[stays], fresh.edges[comes]])[order], grids[order])

    def nearest(self, ranks: NDArray[np.int32], lon: float, lat: float) -> tuple[int, float]:
        """Return the grid nearest to a point outside, and the geodesic distance in metres.

        Equal distances (to a millimetre) go to the largest rank, then to the smallest number.

        Raises:
            ValueError: there is no grid.
        """
        if not len(self.grids):
            raise ValueError("there is no grid to be near to")
        if not self._tree:
            lines = shapely.linestrings(from_lattice(self.edges).reshape(-1, 2, 2))
            self._tree.append(shapely.STRtree(np.asarray(lines, dtype=np.object_)))
        tree = self._tree[0]
        some = tree.query_nearest(shapely.Point(lon, lat))[:1]
        reach_m = float(distances_m(tree.geometries[some], lon, lat).min())
        near = np.sort(tree.query(shapely.box(*box_around(lon, lat, reach_m + SAME_DISTANCE_M))))
        best, metres = nearest_of(tree.geometries[near], ranks[self.grids[near]], lon, lat)
        return int(self.grids[near[best]]), metres


def _meet(edges: NDArray[np.int64], bounds: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Return which edges have a box that meets one of west, south, east and north."""
    west, south, east, north = bounds
    across, up = edges[:, 0::2], edges[:, 1::2]
    meets: NDArray[np.bool_] = (
        (across.min(axis=1) <= east) & (across.max(axis=1) >= west) & (up[:, 0] <= north) & (up[:, 1] >= south)
    )
    return meets
