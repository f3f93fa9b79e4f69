"""What is put into the district on purpose; docs/demo.md lists it for readers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely

from gis_service.demo.division import PILOT_COMMUNITY
from gis_service.domain.building import Building, Entrance
from grid_boundaries.partition import Grid, on_lattice

TOO_SMALL = "张家营社区一网格"
TOO_LARGE = "马村社区二网格"
ODD_TARGETS = {TOO_SMALL: 262, TOO_LARGE: 548}
"""Unit grids outside the range of 300 to 500 households, and how many they get."""

USUAL_TARGETS = (315, 481)
"""Households of all others, half-open; it leaves room for the building that is planted on an edge."""

ON_EDGES = 6
AT_CORNERS = 3
PLANTED_HOUSEHOLDS = 12
TOWER = "翡翠大楼"

Corner = tuple[float, float]


def household_target(unit_grid: str, random: np.random.Generator) -> int:
    """Return how many households a unit grid is to have, by its name."""
    usual = int(random.integers(*USUAL_TARGETS))
    return ODD_TARGETS.get(unit_grid, usual)


def shared_vertices(grids: Sequence[Grid]) -> dict[Corner, tuple[str, ...]]:
    """Return the vertices (degrees) that lie on two grids or more, with the codes of these, in order of place."""
    found: defaultdict[Corner, set[str]] = defaultdict(set)
    for grid in grids:
        for lon, lat in shapely.get_coordinates(grid.shape).tolist():
            found[lon, lat].add(grid.code)
    return {place: tuple(sorted(codes)) for place, codes in sorted(found.items()) if len(codes) > 1}


def planted_buildings(unit_grids: Sequence[Grid], random: np.random.Generator) -> list[Building]:
    """Return a tower in the pilot community, and buildings exactly on the edge of two unit grids or corner of three.

    They have no code yet.  The first on an edge has households, so that the rule for edges moves a number.
    """
    pilot = [grid for grid in unit_grids if grid.name.startswith(PILOT_COMMUNITY)]
    inside = {grid.code for grid in pilot}
    shared = {place: codes for place, codes in shared_vertices(unit_grids).items() if inside & set(codes)}
    on_edge = [place for place, codes in shared.items() if len(codes) == 2]  # noqa: PLR2004, two sides of an edge
    corners = [place for place, codes in shared.items() if len(codes) > 2]  # noqa: PLR2004
    places = [on_edge[index] for index in random.permutation(len(on_edge))[:ON_EDGES].tolist()]
    places += [corners[index] for index in random.permutation(len(corners))[:AT_CORNERS].tolist()]
    return [_tower(pilot[-1]), *(_astride(number, place) for number, place in enumerate(places, start=1))]


def _astride(number: int, place: Corner) -> Building:
    lon, lat = place
    lived_in = PLANTED_HOUSEHOLDS if number == 1 else 0
    return Building(
        code="",
        name=f"骑线{number}号{'商住楼' if lived_in else '岗亭'}",
        address=f"白龙路铁路沿线{number}号",
        use="mixed" if lived_in else "public",
        lon=lon,
        lat=lat,
        storeys=4 if lived_in else 1,
        households=lived_in,
        entrances=(Entrance("正门", lon, lat),),
    )


def _tower(grid: Grid) -> Building:
    middle = on_lattice(grid.shape.representative_point())
    lon, lat = shapely.get_coordinates(middle)[0].tolist()
    return Building(
        "", TOWER, f"人民东路888号{TOWER}", "office", lon, lat, 22, 0, None, (Entrance("正门", lon, lat),)
    )
