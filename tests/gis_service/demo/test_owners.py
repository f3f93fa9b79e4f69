from shapely.geometry import box

from gis_service.demo.owners import count_households, find_owners
from gis_service.domain.building import Building
from grid_boundaries.partition import Grid

GRIDS = [
    Grid("1", box(0, 0, 4, 2)),
    Grid("102", box(0, 0, 2, 2), parent="1"),
    Grid("101", box(2, 0, 4, 2), parent="1"),
    Grid("10201", box(0, 0, 2, 1), parent="102"),
    Grid("10202", box(0, 1, 2, 2), parent="102"),
]


def test_the_deepest_grid_owns_and_on_an_edge_the_smallest_code():
    """Inside; on the edge of 10201 and 10202; on the edge of a micro-grid and 101; outside."""
    owners = find_owners(GRIDS, [3.0, 1.0, 2.0, 9.0], [1.0, 1.0, 0.5, 9.0])
    assert owners == ["101", "10201", "10201", None]


def test_households_of_a_parent_are_the_sum_of_its_parts():
    """5 and 7 in parts of 102, 9 in 101."""
    homes = [
        Building(str(number), "", "", "residential", lon, lat, households=households)
        for number, (lon, lat, households) in enumerate([(1, 0.5, 5), (1, 1.5, 7), (3, 1, 9)])
    ]
    counted = {grid.code: grid.households for grid in count_households(GRIDS, homes)}
    assert counted == {"1": 21, "101": 9, "102": 12, "10201": 5, "10202": 7}
