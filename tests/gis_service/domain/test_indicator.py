from __future__ import annotations

from datetime import date

import pytest

from gis_service.domain.indicator import IndicatorValue, roll_up

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
