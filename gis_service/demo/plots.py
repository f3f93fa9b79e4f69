"""Where buildings may stand: places inside a ground, in rows as streets have them.

Everything here is in metres of the drawing plane.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Places = NDArray[np.float64]

TIGHTER = 0.85
"""Factor on the distance between places when there are too few."""

HOUSES_A_VILLAGE = 55
HOUSE_SPACING_M = 24.0


def rows_of_places(ground: BaseGeometry, count: int, clear_m: float, random: np.random.Generator) -> Places:
    """Return places inside a ground, at least ``clear_m`` from its edge, in rows along its longer side.

    Rows are as wide apart as the count allows; each place is moved a little, never nearer to the edge than half
    the clearance.

    Returns:
        Shape (count, 2).

    Raises:
        ValueError: the ground has no inside at this clearance.
    """
    inside = ground.buffer(-clear_m, quad_segs=2)
    if inside.is_empty:
        raise ValueError(f"The ground has no place {clear_m:g} m from its edge.")
    spacing = math.sqrt(inside.area / max(count, 1))
    angle = _angle_of_longer_side(ground)
    places = _lattice(inside, spacing, angle)
    while len(places) < count:
        spacing *= TIGHTER
        places = _lattice(inside, spacing, angle)
    chosen = places[np.sort(random.permutation(len(places))[:count])]
    moved: Places = chosen + random.uniform(-1, 1, chosen.shape) * min(0.12 * spacing, 0.35 * clear_m)
    return moved


def villages(ground: BaseGeometry, houses: int, clear_m: float, random: np.random.Generator) -> list[Places]:
    """Return the places of houses, village by village; villages lie apart, houses of one close together.

    Returns:
        Arrays of shape (n, 2) whose lengths sum up to ``houses``; empty for no houses.
    """
    if houses == 0:
        return []
    count = math.ceil(houses / HOUSES_A_VILLAGE)
    room = next(room for room in (160.0, 90.0, 40.0, clear_m) if not ground.buffer(-room).is_empty)
    centres = rows_of_places(ground, count, room, random)
    inside = ground.buffer(-clear_m, quad_segs=2)
    sizes = np.full(count, houses // count)
    sizes[: houses % count] += 1
    return [_village(inside, centre, int(size), clear_m, random) for centre, size in zip(centres, sizes, strict=True)]


def _village(
    inside: BaseGeometry, centre: Places, houses: int, clear_m: float, random: np.random.Generator
) -> Places:
    """Return the places nearest to a centre on a turned lattice, a little out of line."""
    angle = float(random.uniform(0, math.pi))
    reach = HOUSE_SPACING_M * math.sqrt(houses)
    while True:
        near = inside.intersection(shapely.box(*(centre - reach), *(centre + reach)))
        places = _lattice(near, HOUSE_SPACING_M, angle)
        if len(places) >= houses:
            break
        reach *= 1.4
        if reach > 30_000:  # noqa: PLR2004, no ground is as wide
            raise ValueError(f"There is no room for {houses} houses.")
    uneven = np.hypot(*(places - centre).T) * random.uniform(0.75, 1.25, len(places))
    chosen = places[np.argsort(uneven, kind="stable")[:houses]]
    moved: Places = chosen + random.uniform(-1, 1, chosen.shape) * 0.35 * clear_m
    return moved


def _lattice(inside: BaseGeometry, spacing: float, angle: float) -> Places:
    """Return the lattice points of a turned square lattice that lie inside, row by row."""
    if inside.is_empty:
        return np.empty((0, 2))
    west, south, east, north = inside.bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    reach = math.ceil(math.hypot(east - west, north - south) / 2 / spacing)
    ticks = (np.arange(-reach, reach + 1) + 0.5) * spacing
    row, along = np.meshgrid(ticks, ticks, indexing="ij")
    turned = np.stack(
        [
            along * math.cos(angle) - row * math.sin(angle),
            along * math.sin(angle) + row * math.cos(angle),
        ],
        axis=-1,
    ).reshape(-1, 2)
    points: Places = turned + middle
    kept: Places = points[shapely.contains_xy(inside, points[:, 0], points[:, 1])]
    return kept


def _angle_of_longer_side(ground: BaseGeometry) -> float:
    """Return the direction of the longer side of the smallest rectangle around the ground, in radians."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(ground))
    sides = np.diff(corners[:3], axis=0)
    longer = sides[int(np.argmax(np.hypot(*sides.T)))]
    return math.atan2(longer[1], longer[0])
