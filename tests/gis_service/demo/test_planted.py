from shapely.geometry import Point

from gis_service.demo.planted import AT_CORNERS, ON_EDGES, TOO_LARGE, TOO_SMALL, TOWER


def test_two_unit_grids_are_outside_300_to_500_households_and_no_other(panlong, by_name):
    """262 and 548 of 213."""
    odd = {
        grid.name: grid.households
        for grid in panlong.grids
        if grid.level == "unit_grid" and not 300 <= grid.households <= 500
    }
    assert odd == {TOO_SMALL: 262, TOO_LARGE: 548}


def test_nine_buildings_lie_exactly_on_edges_and_corners(panlong):
    """Six on the edge of two unit grids, three at the corner of three or more."""
    units = [grid for grid in panlong.grids if grid.level == "unit_grid"]
    sides = []
    for building in panlong.buildings:
        if building.name.startswith("骑线"):
            place = (building.lon, building.lat)
            sides.append(sum(place in set(grid.shape.exterior.coords) for grid in units))
    assert sorted(sides)[:ON_EDGES] == [2] * ON_EDGES
    assert len([count for count in sides if count >= 3]) == AT_CORNERS


def test_the_tower_stands_in_the_pilot_community(panlong, by_name):
    """One tower of 22 storeys."""
    (tower,) = (building for building in panlong.buildings if building.name == TOWER)
    assert tower.storeys == 22
    assert by_name["小龙路社区"].shape.contains(Point(tower.lon, tower.lat))
