from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from gis_service.domain.access import Principal
from gis_service.domain.device import Device
from gis_service.use_cases.hear_devices import hear_devices

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def watching(put):
    """Cameras: heard of a minute ago, six minutes ago, never; and a sign that never reports."""
    now = datetime.now(UTC)
    put(
        Device("HEARD", "h", "camera", 102.705, 25.005, "general", now - timedelta(minutes=1)),
        Device("SILENT", "s", "camera", 102.705, 25.035, "general", now - timedelta(minutes=6)),
        Device("NEVER", "n", "camera", 102.735, 25.005, "general"),
        Device("SIGN", "g", "sign", 102.705, 25.005, "general"),
        Device("METER", "m", "camera", 102.705, 25.005, "core", LONG_AGO),
    )


@pytest.fixture
def listed(client):
    def act(headers=None, **query):
        devices = client.get("/v1/devices", params=query, headers=headers or {}).json()["devices"]
        return {one["code"]: one["silent"] for one in devices}

    return act


def test_devices_not_heard_of_for_longer_than_their_kind_allows_are_silent(watching, listed, token):
    """Five minutes for cameras; what never reports is neither.  The core one is for few, on their ground."""
    everything = {"HEARD": False, "NEVER": True, "SIGN": None, "SILENT": True}

    assert listed() == everything
    assert listed(silent=True) == {"NEVER": True, "SILENT": True}
    assert listed(silent=False) == {"HEARD": False}
    assert listed(grid="D07", silent=True) == {"SILENT": True}
    assert listed(kind="sign") == {"SIGN": None}
    assert listed(bbox="102.73,25,102.74,25.01") == {"NEVER": True}
    assert listed(token("dispatcher", "D07")) == everything | {"METER": True}
    assert listed(token("worker", "D07")) == listed(token("dispatcher", "D08")) == everything


def test_heartbeats_move_on_and_never_back(client, watching, listed, token):
    """Two are heard of; one beat is old; a clock ahead counts as now.  Those out of sight are unknown."""
    beats = [
        {"code": "SILENT"},
        {"code": "NEVER", "at": "2999-01-01T00:00:00Z"},
        {"code": "HEARD", "at": LONG_AGO.isoformat()},
        {"code": "METER"},
        {"code": "NOPE"},
        {"code": "SILENT", "at": LONG_AGO.isoformat()},
    ]
    before = datetime.now(UTC)

    told = client.post("/v1/devices/heartbeats", json={"heartbeats": beats}, headers=token("router", "D")).json()

    assert told == {"heard": 3, "unknown": ["METER", "NOPE"]}
    assert listed(silent=True) == {}
    seen = {one["code"]: one["last_seen_at"] for one in client.get("/v1/devices").json()["devices"]}
    assert before <= datetime.fromisoformat(seen["NEVER"]) <= datetime.now(UTC)
    assert datetime.fromisoformat(seen["HEARD"]) > LONG_AGO


def test_pages_and_refusals(client, watching, token):
    """Two pages of two and two; unknown words, and callers without the right."""
    first = client.get("/v1/devices", params={"limit": 2}).json()
    second = client.get("/v1/devices", params={"limit": 2, "cursor": first["next"]}).json()
    assert [one["code"] for one in first["devices"] + second["devices"]] == ["HEARD", "NEVER", "SIGN", "SILENT"]
    assert (second["next"], second["edition"]) == (None, 1)
    assert client.get("/v1/devices?kind=kamera").json()["code"] == "unknown-kind"
    assert client.get("/v1/devices?grid=NOPE").status_code == 404
    address, body = "/v1/devices/heartbeats", {"heartbeats": []}
    assert client.post(address, json=body, headers=token("worker")).status_code == 403
    assert client.post(address, json=body, headers=token("router")).json() == {"heard": 0, "unknown": []}
    assert client.post(address, json={"heartbeats": [{"code": 3}]}, headers=token("router")).status_code == 422


def test_heartbeats_come_by_the_line(client, watching, listed, token):
    """Of six lines three are heard; no device, no JSON and no code are told by their number."""
    lines = (
        b'{"code":"SILENT"}\n\n{"code":"NOPE"}\n{"code":"NEVER","at":"2026-01-01T00:00:00Z"}\n'
        b'{"code":\n{"at":"2026-01-01T00:00:00Z"}\n{"code":"HEARD","at":"2026-01-01T00:00:00Z"}'
    )
    headers = {**token("router"), "Content-Type": "application/x-ndjson"}

    answer = client.post("/v1/devices/heartbeats", content=lines, headers=headers)

    *refused, counted = [orjson.loads(line) for line in answer.content.splitlines()]
    assert [(one["line"], one["status"], one["problem"]["code"]) for one in refused] == [
        (3, 404, "unknown-device"),
        (5, 422, "invalid-json"),
        (6, 422, "invalid-input"),
    ]
    assert counted == {"lines": 6, "heard": 3, "refused": 3}
    assert listed(kind="camera") == {"HEARD": False, "NEVER": True, "SILENT": False}


def test_a_heartbeat_that_comes_late_moves_nothing_back(client, watching, listed, token):
    """Heard at noon, then a line of the morning: in one request and in two."""
    headers = {**token("router"), "Content-Type": "application/x-ndjson"}
    noon, morning = (
        b'{"code":"NEVER","at":"2026-01-01T04:00:00Z"}\n',
        b'{"code":"NEVER","at":"2026-01-01T00:00:00Z"}\n',
    )

    for body in (noon + morning, morning):
        client.post("/v1/devices/heartbeats", content=body, headers=headers)

        seen = {one["code"]: one["last_seen_at"] for one in client.get("/v1/devices").json()["devices"]}
        assert datetime.fromisoformat(seen["NEVER"]) == datetime(2026, 1, 1, 4, tzinfo=UTC)


def test_a_group_of_heartbeats_is_one_statement(ground, watching, count_queries):
    """Beside the one that asks for the edition."""
    with count_queries() as statements:
        hear_devices([(f"D{number}", None) for number in range(3_000)], Principal("x", "router", "D"), ground)

    assert sum("device" in statement for statement in statements) == 1
