from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from gis_service.domain.staff import StaffMember
from gis_service.use_cases.forget_positions import forget_positions
from tests.gis_service.api.people.conftest import ZONE

NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def now():
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def post(client, people, token):
    """Send positions as lines and return the answer's lines."""

    def act(*positions, headers=None):
        body = b"\n".join(orjson.dumps(one) for one in positions)
        answer = client.post("/v1/positions", content=body, headers={**(headers or token("worker", "D07")), **NDJSON})
        return [orjson.loads(line) for line in answer.content.splitlines()]

    return act


def at_place(staff, at, lon=102.705, lat=25.005, **more):
    return {"staff": staff, "at": at.isoformat(), "lon": lon, "lat": lat, **more}


def test_one_position_is_stored_once(client, people, token, now):
    """201, then 200 for the same person and instant, wherever the second says that was."""
    one, headers = at_place(people["街道员"], now, accuracy_m=8), token("worker", "D07")

    first = client.post("/v1/positions", json=one, headers=headers)
    second = client.post("/v1/positions", json={**one, "lat": 25.006}, headers=headers)

    assert (first.status_code, first.json()) == (201, {"stored": True})
    assert (second.status_code, second.json()) == (200, {"stored": False})
    told = client.get("/v1/positions", headers=token("dispatcher")).json()["positions"]
    assert [(one["point"]["lat"], one["accuracy_m"]) for one in told] == [(25.005, 8)]


def test_lines_are_stored_but_for_those_that_are_refused(post, people, now):
    """Of nine lines three are stored, one of them in GCJ-02, one is known; five are told by their number and why."""
    mine = people["街道员"]
    lines = post(
        at_place(mine, now),
        at_place(mine, now),
        at_place(people["八号长"], now),
        at_place(mine, now + timedelta(hours=1)),
        at_place(mine, now - timedelta(days=200)),
        at_place(people["网格员"], now),
        {"staff": mine},
        at_place(mine, now - timedelta(minutes=1), crs="gcj02"),
        at_place(people["街道长"], now),
    )

    *refused, counted = lines
    assert [(one["line"], one["problem"]["code"]) for one in refused] == [
        (3, "unknown-staff"),
        (4, "in-the-future"),
        (5, "too-old"),
        (6, "off-duty"),
        (7, "invalid-input"),
    ]
    assert counted == {"lines": 9, "stored": 3, "known": 1, "refused": 5}


def test_the_last_positions_are_told_with_their_age_to_dispatchers_of_the_ground(client, post, people, token, now):
    """The later of two; an old one only when asked for; on D08 nobody; workers may not look."""
    mine, head = people["街道员"], people["街道长"]
    hours = [timedelta(hours=count) for count in (0, 1, 30)]
    post(at_place(mine, now - hours[1]), at_place(mine, now, lat=25.011), at_place(head, now - hours[2]))

    def told(role="dispatcher", scope=None, **query):
        return client.get("/v1/positions", params=query, headers=token(role, scope)).json()

    (one,) = told()["positions"]
    assert (one["staff"], one["name"], one["grid"], one["point"]["lat"]) == (mine, "街道员", "D07", 25.011)
    assert 0 <= one["age_s"] < 60
    everybody = told(within_s=2 * 86_400, limit=1)
    assert everybody["positions"][0]["staff"] == head
    assert told(within_s=2 * 86_400, cursor=everybody["next"])["positions"][0]["staff"] == mine
    assert told(scope="D08")["positions"] == told(grid="D08")["positions"] == told(grid="D07A")["positions"] == []
    assert told("worker")["status"] == told("auditor")["status"] == 403


def test_a_day_is_lines_with_gaps(client, post, people, token, now):
    """Three minutes in D07A, one north in D07B, a gap of half an hour, and one position alone."""
    noon = datetime.combine(now.astimezone(ZONE).date() - timedelta(days=1), datetime.min.time(), ZONE).replace(
        hour=12
    )
    minutes = (0, 1, 2, 3, 33)
    places = (25.0185, 25.0190, 25.0195, 25.0202, 25.0205)
    mine = people["街道员"]
    post(*(at_place(mine, noon + timedelta(minutes=m), lat=lat) for m, lat in zip(minutes, places, strict=True)))

    answer = client.get(
        "/v1/tracks", params={"staff": mine, "day": noon.date().isoformat()}, headers=token("dispatcher", "D07")
    )
    day = answer.json()

    assert answer.headers["content-type"] == "application/geo+json"
    assert (day["on_patrol_s"], [gap["seconds"] for gap in day["gaps"]]) == (180, [1800])
    assert [(one["geometry"]["type"], one["properties"]["seconds"]) for one in day["features"]] == [
        ("LineString", 180),
        ("Point", 0),
    ]
    assert day["grids"] == [
        {"code": "D07A", "seconds": 180, "positions": 3},
        {"code": "D07B", "seconds": 0, "positions": 2},
    ]
    assert day["length_m"] == pytest.approx(0.0017 * 110_770, rel=0.001)


def test_a_track_is_for_dispatchers_of_the_ground(client, people, token):
    """An empty day is told; others' people are a 404, workers a 403."""
    mine = people["街道员"]

    def get(headers, **query):
        return client.get("/v1/tracks", params={"staff": mine, **query}, headers=headers)

    assert get(token("dispatcher")).json()["features"] == []
    assert get(token("dispatcher", "D08")).status_code == 404
    assert get(token("worker")).status_code == 403
    assert get(token("admin"), day="0001-01-01").status_code == 200
    assert get(token("admin"), day="yesterday").status_code == get(token("admin"), staff=2**63).status_code == 422


def test_positions_are_forgotten_after_their_days(ground, post, people, now):
    """With two days kept, those of three days back go and later ones stay."""
    mine = people["街道员"]
    post(*(at_place(mine, now - timedelta(days=days)) for days in range(5)))

    assert forget_positions(now, ZONE, 2, ground) == 2
    assert forget_positions(now, ZONE, 2, ground) == 0
    with ground as work:
        assert work.positions.count() == 3


def test_a_person_is_not_followed_before_the_first_day(ground, post, now, token):
    """Assigned from tomorrow on."""
    with ground as work:
        made = work.staff.add(StaffMember("x", "worker", "D07", now.astimezone(ZONE).date() + timedelta(days=1)))
        work.commit()

    assert post(at_place(made.id, now))[0]["problem"]["code"] == "off-duty"
    assert made.member.since > date(2025, 1, 1)
