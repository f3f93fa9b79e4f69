from __future__ import annotations

import numpy as np
import pytest

from grid_boundaries.check import BuildingPoints, CheckRules, check_grids, check_tree, weigh_with_buildings
from grid_boundaries.partition import Grid
from tests.support.tree import at, ring

PAIR = [
    Grid("a", ring((0, 0), (1, 0), (1, 1), (0, 1)), parent="s"),
    Grid("b", ring((1, 0), (2, 0), (2, 1), (1, 1)), parent="s"),
]
STREET = Grid("s", ring((0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)))
WIDE = Grid("s", ring((0, 0), (1, 0), (2, 0), (3, 0), (3, 1), (2, 1), (1, 1), (0, 1)))


def buildings(*places, points=()):
    """Return buildings H0, H1, … of 10, 11, … households by place, and further points as (building, place)."""
    lon, lat = np.array([at(*place) for place in places]).reshape(-1, 2).T
    of, where = [one for one, _ in points], np.array([at(*place) for _, place in points]).reshape(-1, 2)
    codes = [f"H{number}" for number in range(len(places))]
    households = 10 + np.arange(len(places))
    return BuildingPoints(codes, lon, lat, households, where[:, 0], where[:, 1], np.array(of, dtype=np.intp))


def weigh(grids, points):
    """Check a tree and weigh its report."""
    return weigh_with_buildings(check_tree(grids, CheckRules(), ()), grids, points)


def test_buildings_of_one_grid_each_are_no_finding():
    """In either grid, and on the edge between them; the proof stays."""
    report = weigh([STREET, *PAIR], buildings((0.5, 0.5), (1.5, 0.5), (1, 0.5)))

    assert report.findings == ()
    assert report.certificate is not None


def test_a_gap_tells_who_lives_in_it():
    """Two buildings in the uncovered third of the street, one of them on its very edge; 11 and 12 households."""
    report = weigh([WIDE, *PAIR], buildings((0.5, 0.5), (2.5, 0.5), (2, 0.5)))

    (gap,) = (one for one in report.findings if one.rule == "uncovered-parent")
    assert (gap.buildings, gap.households) == (2, 23)
    assert gap.as_dict()["buildings"] == 2


def test_a_building_in_a_gap_is_an_error():
    """It lies on the ground of the street and in none of its grids."""
    report = weigh([WIDE, *PAIR], buildings((2.5, 0.5)))

    (finding,) = (one for one in report.findings if one.rule == "unowned-building")
    assert (finding.severity, finding.grids, finding.households, finding.buildings) == ("error", (), 10, 1)
    assert finding.message == "Building H0 lies in no grid at 102.72500, 25.00500."
    assert finding.message_zh == "楼栋 H0 未划入任何网格，位于东经 102.72500、北纬 25.00500。"
    assert report.summary["unowned-building"] == 1
    assert report.summary["gap_area_m2"] > 0


def test_a_building_beyond_all_ground_is_a_warning():
    """Its place may be wrong: the report stays valid and proved."""
    report = weigh([STREET, *PAIR], buildings((9, 9)))

    (finding,) = report.findings
    assert (finding.rule, finding.severity) == ("unowned-building", "warning")
    assert finding.message.startswith("Building H0 lies outside the ground of all grids")
    assert report.valid
    assert report.certificate is not None


def test_a_building_in_a_hole_of_a_set_is_an_error():
    """A set without its parent: eight squares around nobody's."""
    cells = [(x, y) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    grids = [Grid(f"{x}{y}", ring((x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1))) for x, y in cells]

    report = weigh_with_buildings(check_grids(grids), grids, buildings((1.5, 1.5)))

    assert [(one.rule, one.severity) for one in report.findings if one.rule != "gap"] == [
        ("unowned-building", "error")
    ]


def test_a_building_with_entrances_in_two_grids_is_split():
    """One entrance on either side; the grids are named."""
    report = weigh([STREET, *PAIR], buildings((0.9, 0.5), points=[(0, (0.9, 0.5)), (0, (1.1, 0.5))]))

    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.grids) == ("split-building", "warning", ("a", "b"))
    assert finding.message == "Building H0 is divided between the grids a and b at 102.70900, 25.00500."
    assert finding.message_zh == "楼栋 H0 被网格 a、b 分割，位于东经 102.70900、北纬 25.00500。"


@pytest.mark.parametrize("entrances", [[(1, 0.5), (0.5, 0.5)], [(9, 9)], []])
def test_an_entrance_on_the_border_or_nowhere_splits_nothing(entrances):
    """The border belongs to both; what no grid has speaks for none."""
    points = [(0, place) for place in entrances]

    assert weigh([STREET, *PAIR], buildings((0.9, 0.5), points=points)).findings == ()


def test_ids_outlast_the_weighing():
    """An exception granted for a gap holds whether buildings are known or not."""
    plain = check_tree([WIDE, *PAIR], CheckRules(), ())

    weighed = weigh_with_buildings(plain, [WIDE, *PAIR], buildings((2.5, 0.5)))

    assert {one.id for one in plain.findings} < {one.id for one in weighed.findings}


def test_no_buildings_are_no_trouble():
    """Every finding with ground has none on it."""
    report = weigh([WIDE, *PAIR], buildings())

    assert {one.buildings for one in report.findings if one.rule == "uncovered-parent"} == {0}


@pytest.mark.parametrize("short", ["lon", "building_of_point"])
def test_arrays_of_different_lengths_are_refused(short):
    """One building without a longitude, a point of no building."""
    given = {
        "lon": np.zeros(1),
        "point_lon": np.zeros(1),
        "point_lat": np.zeros(1),
        "building_of_point": np.zeros(1, int),
    }
    given[short] = given[short][:0]

    with pytest.raises(ValueError, match="not of one length"):
        BuildingPoints(["H0"], given.pop("lon"), np.zeros(1), np.zeros(1, int), **given)
