"""The rings of many polygons over one table of lattice points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.partition import from_lattice, to_lattice

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]

_FEWEST = 3  # a ring is a triangle at least


@dataclass(frozen=True, slots=True)
class Rings:
    """Rings without their closing vertex, one after another, as numbers of points.

    ``points[i]`` are lattice steps, longitude first, sorted, each point once.  ``ids`` are the vertices of all
    rings; ring ``r`` is ``ids[first[r]:first[r] + size[r]]``, belongs to part ``part[r]``, and that to shape
    ``shape[part[r]]``.  A vertex is called by its place in ``ids``; the edge that leaves it has the same place.
    """

    points: NDArray[np.int64]
    ids: Ids
    first: Ids
    size: Ids
    part: Ids
    shape: Ids
    count: int

    @classmethod
    def of(cls, shapes: Sequence[BaseGeometry] | NDArray[np.object_]) -> Rings:
        """Take polygons and multipolygons in degrees apart; a vertex repeated at once counts once."""
        array = np.asarray(shapes, dtype=object)
        parts, shape = shapely.get_parts(array, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        steps = to_lattice(shapely.get_coordinates(rings))
        ring = np.repeat(np.arange(len(rings)), shapely.get_num_coordinates(rings))
        # The closing vertex repeats the first, so whatever equals its follower in the ring goes.
        last = np.append(ring[1:] != ring[:-1], np.ones(min(1, len(ring)), np.bool_))
        repeated = np.append((steps[1:] == steps[:-1]).all(axis=1), np.zeros(min(1, len(ring)), np.bool_))
        kept = ~last & ~repeated
        steps, ring = steps[kept], ring[kept]
        size = np.bincount(ring, minlength=len(rings)).astype(np.int64)
        points, ids = _number(steps)
        return cls(points, ids, np.cumsum(size) - size, size, part, shape, len(array))

    @property
    def ring_of(self) -> Ids:
        """The ring of each vertex."""
        return np.repeat(np.arange(len(self.size)), self.size)

    @property
    def shape_of_ring(self) -> Ids:
        """The shape of each ring."""
        return self.shape[self.part]

    def following(self) -> Ids:
        """Return the place of the vertex after each one in its ring."""
        places = np.arange(1, len(self.ids) + 1)
        places[self.first + self.size - 1] = self.first
        return places

    def edge_keys(self) -> Ids:
        """Return a number for each edge: the same both ways, and only for the same two points."""
        start, end = self.ids, self.ids[self.following()]
        return np.minimum(start, end) * len(self.points) + np.maximum(start, end)

    def degrees(self, edges: Ids) -> Ids:
        """Return how many of some edges, by their keys, meet in each point."""
        ends = np.concatenate(np.divmod(edges, max(1, len(self.points))))
        return np.bincount(ends, minlength=len(self.points))

    def rebuild(self, kept: Mask, shapes: Ids) -> tuple[NDArray[np.object_], Mask]:
        """Return some shapes with the vertices that are kept, and which rings keep too few to be rings.

        Args:
            kept: which points stay.
            shapes: numbers of shapes, in rising order.

        Returns:
            The shapes, None where a ring has too few vertices; and for every ring whether it does.  Parts, holes
            and vertices keep their order; a ring begins at the first of its vertices that stays.
        """
        wanted = np.zeros(self.count, np.bool_)
        wanted[shapes] = True
        stays = kept[self.ids] & np.repeat(wanted[self.shape_of_ring], self.size)
        size = np.add.reduceat(stays, self.first, dtype=np.int64) if len(self.first) else self.size
        collapsed = (size < _FEWEST) & wanted[self.shape_of_ring]
        sound = wanted.copy()
        sound[self.shape_of_ring[collapsed]] = False
        ring_in = sound[self.shape_of_ring]
        places = np.flatnonzero(stays & np.repeat(ring_in, self.size))
        size = size[ring_in]
        ends = np.cumsum(size)
        closed = np.insert(places, ends, places[ends - size]) if len(places) else places
        parts = np.unique(self.part[ring_in])
        ring_ends = np.concatenate([[0], np.cumsum(size + 1)])
        part_ends = np.searchsorted(self.part[ring_in], np.append(parts, len(self.shape)))
        made = np.empty(self.count, dtype=object)
        if len(parts):
            polygons = shapely.from_ragged_array(
                shapely.GeometryType.POLYGON, from_lattice(self.points[self.ids[closed]]), (ring_ends, part_ends)
            )
            owner = self.shape[parts]
            several = np.bincount(owner, minlength=self.count) > 1
            made[owner[~several[owner]]] = polygons[~several[owner]]
            if several.any():
                shapely.multipolygons(polygons[several[owner]], indices=owner[several[owner]], out=made)
        return made[shapes], collapsed


def _number(steps: NDArray[np.int64]) -> tuple[NDArray[np.int64], Ids]:
    """Return the different points in their order, and the number of each given one."""
    lons, lon = np.unique(steps[:, 0], return_inverse=True)
    lats, lat = np.unique(steps[:, 1], return_inverse=True)
    packed, ids = np.unique(lon.astype(np.int64) * len(lats) + lat, return_inverse=True)
    places = np.divmod(packed, max(1, len(lats)))
    return np.column_stack([lons[places[0]], lats[places[1]]]), ids.astype(np.int64)
