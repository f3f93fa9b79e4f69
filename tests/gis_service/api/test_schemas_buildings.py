from __future__ import annotations

import orjson
import pytest

from gis_service.api.schemas_buildings import BuildingChange, read_buildings
from gis_service.errors import RuleBrokenError, TooLargeError

SHED = {"name": "岗亭", "address": "人民路10号", "use": "public", "point": {"lon": 102.73, "lat": 25.01}}


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"use": "Shop!"}, "/use"),
        ({"storeys": 0}, "/storeys"),
        ({"households": 1.5}, "/households"),
        ({"point": None}, ""),
        ({"point": {"lon": 25.0, "lat": 102.7}}, "/point/lat"),
        ({"point": {"lon": "102", "lat": 25.0}}, "/point/lon"),
        ({"crs": "EPSG:3857"}, "/point/crs"),
        ({"verified_on": "2999-01-01"}, "/verified_on"),
        ({"built_on": 3}, "/built_on"),
        ({"name": "a\u0000"}, "/name"),
        ({"colour": "red"}, "/colour"),
        ({"footprint": {"type": "Point", "coordinates": [1, 2]}}, "/footprint"),
        ({"footprint": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}}, "/footprint"),
        ({"entrances": [{"label": "-", "point": {"lon": 0, "lat": 91}}]}, "/entrances/0/point/lat"),
        ({"units": [{"label": "1", "storey": 999}]}, "/units/0/storey"),
        ({"aliases": [{"scheme": "x", "alias": "--"}]}, "/aliases/0/alias"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(members, pointer):
    """The pointers are those of the body."""
    with pytest.raises(RuleBrokenError) as refused:
        read_buildings(orjson.dumps({**SHED, **members}))

    assert pointer in [fault.pointer for fault in refused.value.faults]


def test_too_many_at_once_are_refused():
    """One more than a thousand features; nobody looks into them."""
    with pytest.raises(TooLargeError) as refused:
        read_buildings(orjson.dumps({"type": "FeatureCollection", "features": [None] * 1001}))

    assert refused.value.code == "too-many-buildings"


def test_a_collection_in_another_system_is_refused():
    """Files before RFC 7946 may declare one; here each feature names its own."""
    declared = {"type": "name", "properties": {"name": "EPSG:3857"}}
    body = {"type": "FeatureCollection", "crs": declared, "features": [None]}

    with pytest.raises(RuleBrokenError) as refused:
        read_buildings(orjson.dumps(body))

    assert refused.value.code == "unknown-crs"


def test_places_are_taken_in_the_system_that_the_building_names():
    """As AMap shows it: point, door and footprint are moved alike, some 500 m."""
    ring = [[102.705, 25.005], [102.706, 25.005], [102.706, 25.006], [102.705, 25.006], [102.705, 25.005]]
    given = {
        **SHED,
        "crs": "gcj02",
        "footprint": {"type": "Polygon", "coordinates": [ring]},
        "entrances": [{"label": "1", "point": SHED["point"]}],
    }

    (building,), _ = read_buildings(orjson.dumps(given))

    moved = building.lon - SHED["point"]["lon"]
    assert 0.001 < abs(moved) < 0.01
    assert building.entrances[0].lon == building.lon
    assert abs(building.footprint.bounds[0] - 102.705 - moved) < 1e-4


def test_what_is_left_out_of_a_change_stays():
    """Only members that are there change; null takes away what may be missing."""
    assert BuildingChange.model_validate({"storeys": None, "households": 3}).values() == {
        "storeys": None,
        "households": 3,
    }
    assert BuildingChange.model_validate({"footprint": None}).values() == {"footprint": None}
    assert BuildingChange.model_validate({"point": {"lon": 102.7, "lat": 25.0}}).values() == {
        "lon": 102.7,
        "lat": 25.0,
    }
