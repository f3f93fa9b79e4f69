"""Indicators, stocks, devices and patrols of the demo district."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from gis_service.demo.hot_spots import CLUTTER_STREET
from gis_service.demo.indicators import TOTALS, read_indicators
from gis_service.demo.stocks import read_device_kinds, read_resource_kinds
from gis_service.demo.year import ZONE

NEWEST = date(2025, 6, 1)


@pytest.fixture(scope="module")
def newest(panlong):
    """The values of the newest year by indicator and grid."""
    found = defaultdict(dict)
    for value in panlong.values:
        if value.since == NEWEST:
            found[value.indicator][value.grid_code] = value.value
    return found


def test_ten_indicators_have_a_value_in_every_grid_and_year(panlong, newest):
    """10 indicators, 325 grids, 2 years."""
    assert len(panlong.values) == 10 * 325 * 2
    assert {code: len(values) for code, values in newest.items()} == {one.code: 325 for one in read_indicators()}
    assert Counter(one.data_class for one in read_indicators()) == {"general": 8, "important": 1, "core": 1}


def test_sums_are_those_of_the_survey_at_every_level(panlong, newest):
    """800 people in care, 8,900 counter cases, 3,200 activities: in the district and in its parts together."""
    for code, total in TOTALS.items():
        for level in ("district", "street", "community", "unit_grid"):
            assert sum(newest[code][grid.code] for grid in panlong.grids if grid.level == level) == total


def test_three_unit_grids_of_one_street_are_old(panlong, newest):
    """More than 30 % elderly there and in no other unit grid."""
    old = [grid for grid in panlong.grids if grid.level == "unit_grid" and newest["elderly_share"][grid.code] > 30]
    street = next(grid.code for grid in panlong.grids if grid.name == CLUTTER_STREET)
    assert len(old) == 3
    assert all(grid.code.startswith(street) for grid in old)


def test_stocks_are_of_ten_kinds_and_nine_have_expired(panlong):
    """Six of each kind at sixty public buildings; fuel alone is not for everyone."""
    assert Counter(one.kind for one in panlong.resources) == {kind.code: 6 for kind in read_resource_kinds()}
    assert sum(one.expires_on is not None and one.expires_on < date(2026, 6, 1) for one in panlong.resources) == 9
    assert {one.kind for one in panlong.resources if one.data_class != "general"} == {"fuel"}
    assert len({(one.lon, one.lat) for one in panlong.resources}) == 60


def test_some_devices_are_silent_and_sorting_points_never_report(panlong):
    """80 alarms, 20 cameras, 15 sorting points, 5 meters; one reporting device in ten was not seen for 5 minutes."""
    counts = Counter(one.kind for one in panlong.devices)
    assert counts == {"smoke_alarm": 80, "camera": 20, "sorting_point": 15, "water_meter": 5}
    assert {kind.code for kind in read_device_kinds() if kind.silent_after_s is None} == {"sorting_point"}
    midnight = datetime(2026, 6, 1, tzinfo=ZONE)
    ages = [midnight - one.last_seen_at for one in panlong.devices if one.last_seen_at is not None]
    assert len(ages) == 105
    assert 3 < sum(age > timedelta(minutes=5) for age in ages) < 25
    assert {one.data_class for one in panlong.devices if one.kind == "water_meter"} == {"core"}


def test_twelve_workers_walk_four_hours_at_a_walking_pace(panlong):
    """240 positions each on the last day; the first has lost half an hour; nobody runs."""
    walks = defaultdict(list)
    for one in panlong.positions:
        walks[one.member].append(one)
    assert sorted(len(walk) for walk in walks.values()) == [210, *[240] * 11]
    assert {one.at.astimezone(ZONE).date() for one in panlong.positions} == {date(2026, 5, 31)}
    assert all(panlong.staff[member].role == "worker" for member in walks)
    for walk in walks.values():
        for first, second in pairwise(walk):
            minutes = (second.at - first.at) / timedelta(minutes=1)
            assert abs(first.lat - second.lat) * 111_000 < 60 * minutes + 20
