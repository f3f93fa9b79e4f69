from datetime import UTC, datetime

import pytest

from gis_service.domain.building import Building
from gis_service.domain.incident import Point, Report
from gis_service.domain.place import ChainLink, Place
from gis_service.domain.spot import explain_owner, find_spot
from gis_service.errors import InputFault, RuleBrokenError

BUILDING = Building("B7", "Block 7", "7 Renmin Road", "residential", 102.71, 25.04)
CHAIN = (ChainLink("D", "Panlong", "district"), ChainLink("D07", "Donghua", "street"))


def report(**values) -> Report:
    return Report("hazard", "general", "patrol", "loose tile", datetime(2026, 3, 6, tzinfo=UTC), **values)


def test_a_building_decides_before_a_point():
    """The plate is surer than the phone; where it happened stays the point given."""
    spot = find_spot(report(building_code="B7", point=Point(102.7101, 25.04), reporter_point=Point(1, 1)), BUILDING)

    assert (spot.located_by, spot.lon, spot.lat) == ("building", 102.71, 25.04)
    assert spot.event_point == Point(102.7101, 25.04)
    assert spot.reason.detail == "by building B7; the point given lies 10.1 m from it"


def test_a_point_far_from_the_building_is_remarked_upon():
    """0.01 degrees of longitude at 25 N are about a kilometre."""
    spot = find_spot(report(building_code="B7", point=Point(102.72, 25.04)), BUILDING)

    assert spot.reason.detail == "by building B7; the point given lies 1009.2 m from it, which is far: please check"


def test_without_a_point_it_happened_at_the_building():
    """The building's point stands for the incident on the map."""
    assert find_spot(report(building_code="B7"), BUILDING).event_point == Point(102.71, 25.04)


def test_a_point_decides_before_where_the_reporter_stood():
    """The event and the phone are two places."""
    spot = find_spot(report(point=Point(102.7, 25.0), reporter_point=Point(102.8, 25.1)), None)

    assert (spot.located_by, spot.lon, spot.lat) == ("coordinate", 102.7, 25.0)


def test_where_the_reporter_stood_is_not_where_it_happened():
    """It finds the owner, but is not shown as the incident's point."""
    spot = find_spot(report(reporter_point=Point(102.8, 25.1)), None)

    assert (spot.located_by, spot.lon, spot.event_point) == ("reporter", 102.8, None)


def test_an_unknown_building_gives_way_to_the_point():
    """Nothing is lost for a mistyped code, and the explanation says what was done."""
    spot = find_spot(report(building_code="B8", point=Point(102.7, 25.0)), None)

    assert (spot.located_by, spot.building_code) == ("coordinate", None)
    assert spot.reason.detail == "building B8 is not known; instead by the point given"


def test_an_unknown_building_alone_is_refused():
    """Then nothing says where it is."""
    with pytest.raises(RuleBrokenError) as refusal:
        find_spot(report(building_code="B8"), None)

    assert refusal.value.code == "unknown-building"
    assert refusal.value.faults == (InputFault("/building_code", "building B8 is not known"),)


@pytest.mark.parametrize(
    ("place", "detail"),
    [
        (Place(3, "inside", "D07", "standard", CHAIN), "the point lies in D07 Donghua in edition 3"),
        (
            Place(3, "edge", "D07", "standard", CHAIN, tied_with=("D08",)),
            "the point lies on an edge that D07 shares with D08 in edition 3; the smallest code wins",
        ),
        (
            Place(3, "partial", "D07", "standard", CHAIN),
            "the point lies in D07 Donghua in edition 3, and in no grid below it",
        ),
        (
            Place(3, "outside", nearest=("D07", 12.34)),
            "the point lies in no grid of edition 3; the nearest is D07, 12.3 m away",
        ),
        (Place(None, "outside"), "no boundaries are published yet"),
        (
            Place(1, "inside", "D07", "standard", CHAIN, in_force=False),
            "the point lies in D07 Donghua in edition 1 (it happened before the first edition, which was taken)",
        ),
    ],
    ids=["inside", "edge", "partial", "outside", "nothing published", "before the first edition"],
)
def test_the_owner_is_explained(place, detail):
    """Edition, tie rule and distance are said in words."""
    assert explain_owner(place).detail == detail


def test_the_nearest_grid_is_a_fact_of_the_explanation():
    """A program reads it there, in millimetres: 12.3404567 m are 12.34."""
    reason = explain_owner(Place(3, "outside", nearest=("D07", 12.3404567))).as_json()

    assert reason["nearest"] == {"code": "D07", "distance_m": 12.34}
