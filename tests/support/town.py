"""A made-up town of squares: one district, four communities in two streets, four by four unit grids, some houses."""

from __future__ import annotations

import random

from shapely.geometry import LineString

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building import Building
from gis_service.domain.plan_operation import Operation
from gis_service.use_cases.register_buildings import register_buildings
from grid_boundaries.partition import Grid
from tests.support.ground import square

SIDE = 4
"""Unit grids along each side, each a hundredth of a degree."""

HOUSES = 200


def town() -> list[Grid]:
    """Twenty-three grids that tile a square of four hundredths of a degree at every level."""
    households = {"district": 16 * 400, "street": 8 * 400, "community": 4 * 400, "unit_grid": 400}
    grids = [Grid("9", square(0, 0, SIDE, SIDE), "district", None, "城区", households=households["district"])]
    for street in (0, 1):
        code = f"9{street + 1}"
        shape = square(2 * street, 0, 2 * street + 2, SIDE)
        grids.append(Grid(code, shape, "street", "9", f"街道{code}", households=households["street"]))
        for half in (0, 1):
            below = f"{code}{half + 1}"
            shape = square(2 * street, 2 * half, 2 * street + 2, 2 * half + 2)
            grids.append(Grid(below, shape, "community", code, f"社区{below}", households=households["community"]))
            for number in range(4):
                west, south = 2 * street + number % 2, 2 * half + number // 2
                unit = f"{below}{number + 1:02d}"
                shape = square(west, south, west + 1, south + 1)
                grids.append(Grid(unit, shape, "unit_grid", below, f"网格{unit}", households=400))
    return grids


def add_houses(work: UnitOfWork, seed: int = 1) -> None:
    """Store houses anywhere in the town, some of them on edges and corners."""
    rng = random.Random(seed)
    places = [(rng.uniform(0, SIDE), rng.uniform(0, SIDE)) for _ in range(HOUSES)]
    places += [(x, y) for x in range(SIDE + 1) for y in range(SIDE + 1)]
    houses = [
        Building(
            f"H{number}",
            f"{number}号楼",
            f"某路{number}号",
            "residential",
            lon=round(102.70 + x / 100, 9),
            lat=round(25.00 + y / 100, 9),
            households=rng.randrange(60),
        )
        for number, (x, y) in enumerate(places)
    ]
    register_buildings(houses, work)


def at(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a place in hundredths of a degree from the south-western corner."""
    return round(102.70 + x / 100, 9), round(25.00 + y / 100, 9)


def splitting(grid: Grid, slope: float, share: float = 0.5) -> Operation:
    """Split a grid by a line across it, from west to east."""
    west, south, east, north = grid.shape.bounds
    middle, rise = south + share * (north - south), slope * (north - south) / 4
    line = LineString([(west - 1e-4, middle - rise), (east + 1e-4, middle + rise)])
    return Operation("split", {"code": grid.code, "line": line}, {"code": grid.code})
