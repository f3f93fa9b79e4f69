"""The faces that left-over edges enclose, named by who owns the ground in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.edges import Edges, edges_of
from grid_boundaries.check.frame import Frame

Kind: TypeAlias = Literal["overlap", "gap", "outside"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A connected piece of ground with one set of owners; ``shape`` is in local lattice steps."""

    kind: Kind
    owners: tuple[int, ...]
    shape: BaseGeometry


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The faults among the faces, and all faces that somebody owns (of which the outline is made)."""

    pieces: tuple[Piece, ...]
    owned: NDArray[np.object_]


class Ground:
    """Whose ground a point is, of shapes on the lattice in degrees; several owners and none are answers too."""

    def __init__(self, shapes: NDArray[np.object_], parent: BaseGeometry | None) -> None:
        self.shapes = shapes
        self.parent = parent
        self.tree = STRtree(shapes)

    def owners(self, faces: NDArray[np.object_]) -> tuple[list[tuple[int, ...]], NDArray[np.bool_]]:
        """Return for each face, in degrees, the owners of a point inside it, and whether the parent holds it.

        Without a parent, every point counts as held.  A face may reach over borders that have cancelled, so the point
        may lie on one, in no grid's interior: such a face is asked again elsewhere, triangle by triangle.
        """
        owners, held, on_border = self._owners_at(shapely.point_on_surface(faces))
        for face in np.flatnonzero(on_border).tolist():
            triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(shapely.normalize(faces[face])))
            elsewhere = self._owners_at(shapely.centroid(triangles))
            clear = np.flatnonzero(~elsewhere[2])
            if len(clear):
                owners[face], held[face] = elsewhere[0][clear[0]], elsewhere[1][clear[0]]
        return owners, held

    def _owners_at(
        self, points: NDArray[np.object_]
    ) -> tuple[list[tuple[int, ...]], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return who owns each point, whether the parent holds it, and whether it lies on any of their borders."""
        lons, lats = shapely.get_x(points), shapely.get_y(points)
        point, shape = self.tree.query(points)
        shapely.prepare(self.shapes[np.unique(shape)])
        inside = shapely.contains_xy(self.shapes[shape], lons[point], lats[point])
        on_border = np.zeros(len(points), np.bool_)
        on_border[point[shapely.intersects_xy(self.shapes[shape], lons[point], lats[point]) & ~inside]] = True
        owners = defaultdict(list)
        for number, owner in zip(point[inside].tolist(), shape[inside].tolist(), strict=True):
            owners[number].append(owner)
        held = np.ones(len(points), np.bool_)
        if self.parent is not None:
            shapely.prepare(self.parent)
            held = np.asarray(shapely.contains_xy(self.parent, lons, lats), np.bool_)
            on_border |= shapely.intersects_xy(self.parent, lons, lats) & ~held
        return [tuple(sorted(owners[number])) for number in range(len(points))], held, on_border


def arrange(edges: Edges, ground: Ground, frame: Frame) -> Arrangement:
    """Node left-over edges on the lattice, and name the faces between them.

    In one face the number of owners is the same everywhere, but not who they are: a border of two grids that a
    third lies on has cancelled.  So faces with too many owners, or outside the parent, are cut once more by all
    edges that cross them.  Pieces of one kind with the same owners are joined where they have an edge in common.
    """
    faces = _faces(frame.lines(edges))
    if not len(faces):
        return Arrangement((), faces)
    owners, held = ground.owners(frame.all_to_degrees(faces))
    counts = np.array([len(who) for who in owners])
    found: dict[tuple[Kind, tuple[int, ...]], list[BaseGeometry]] = {}
    if gaps := list(faces[(counts == 0) & held]):
        found["gap", ()] = gaps
    wrong = faces[(counts > 1) | ((counts > 0) & ~held)]
    for kind, who, face in _name_finely(wrong, ground, frame):
        found.setdefault((kind, who), []).append(face)
    pieces = [
        Piece(kind, who, part)
        for (kind, who), shapes in found.items()
        for part in shapely.get_parts(shapely.coverage_union_all(shapes) if len(shapes) > 1 else shapes[0])
        if part.area > 0
    ]
    return Arrangement(tuple(pieces), faces[counts > 0])


def _faces(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons that lines enclose once they are noded, with every node on the lattice.

    Segments are taken once each and joined wherever just two of them meet: noding a million lines of one segment
    takes ten times as long as one ring of a million.
    """
    joined = shapely.line_merge(shapely.multilinestrings(_segments(lines)))
    noded = shapely.union_all(shapely.get_parts(joined), grid_size=1.0)
    faces: NDArray[np.object_] = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return faces


def _segments(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the segments of lines and multilines as lines of their own: each once, in order."""
    points, line_of_point = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    same = line_of_point[1:] == line_of_point[:-1]
    start, end = points[:-1][same], points[1:][same]
    swapped = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    ends = np.where(swapped[:, None], np.hstack([end, start]), np.hstack([start, end]))
    ends = ends[np.lexsort(ends.T[::-1])]
    first = np.ones(len(ends), np.bool_)
    first[1:] = (ends[1:] != ends[:-1]).any(axis=1)
    segments: NDArray[np.object_] = np.asarray(shapely.linestrings(ends[first].reshape(-1, 2, 2)), dtype=object)
    return segments


def _name_finely(
    wrong: NDArray[np.object_], ground: Ground, frame: Frame
) -> Sequence[tuple[Kind, tuple[int, ...], BaseGeometry]]:
    """Cut faces by every edge of their owners and of the parent, and name what comes out."""
    if not len(wrong):
        return ()
    near = ground.tree.query(frame.all_to_degrees(wrong), predicate="intersects")[1]
    shapes = list(ground.shapes[np.unique(near)]) + ([] if ground.parent is None else [ground.parent])
    edges = edges_of(shapes)
    west, south, east, north = shapely.total_bounds(wrong)
    (lon, lat), (lon_end, lat_end) = frame.local(edges.start).T, frame.local(edges.end).T
    lines = frame.lines(
        edges.pick(
            (np.maximum(lon, lon_end) >= west)
            & (np.minimum(lon, lon_end) <= east)
            & (np.maximum(lat, lat_end) >= south)
            & (np.minimum(lat, lat_end) <= north)
        )
    )
    crossing = np.unique(STRtree(wrong).query(lines, predicate="intersects")[0])
    faces = _faces(np.concatenate([lines[crossing], shapely.boundary(wrong)]))
    owners, held = ground.owners(frame.all_to_degrees(faces))
    named: list[tuple[Kind, tuple[int, ...], BaseGeometry]] = []
    for face, who, inside in zip(faces, owners, held, strict=True):
        if len(who) > 1:
            named.append(("overlap", who, face))
        if who and not inside:
            named.append(("outside", who, face))
    return named


class Borders:
    """Whose left-over edges run along a line: what tells the neighbours of a gap."""

    _REACH = 1.5  # lattice steps: noding moves an edge by up to 0.71, rounding a point by as much

    def __init__(self, edges: Edges, frame: Frame) -> None:
        self._owner = edges.owner
        self._lines = frame.lines(edges)
        self._tree = STRtree(self._lines)

    def along(
        self, starts: NDArray[np.float64], ends: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return, for local segments, pairs of segment number and owner of an edge under the whole segment."""
        segment, edge = self._tree.query(
            shapely.points((starts + ends) / 2), predicate="dwithin", distance=self._REACH
        )
        under = shapely.dwithin(self._lines[edge], shapely.points(starts[segment]), self._REACH)
        under &= shapely.dwithin(self._lines[edge], shapely.points(ends[segment]), self._REACH)
        pairs = np.unique(np.column_stack([segment[under], self._owner[edge[under]]]), axis=0)
        return pairs[:, 0], pairs[:, 1].astype(np.int32)

    def neighbours(self, shape: BaseGeometry) -> dict[int, float]:
        """Return how far each owner's edges run along the rings of a local polygon, in steps.

        A grid that meets the polygon in corners only is no neighbour of it.
        """
        rings, ring_of_point = shapely.get_coordinates(shapely.get_rings(shape), return_index=True)
        same = ring_of_point[1:] == ring_of_point[:-1]
        starts, ends = rings[:-1][same], rings[1:][same]
        segment, owner = self.along(starts, ends)
        lengths = np.hypot(*(ends - starts).T)
        shared: defaultdict[int, float] = defaultdict(float)
        for number, who in zip(segment.tolist(), owner.tolist(), strict=True):
            shared[who] += lengths[number]
        return {who: steps for who, steps in shared.items() if steps > 2 * self._REACH}
