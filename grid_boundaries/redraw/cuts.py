"""Where a path runs through a region, and where its ends meet the border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from grid_boundaries.partition import LATTICE_PER_DEG
from grid_boundaries.projection import metres_per_degree
from grid_boundaries.redraw.edges import Edge, Point, forward, path_edges, shape_of
from grid_boundaries.redraw.reading import in_degrees, refuse_loops

SNAP_M = 1.0
"""An end of a line that stops short of a border by at most this is moved onto it."""

ON_STEPS = 2.0
"""A point computed on an edge and rounded is hardly ever farther from it, in steps of the lattice."""

Side = Literal["inside", "border", "outside"]


@dataclass(frozen=True, slots=True)
class Course:
    """A noded path as it runs through a region: edge by edge, and which of them are inside."""

    edges: tuple[Edge, ...]
    sides: tuple[Side, ...]
    corners: frozenset[Point]

    @property
    def inside(self) -> list[Edge]:
        """The edges inside the region."""
        return [edge for edge, side in zip(self.edges, self.sides, strict=True) if side == "inside"]

    def loose_ends(self) -> list[Point]:
        """Return the ends of the path that lie inside the region, on no border of it."""
        ends = []
        if self.sides[0] == "inside" and self.edges[0][0] not in self.corners:
            ends.append(self.edges[0][0])
        if self.sides[-1] == "inside" and self.edges[-1][1] not in self.corners:
            ends.append(self.edges[-1][1])
        return ends


@dataclass(frozen=True, slots=True)
class Landing:
    """Where an end of a line was put on a border, and how far it moved; the edge must go through it, if any."""

    point: Point
    edge: Edge | None
    moved_m: float


def course(path: Sequence[Point], region: frozenset[Edge]) -> Course:
    """Return how a path runs through a region that it is noded with."""
    edges = path_edges(path)
    border = {forward(edge) for edge in region}
    on_border = [forward(edge) in border for edge in edges]
    inside = contains(region, edges)
    sides: list[Side] = [
        "border" if on else ("inside" if within else "outside") for on, within in zip(on_border, inside, strict=True)
    ]
    return Course(tuple(edges), tuple(sides), frozenset(point for edge in region for point in edge))


def contains(region: frozenset[Edge], edges: Sequence[Edge]) -> list[bool]:
    """Return whether the middles of edges, noded with a region, lie inside it."""
    if not edges:
        return []
    shape = shape_of(region)
    origin = np.array(edges[0][0], dtype=np.int64)
    # Local steps keep the middle of an edge, half a step perhaps, exact in doubles.
    local = shapely.transform(shape, lambda degrees: np.rint(degrees * LATTICE_PER_DEG) - origin)
    shapely.prepare(local)
    middles = (np.array(edges, dtype=np.int64) - origin).sum(axis=1) / 2
    return [bool(within) for within in shapely.contains_xy(local, middles[:, 0], middles[:, 1])]


def land(end: Point, border: Sequence[Edge], within_m: float) -> Landing | None:
    """Return where an end of a line meets a border that it is near; None where it is farther than ``within_m``.

    An end within two steps of the lattice stays where it is.  Else it goes to the nearest corner, if that is near
    enough, or to the nearest point of an edge.  Ties go to the smaller point.
    """
    start, step, at = _in_metres(border, end)
    share = np.clip(-(start * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-300), 0.0, 1.0)
    away = np.hypot(*(start + share[:, None] * step).T)
    number = int(np.argmin(away))
    if away[number] > within_m:
        return None
    edge = border[number]
    if end in edge:
        return Landing(end, None, 0.0)
    if away[number] <= ON_STEPS * at.min():
        return Landing(end, forward(edge), 0.0)
    corners = np.hypot(*start.T)
    nearest = int(np.argmin(corners))
    if corners[nearest] <= within_m:
        return Landing(border[nearest][0], None, float(corners[nearest]))
    (lon, lat), (lon_end, lat_end) = edge
    along = float(share[number])
    point = (round(lon + along * (lon_end - lon)), round(lat + along * (lat_end - lat)))
    return Landing(point, forward(edge), float(away[number]))


def told(landings: Sequence[Landing | None]) -> list[dict[str, Any]]:
    """Return an entry for the detail of a redraw for each end that was moved."""
    return [
        {"end": end, "to": in_degrees(landing.point), "by_m": round(landing.moved_m, 4)}
        for end, landing in zip(("start", "end"), landings, strict=False)
        if landing is not None and landing.moved_m > 0
    ]


def _in_metres(
    border: Sequence[Edge], origin: Point
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return starts and steps of edges in metres from a point, and how long a step of the lattice is."""
    scale = np.array(metres_per_degree(origin[1] / LATTICE_PER_DEG)) / LATTICE_PER_DEG
    ends = (np.array(border, dtype=np.int64) - np.array(origin, dtype=np.int64)) * scale
    return ends[:, 0], ends[:, 1] - ends[:, 0], scale


def landed(path: Sequence[Point], landings: Sequence[Landing | None]) -> tuple[list[Point], dict[Edge, list[Point]]]:
    """Return a path with its first and last point where they landed, and the points that edges must go through.

    Raises:
        RedrawRefusedError: the path crosses itself now, or nothing is left of it.
    """
    ends = [landing.point if landing else path[at] for landing, at in zip(landings, (0, -1), strict=True)]
    moved = [ends[0], *path[1:-1], ends[1]]
    pins: dict[Edge, list[Point]] = {}
    for landing in landings:
        if landing is not None and landing.edge is not None:
            pins.setdefault(landing.edge, []).append(landing.point)
    return refuse_loops(
        [point for number, point in enumerate(moved) if not number or point != moved[number - 1]]
    ), pins
