import re
from collections import Counter
from datetime import date, timedelta

import pytest
from shapely.geometry import Point

from gis_service.demo.hot_spots import CLUTTER, CORNER_TEXT, FEE_COMMUNITY, FEE_DISPUTES
from gis_service.demo.year import HOURS_A_MONTH, end_of_year

END = end_of_year(date(2026, 6, 1))


def by_month(incidents):
    """Counts of the twelve months, the last one last."""
    months = Counter(11 - int((END - one.occurred_at) / timedelta(hours=HOURS_A_MONTH)) for one in incidents)
    return tuple(months[month] for month in range(12))


@pytest.fixture(scope="module")
def compound_of(panlong):
    return {b.code: re.sub(r"\d+幢$", "", b.name) for b in panlong.buildings if b.use == "residential"}


def test_one_compound_has_eight_parking_disputes_and_no_other_as_many(panlong, by_name, compound_of):
    """It stands in the pilot community."""
    disputes = [one for one in panlong.incidents if one.category == "dispute.neighbour.parking"]
    counts = Counter(compound_of[one.building_code] for one in disputes).most_common(2)
    assert counts[0][1] >= 8
    assert counts[1][1] < 8
    (place, *_) = (one for one in disputes if compound_of[one.building_code] == counts[0][0])
    assert by_name["小龙路社区"].shape.contains(Point(place.lon, place.lat))


def test_disputes_on_fees_fall_from_15_to_6_a_month(panlong, by_name):
    """In one community, beside the few that happen anyway."""
    ground = by_name[FEE_COMMUNITY].shape
    told = [one for one in panlong.incidents if "物业费上涨" in one.description]
    assert by_month(told) == FEE_DISPUTES
    assert all(ground.contains(Point(one.lon, one.lat)) for one in told)


def test_clutter_falls_from_25_to_5_a_month_in_36_buildings_of_12_compounds(panlong, compound_of):
    """All in one street; every building has its share."""
    told = [one for one in panlong.incidents if "多次清理后反弹" in one.description]
    buildings = {one.building_code for one in told}
    assert by_month(told) == CLUTTER
    assert len(buildings) == 36
    assert len({compound_of[code] for code in buildings}) == 12


def test_five_buildings_have_a_blocked_fire_way(panlong):
    """In the cluttered compounds."""
    told = [one for one in panlong.incidents if one.locus == "消防通道"]
    assert len({one.building_code for one in told}) == len(told) == 5


def test_a_brick_is_loose_on_the_tower(panlong):
    """The place is on the facade, which a map does not show: it is told in words."""
    tower = next(building for building in panlong.buildings if building.name == "翡翠大楼")
    loci = [one.locus for one in panlong.incidents if one.building_code == tower.code]
    assert "屋顶外立面" in loci


def test_cover_plates_are_broken_at_a_corner_of_three_grids(panlong):
    """The point is a vertex of at least three unit grids."""
    (broken,) = (one for one in panlong.incidents if one.description == CORNER_TEXT)
    units = [grid.shape for grid in panlong.grids if grid.level == "unit_grid"]
    assert sum((broken.lon, broken.lat) in set(unit.exterior.coords) for unit in units) >= 3


def test_weekends_peak_from_15_to_17(panlong):
    """The two busiest hours of Saturdays and Sundays."""
    hours = Counter(one.occurred_at.hour for one in panlong.incidents if one.occurred_at.weekday() >= 5)
    assert {hour for hour, _ in hours.most_common(2)} == {15, 16}
