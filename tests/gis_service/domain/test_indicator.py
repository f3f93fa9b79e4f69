from __future__ import annotations

from datetime import date

import pytest

from gis_service.domain.indicator import Indicator, IndicatorValue, roll_up

PARENTS = {"D": None, "S": "D", "U1": "S", "U2": "S", "T": "D"}
HOUSEHOLDS = {"U1": 300, "U2": 100, "T": None}


def value(code: str, number: float, *, is_estimated: bool = False) -> IndicatorValue:
    return IndicatorValue("i", code, date(2025, 1, 1), date(2026, 1, 1), number, "tests", is_estimated=is_estimated)


@pytest.mark.parametrize(
    ("rule", "street", "district"),
    [("sum", 50.0, 110.0), ("mean", 25.0, 110 / 3), ("weighted_mean", 17.5, 17.5)],
)
def test_a_rule_makes_parents_of_what_was_measured(rule: str, street: float, district: float):
    """10 of 300 households, 40 of 100, 60 of an unknown number: the district's mean is over three, not over two."""
    rolled = roll_up(rule, [value("U1", 10), value("U2", 40), value("T", 60)], PARENTS, HOUSEHOLDS)
    assert [(one.grid_code, one.value) for one in rolled] == [("D", pytest.approx(district)), ("S", street)]
    assert {(one.indicator, one.since, one.until, one.source) for one in rolled} == {
        ("i", date(2025, 1, 1), date(2026, 1, 1), "tests")
    }


def test_without_a_household_there_is_no_weighted_mean():
    """Nobody is known to live in T, so D would be a division by nothing."""
    assert roll_up("weighted_mean", [value("T", 60)], PARENTS, HOUSEHOLDS) == []


def test_what_is_made_of_an_estimate_is_an_estimate():
    """U2 was estimated, and so is S; T was counted."""
    rolled = roll_up("sum", [value("U1", 10), value("U2", 40, is_estimated=True)], PARENTS, HOUSEHOLDS)
    assert [one.is_estimated for one in rolled] == [True, True]
    assert not roll_up("sum", [value("T", 1)], PARENTS, HOUSEHOLDS)[0].is_estimated


def test_coverage_is_the_share_of_the_households_that_was_measured():
    """U1 with 300 of the street's 400 households; without households the deepest grids count alike."""
    (district, street) = roll_up("sum", [value("U1", 10)], PARENTS, HOUSEHOLDS)
    assert (street.coverage, district.coverage) == (0.75, 0.75)
    (district, street) = roll_up("sum", [value("U1", 10)], PARENTS, {})
    assert (street.coverage, district.coverage) == (0.5, pytest.approx(1 / 3))


def test_what_was_measured_of_a_grid_outdoes_what_is_below_it():
    """S has its own 7, which the district counts, not the 10 of U1 beside."""
    (district,) = roll_up("sum", [value("U1", 10), value("S", 7)], PARENTS, HOUSEHOLDS)
    assert (district.grid_code, district.value, district.coverage) == ("D", 7, 1)


def test_another_indicator_may_weigh():
    """10 weighs three, 40 weighs one: (30 + 40) / 4."""
    rolled = roll_up("weighted_mean", [value("U1", 10), value("U2", 40)], PARENTS, HOUSEHOLDS, {"U1": 3.0, "U2": 1.0})
    assert {one.value for one in rolled} == {17.5}


@pytest.mark.parametrize(("number", "place"), [(9.9, 0), (10, 1), (30, 2), (99, 2)])
def test_the_class_of_a_value_is_how_many_thresholds_it_reaches(number: float, place: int):
    """Thresholds 10 and 30, as the style of the map has them: a threshold belongs to the class above."""
    assert Indicator("i", "i", "i", "%", "good", "mean", "general", (10, 30)).class_of(number) == place
