"""A day of patrols of a few workers of the demo district."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_service.demo.buildings import PLANE
from gis_service.demo.division import DONGHUA
from gis_service.demo.year import ZONE
from gis_service.domain.building import Building
from gis_service.domain.staff import StaffMember
from grid_boundaries.partition import Grid, from_lattice, to_lattice

PATROLS = 12
"""Workers on patrol, one of each of the first unit grids of Donghua."""

FIXES = 240
"""Positions of each, one a minute: the four hours that a day of patrol has."""

STARTS_AT = time(8)
PACE_M = 60.0
"""Metres a minute: a slow walk."""

CHOICE = 8
"""The next building is one of so many nearest."""

LOST_FROM, LOST_TO = 100, 130
"""Positions that the first of them has lost: half an hour in a cellar."""


@dataclass(frozen=True, slots=True)
class DemoPosition:
    """Where a worker was (degrees); ``member`` is the place in the list of staff."""

    member: int
    at: datetime
    lon: float
    lat: float
    accuracy_m: float


def patrol(
    grids: Sequence[Grid],
    buildings: Sequence[Building],
    staff: Sequence[StaffMember],
    random: np.random.Generator,
    until: date,
) -> list[DemoPosition]:
    """Return the positions of the day before ``until``, patrol by patrol."""
    donghua = next(grid.code for grid in grids if grid.name == DONGHUA)
    units = [grid for grid in grids if grid.level == "unit_grid" and grid.code.startswith(donghua)][:PATROLS]
    first_of = {one.grid_code: place for place, one in reversed(list(enumerate(staff))) if one.role == "worker"}
    begins = datetime.combine(until - timedelta(days=1), STARTS_AT, ZONE)
    lons = np.array([building.lon for building in buildings])
    lats = np.array([building.lat for building in buildings])
    positions = []
    for unit in units:
        inside = shapely.contains_xy(unit.shape, lons, lats)
        walked = _walk(PLANE.metres(to_lattice(np.column_stack([lons[inside], lats[inside]]))), random)
        places = from_lattice(PLANE.steps(walked + random.normal(0, 2, walked.shape))).tolist()
        accuracies = np.round(random.gamma(3.0, 2.0, FIXES) + 2.0, 1).tolist()
        positions += [
            DemoPosition(first_of[unit.code], begins + timedelta(minutes=minute), lon, lat, accuracy)
            for minute, ((lon, lat), accuracy) in enumerate(zip(places, accuracies, strict=True))
            if unit is not units[0] or not LOST_FROM <= minute < LOST_TO
        ]
    return positions


def _walk(places: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Return where someone is minute by minute who walks from building to building; all in metres."""
    here = places[int(random.integers(len(places)))]
    corners, length_m = [here], 0.0
    while length_m < FIXES * PACE_M:
        nearest = np.argsort(np.hypot(*(places - here).T))[1 : CHOICE + 1]
        there = places[int(random.choice(nearest))]
        length_m += float(np.hypot(*(there - here)))
        corners.append(there)
        here = there
    points = shapely.line_interpolate_point(shapely.LineString(corners), np.arange(FIXES) * PACE_M)
    return shapely.get_coordinates(points)
