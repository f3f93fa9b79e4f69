from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gis_service.domain.access import Principal
from gis_service.domain.incident_count import CountFilter
from gis_service.domain.repeat_place import RepeatQuestion
from gis_service.errors import RuleBrokenError, TooLargeError
from gis_service.use_cases import find_repeat_places as finding
from gis_service.use_cases.find_repeat_places import find_repeat_places
from tests.support.counted import One, add_categories, store

SHANGHAI = ZoneInfo("Asia/Shanghai")
CITY = Principal("city desk", "dispatcher", None)
HOME = (102.705, 25.005)
FIRST = datetime(2026, 1, 10, tzinfo=UTC)
MONTH = timedelta(days=31)
METRE_EAST = 1 / 100_878
"""Degrees of longitude at 25.005 north, where one is 100.878 km long on the ellipsoid."""


@pytest.fixture
def places(ground):
    """The repeat places among what is stored."""

    def act(principal=CITY, **words):
        return find_repeat_places(RepeatQuestion(**words), principal, SHANGHAI, ground)

    return act


def here(metres: float, number: int, **words) -> One:
    return One(HOME[0] + metres * METRE_EAST, HOME[1], occurred_at=FIRST + number * MONTH, **words)


def test_eight_parking_disputes_in_one_compound_are_one_place(ground, places):
    """One every 20 m over eight months: its middle, its extent, its first and last day; the newest first."""
    add_categories(ground, "dispute.parking")
    ones = [here(20 * number, number, category="dispute.parking") for number in range(8)]
    store(ground, [*ones, here(0, 1), here(10, 2, category="dispute")])

    (place,) = places()

    assert (place.category, place.number, place.months) == ("dispute.parking", 8, 8)
    assert (place.first, place.last) == (ones[0].occurred_at, ones[-1].occurred_at)
    assert place.ids == tuple(str(one.id) for one in reversed(ones))
    assert place.owners == ("D07A",)
    assert (place.lon, place.lat) == pytest.approx((HOME[0] + 70 * METRE_EAST, HOME[1]), abs=1e-9)
    assert place.radius_m == pytest.approx(70, abs=0.1)


@pytest.mark.parametrize(("apart_m", "found"), [(49.9, 3), (50.1, None)])
def test_near_is_near_to_the_decimetre(ground, places, apart_m, found):
    """Three in a row are a place when the middle one reaches both others."""
    store(ground, [here(apart_m * number, number) for number in range(3)])
    assert [place.number for place in places()] == ([] if found is None else [found])


def test_a_place_takes_as_many_incidents_and_months_as_asked_for(ground, places):
    """Four in two months, as Shanghai counts them: the second begins eight hours before that of UTC."""
    evening = datetime(2026, 3, 31, 15, 59, tzinfo=UTC)
    moments = [evening, evening, evening, evening + timedelta(minutes=1)]
    store(ground, [One(*HOME, occurred_at=moment) for moment in moments])

    assert [(place.number, place.months) for place in places()] == [(4, 2)]
    assert len(places(least=4)) == 1
    assert places(least=5) == []
    assert places(least_months=3) == []


def test_categories_may_be_taken_together(ground, places):
    """Two of dispute and two of dispute.property: no place of three, and one of four by their first word."""
    names = ["dispute", "dispute.property"] * 2
    store(ground, [here(0, number, category=name) for number, name in enumerate(names)])

    assert places() == []
    assert [(place.category, place.number) for place in places(depth=1)] == [("dispute", 4)]


def test_merged_incidents_and_those_of_others_repeat_nothing(ground, places):
    """Three of five are left, in scope D07 none."""
    chain = ("D", "D08", "D08A")
    states = ["reported", "archived", "handled", "merged", "cancelled"]
    store(ground, [here(0, number, state=state, chain=chain) for number, state in enumerate(states)])

    assert [place.number for place in places()] == [3]
    assert places(Principal("a", "worker", "D07")) == []
    assert places(wanted=CountFilter(since=FIRST + MONTH)) == []


def test_too_many_and_unknown_are_refused(ground, places, monkeypatch):
    """Two where one is the most; a category that there is not."""
    store(ground, [One(), One()])
    monkeypatch.setattr(finding, "MOST_CLUSTERED", 1)
    with pytest.raises(TooLargeError) as refused:
        places()
    assert refused.value.code == "too-many-incidents"
    with pytest.raises(RuleBrokenError, match="category is one of"):
        places(wanted=CountFilter(category="weather"))


def test_nothing_stored_is_no_place(ground, places):
    """No incident, no mean meridian, no place."""
    store(ground, [])
    assert places() == []
