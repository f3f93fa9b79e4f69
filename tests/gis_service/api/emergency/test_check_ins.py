from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from gis_service.domain.building import Building
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from grid_boundaries.measure import GEOD

DOOR = (102.7051, 25.005)
"""Of block B7, ten metres east of its point."""


@pytest.fixture
def say(client, token):
    def act(*, headers=None, **members):
        body = {"building_code": "B7", "lon": DOOR[0], "lat": DOOR[1], **members}
        return client.post("/v1/check-ins", json=body, headers=headers or token("worker", "D07A"))

    return act


def off(metres: float) -> dict[str, float]:
    """A place so far east of the door."""
    lon, lat, _ = GEOD.fwd(*DOOR, 90.0, metres)
    return {"lon": lon, "lat": lat}


def test_a_worker_at_the_door_is_accepted_and_kept(say, client, token):
    """At the door itself; whose ground it is, is told and stored."""
    made = say()

    told = made.json()
    assert made.status_code == 201
    assert (told["accepted"], told["distance_m"], told["allowed_m"]) == (True, 0.0, 50.0)
    assert (told["owner"], told["edition"], told["entrance"]) == ("D07A", 1, None)
    kept = client.get("/v1/check-ins", headers=token("dispatcher", "D07")).json()
    assert kept == {"check_ins": [told], "next": None}


@pytest.mark.parametrize(
    ("metres", "accuracy_m", "accepted"),
    [
        (49.9, None, True),
        (50.2, None, False),
        (79.9, 30, True),
        (80.2, 30, False),
        (99.9, 5000, True),
        (100.2, 5000, False),
    ],
)
def test_near_is_fifty_metres_and_at_most_as_much_for_accuracy(say, metres, accuracy_m, accepted):
    """A phone that knows its place to five kilometres is not near everything.  What is too far is stored too."""
    told = say(accuracy_m=accuracy_m, **off(metres)).json()

    assert told["accepted"] is accepted
    assert told["distance_m"] == pytest.approx(metres, abs=0.06)


def test_a_named_door_is_the_one_that_counts(say, ground):
    """West of the building 55 m from its door 1: by the building's point near, by the door not."""
    lon, lat, _ = GEOD.fwd(*DOOR, 270.0, 55.0)

    by_building = say(lon=lon, lat=lat).json()
    by_door = say(lon=lon, lat=lat, building_code="b7-1").json()

    assert (by_building["accepted"], by_building["entrance"]) == (True, None)
    assert (by_door["accepted"], by_door["entrance"], by_door["distance_m"]) == (False, "1", 55.0)


def test_a_position_in_gcj02_is_converted(say):
    """A phone's map puts the worker half a kilometre away; declared as GCJ-02 it is the door."""
    lon, lat = (float(one[0]) for one in wgs84_to_gcj02(*np.array([DOOR]).T))

    assert say(lon=lon, lat=lat, crs="gcj02").json()["distance_m"] < 0.5
    assert say(lon=lon, lat=lat).json()["accepted"] is False


def test_who_may_check_in_and_read(say, client, token, ground):
    """Workers on their own ground; dispatchers and auditors read theirs, filtered."""
    with ground as work:
        work.buildings.add_many([Building("B8", "八栋", "x", "residential", 102.73, 25.01)], ["D08A"], 1)
        work.commit()
    assert say(headers=token("worker", "D08")).json()["code"] == "outside-scope"
    assert say(headers=token("dispatcher", "D")).status_code == 403
    made = [
        say(headers=token("worker", "D")).json(),
        say(headers=token("worker", "D"), building_code="B8", at="2025-05-01T08:00:00+08:00").json(),
    ]

    def listed(headers, **query):
        return [one["id"] for one in client.get("/v1/check-ins", params=query, headers=headers).json()["check_ins"]]

    dispatcher, (first, second) = token("dispatcher", "D"), (one["id"] for one in made)
    assert client.get("/v1/check-ins", headers=token("worker", "D")).status_code == 403
    assert client.get("/v1/check-ins").status_code == 401
    assert listed(dispatcher) == [second, first]
    assert listed(token("auditor", "D08")) == listed(dispatcher, grid="D08") == [second]
    assert listed(dispatcher, grid="D07", accepted=True) == [first]
    assert listed(dispatcher, since="2025-05-02T00:00:00Z") == [first]
    assert listed(dispatcher, worker=made[0]["worker"]) == [first]
    page = client.get("/v1/check-ins", params={"limit": 1}, headers=dispatcher).json()
    assert listed(dispatcher, cursor=page["next"]) == [first]


def test_what_cannot_be_is_refused(say):
    """A building that there is not, tomorrow, before there were grids, places off the earth, a lone surrogate."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    refused = {
        "unknown-building": {"building_code": "NOPE"},
        "coordinate-out-of-range": {"lon": 25.0, "lat": 102.7},
        "unknown-crs": {"crs": "EPSG:1"},
        "no-edition": {"at": "2001-01-01T00:00:00Z"},
    }
    for code, members in refused.items():
        assert say(**members).json()["code"] == code
    for members in ({"at": tomorrow}, {"at": "1900-01-01T00:00:00Z"}, {"accuracy_m": -1}, {"building_code": "a\0"}):
        assert say(**members).status_code == 422
