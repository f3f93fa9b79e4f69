"""Vertices that a grid lacks on a common edge, set into it, and those that lie beside a corner of the outline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from grid_boundaries.check.arrangement import Ground as Owned
from grid_boundaries.check.arrangement import arrange
from grid_boundaries.check.cancellation import cancel
from grid_boundaries.check.edges import PARENT
from grid_boundaries.check.frame import Frame
from grid_boundaries.check.rules import NOISE_STEPS
from grid_boundaries.check.unmatched import match_vertices
from grid_boundaries.partition import from_lattice, to_lattice
from grid_boundaries.redraw.repair.ground import Ground

_Point: TypeAlias = tuple[int, int]
_Lacking: TypeAlias = dict[int, set[tuple[int, int]]]

_PIXEL = 0.75
"""Noding takes an edge to every vertex within this many steps: half the diagonal of a step, and a little."""

_ROUNDS = 24
"""A vertex climbs one level or crosses to one neighbour a round; nine levels and their neighbours are far fewer."""


def settle_vertices(ground: Ground) -> set[int]:
    """Set into every shape the vertices that it lacks, up and down the tree; return which shapes changed.

    An outline from the caller is no grid and stays as it is: a vertex within ``NOISE_STEPS`` of one of its corners,
    which it cannot be given, moves onto that corner.  No other vertex moves.  What would make a polygon cross itself
    is not done.
    """
    changed: set[int] = set()
    for _ in range(_ROUNDS):
        now = _insert(ground, _lacking(ground), NOISE_STEPS, NOISE_STEPS)
        now = now or _insert(ground, _lacking_though_nothing_is_between(ground), _PIXEL, 0.0)
        now = now or _move_to_corners(ground)
        if not now:
            break
        changed |= now
    return changed


def _move_to_corners(ground: Ground) -> set[int]:
    """Move left-over vertices beside corners of the outline onto them, in all shapes alike; return which changed."""
    if ground.outline is None:
        return set()
    edges, members = ground.edges()
    rest = match_vertices(edges.pick(cancel(edges).left))[1]
    corners = np.unique(to_lattice(shapely.get_coordinates(ground.shapes[ground.outline])), axis=0)
    points = np.unique(np.concatenate([rest.start, rest.end]), axis=0)
    origin = corners[0]
    tree = STRtree(np.asarray(shapely.points((corners - origin).astype(np.float64)), dtype=object))
    near = tree.query_nearest(
        np.asarray(shapely.points((points - origin).astype(np.float64)), dtype=object),
        max_distance=NOISE_STEPS,
    )
    moves = {}
    for point, corner in near.T[np.lexsort(near)[::-1]].tolist():  # of two as near, the south-western
        here, there = (tuple(steps.tolist()) for steps in (points[point], corners[corner]))
        if here != there:
            moves[here] = there
    drawn = {}
    for number in members.tolist() if moves else ():
        shape = _moved(ground.shapes[number], moves)
        if shape is not None:
            drawn[number] = shape
    if not all(shapely.is_valid(shape) for shape in drawn.values()):
        return set()
    for number, shape in drawn.items():
        ground.shapes[number] = shape
    return set(drawn)


def _moved(shape: BaseGeometry, moves: Mapping[_Point, _Point]) -> BaseGeometry | None:
    """Return a polygon with lattice points moved, None where it has none of them; doubles and spikes go."""
    rings, part_of_ring = shapely.get_rings(shapely.get_parts(shape), return_index=True)
    old = [[(lon, lat) for lon, lat in to_lattice(shapely.get_coordinates(ring)).tolist()] for ring in rings]
    if not any(point in moves for ring in old for point in ring):
        return None
    kept = []
    for ring in old:
        points = [moves.get(point, point) for point in ring[:-1]]
        open_ring = [point for i, point in enumerate(points) if point != points[i - 1]]
        whole = _without_spikes([*open_ring, open_ring[0]]) if open_ring else []
        kept.append(whole if len(whole) > 3 else ring)  # noqa: PLR2004  what is narrower than noise stays
    return rebuilt(
        np.array([point for ring in kept for point in ring], dtype=np.int64),
        np.repeat(np.arange(len(rings)), [len(ring) for ring in kept]),
        part_of_ring,
    )


def _insert(ground: Ground, lacking: _Lacking, reach: float, clear: float) -> set[int]:
    """Set points into shapes, and return which shapes changed."""
    changed = set()
    for number in sorted(lacking):
        shape = insert_vertices(ground.shapes[number], lacking[number], reach, clear)
        if shape is not None and shapely.is_valid(shape):
            ground.shapes[number] = shape
            changed.add(number)
    return changed


def _lacking(ground: Ground) -> _Lacking:
    """Return the lattice points that each shape lacks, by its number."""
    edges, members = ground.edges()
    left = edges.pick(cancel(edges).left)
    lacking: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
    for family in np.unique(left.family).tolist():
        unmatched, _ = match_vertices(left.pick(left.family == family))
        for vertex in unmatched:
            number = ground.parents[family] if vertex.lacking == PARENT else int(members[vertex.lacking])
            if number is not None and number != ground.outline:
                lacking[number].add(vertex.point)
    return lacking


def _lacking_though_nothing_is_between(ground: Ground) -> _Lacking:
    """Return what shapes lack where edges do not meet and yet enclose nothing, as two vertices a step apart do.

    The check has nothing to tell there, and no proof.  Only families with a parent can be proved.
    """
    edges, members = ground.edges()
    left = edges.pick(cancel(edges).left)
    lacking: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
    for family in np.unique(left.family).tolist():
        parent = ground.parents[family]
        rest = match_vertices(left.pick(left.family == family))[1]
        if parent is None or not len(rest):
            continue
        frame = Frame.around(rest)
        shapes = ground.shapes[members[ground.family[members] == family]]
        if arrange(rest, Owned(shapes, ground.shapes[parent]), frame).pieces:
            continue
        points = np.unique(np.concatenate([rest.start, rest.end]), axis=0)
        point, edge = STRtree(frame.lines(rest)).query(
            np.asarray(shapely.points(frame.local(points)), dtype=object), predicate="dwithin", distance=_PIXEL
        )
        for at, owner in zip(points[point].tolist(), rest.owner[edge].tolist(), strict=True):
            number = parent if owner == PARENT else int(members[owner])
            if number != ground.outline:
                lacking[number].add((at[0], at[1]))
    return lacking


def insert_vertices(
    shape: BaseGeometry,
    points: Iterable[tuple[int, int]],
    reach: float = NOISE_STEPS,
    clear: float = NOISE_STEPS,
) -> BaseGeometry | None:
    """Return a polygon with lattice points set into the edges that they lie on; None where there is nothing to set.

    A point lies on an edge that is within ``reach`` and whose ends are farther than ``clear``, in lattice steps; the
    defaults are the check's.  Of several edges the nearest gets it.  Where the polygon has the point already, the
    spike between goes.
    """
    rings, part_of_ring = shapely.get_rings(shapely.get_parts(shape), return_index=True)
    degrees, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    steps = to_lattice(degrees)
    origin = steps.min(axis=0)
    local = (steps - origin).astype(np.float64)
    wanted = np.array(sorted(set(points)), dtype=np.int64).reshape(-1, 2)
    found = (wanted - origin).astype(np.float64)
    starts = np.flatnonzero(ring_of_point[1:] == ring_of_point[:-1])
    lines = np.asarray(shapely.linestrings(np.stack([local[starts], local[starts + 1]], axis=1)), dtype=object)
    point, line = STRtree(lines).query(shapely.points(found), predicate="dwithin", distance=reach)
    edge = starts[line]
    inner = (np.hypot(*(found[point] - local[edge]).T) > clear) & (
        np.hypot(*(found[point] - local[edge + 1]).T) > clear
    )
    point, line, edge = point[inner], line[inner], edge[inner]
    order = np.lexsort((edge, shapely.distance(lines[line], shapely.points(found[point])), point))
    point, edge = point[order], edge[order]
    first = np.flatnonzero(np.concatenate([np.ones(min(1, len(point)), np.bool_), point[1:] != point[:-1]]))
    point, edge = point[first], edge[first]
    if not len(point):
        return None
    along = local[edge + 1] - local[edge]
    order = np.lexsort((((found[point] - local[edge]) * along).sum(axis=1), edge))
    point, edge = point[order], edge[order]
    steps = np.insert(steps, edge + 1, wanted[point], axis=0)
    ring_of_point = np.insert(ring_of_point, edge + 1, ring_of_point[edge])
    kept = [
        _without_spikes([(lon, lat) for lon, lat in steps[ring_of_point == ring].tolist()])
        for ring in range(len(rings))
    ]
    return rebuilt(
        np.array([point for ring in kept for point in ring], dtype=np.int64),
        np.repeat(np.arange(len(rings)), [len(ring) for ring in kept]),
        part_of_ring,
    )


def _without_spikes(ring: list[_Point]) -> list[_Point]:
    """Return a closed ring without points from which it goes straight back to the one before."""
    open_ring = ring[:-1]
    i = 0
    while i < len(open_ring) and len(open_ring) > 3:  # noqa: PLR2004  a ring has three corners
        if open_ring[i - 1] == open_ring[(i + 1) % len(open_ring)]:
            for gone in sorted((i, (i + 1) % len(open_ring)), reverse=True):
                del open_ring[gone]
            i = 0
        else:
            i += 1
    return [*open_ring, open_ring[0]]


def rebuilt(
    steps: NDArray[np.int64], ring_of_point: NDArray[np.intp], part_of_ring: NDArray[np.intp]
) -> BaseGeometry:
    """Return the polygon of closed rings of lattice points, each part's outer ring before its holes."""
    ring_ends = np.concatenate([[0], np.cumsum(np.bincount(ring_of_point, minlength=len(part_of_ring)))])
    part_ends = np.concatenate([[0], np.cumsum(np.bincount(part_of_ring))])
    parts = shapely.from_ragged_array(shapely.GeometryType.POLYGON, from_lattice(steps), (ring_ends, part_ends))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(list(parts))
