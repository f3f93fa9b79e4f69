"""The faces that the edges of some grids enclose, each with its owners and its neighbours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.arrangement import Ground
from grid_boundaries.check.frame import Frame
from grid_boundaries.partition import LATTICE_PER_DEG
from grid_boundaries.projection import metres_per_degree, straight_area_m2

_THIN = 20.0
"""Faces narrower than so many steps lie where noding and common vertices may move a line by some steps."""


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces of an arrangement on the lattice, in an order that depends on their places alone.

    ``local`` are in steps of a frame, ``degrees`` the same in degrees.  ``owners[i]`` are all who own face ``i``;
    ``held[i]`` says whether the parent holds it; ``shared[i]`` gives the length of the common edge with each
    neighbouring face, in metres.
    """

    local: NDArray[np.object_]
    degrees: NDArray[np.object_]
    owners: list[tuple[int, ...]]
    held: NDArray[np.bool_]
    area_m2: NDArray[np.float64]
    shared: list[dict[int, float]]

    def __len__(self) -> int:
        return len(self.owners)


def make_faces(lines: Sequence[BaseGeometry], ground: Ground, frame: Frame) -> Faces:
    """Node local lines on the lattice, and name the faces between them."""
    ends = np.unique(shapely.get_coordinates(lines).reshape(-1, 4), axis=0)
    noded = shapely.union_all(shapely.linestrings(ends.reshape(-1, 2, 2)), grid_size=1.0)
    local: NDArray[np.object_] = shapely.normalize(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
    local = local[shapely.area(local) > 0]
    boxes = shapely.bounds(local)
    local = local[np.lexsort((shapely.area(local), *boxes.T))] if len(local) else local
    degrees = frame.all_to_degrees(local)
    owners, held = ground.owners(degrees) if len(local) else ([], np.zeros(0, np.bool_))
    for number in np.flatnonzero(2 * shapely.area(local) < _THIN * shapely.length(local)).tolist():
        owners[number], held[number] = _owners_of_most(local[number], ground, frame)
    areas = np.array([straight_area_m2(face) for face in degrees], dtype=np.float64)
    return Faces(local, degrees, owners, held, areas, _shared(local, frame))


def _owners_of_most(face: BaseGeometry, ground: Ground, frame: Frame) -> tuple[tuple[int, ...], bool]:
    """Return who owns most of a thin face, triangle by triangle: one point in it may lie beside a line that moved."""
    triangles = np.asarray(shapely.get_parts(shapely.constrained_delaunay_triangles(face)), dtype=object)
    owners, held = ground.owners(frame.all_to_degrees(triangles))
    area: defaultdict[tuple[tuple[int, ...], bool], float] = defaultdict(float)
    for who, inside, size in zip(owners, held.tolist(), shapely.area(triangles).tolist(), strict=True):
        area[who, inside] += size
    return max(sorted(area), key=lambda answer: area[answer])


def _shared(faces: NDArray[np.object_], frame: Frame) -> list[dict[int, float]]:
    """Return for each face the length of the edge that it shares with every other, in metres."""
    shared: list[dict[int, float]] = [{} for _ in faces]
    if not len(faces):
        return shared
    rings, face_of_ring = shapely.get_rings(faces, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    same = ring_of_point[1:] == ring_of_point[:-1]
    start, end = points[:-1][same], points[1:][same]
    face = face_of_ring[ring_of_point[:-1][same]]
    forward = ((start[:, 0] < end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] < end[:, 1])))[:, None]
    keys = np.column_stack([np.where(forward, start, end), np.where(forward, end, start)])
    order = np.lexsort(keys.T)
    twice = np.flatnonzero((keys[order[1:]] == keys[order[:-1]]).all(axis=1))
    one, other = order[twice], order[twice + 1]
    lat = float((points[:, 1].mean() + frame.origin[1]) / LATTICE_PER_DEG)
    metres = np.hypot(*((end[one] - start[one]) / LATTICE_PER_DEG * metres_per_degree(lat)).T)
    lengths: defaultdict[tuple[int, int], float] = defaultdict(float)
    for this, that, length in zip(face[one].tolist(), face[other].tolist(), metres.tolist(), strict=True):
        lengths[this, that] += length
    for (this, that), length in lengths.items():
        if this != that:
            shared[this][that] = shared[this].get(that, 0.0) + length
            shared[that][this] = shared[that].get(this, 0.0) + length
    return shared
