from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from shapely.geometry import mapping
from sqlalchemy import func, select

from gis_service.database.tables import area_event
from gis_service.domain.device import Device
from gis_service.domain.resource import Resource
from gis_service.domain.staff import StaffMember
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from tests.support.desk import GROUND

WEST = shapely.box(102.70, 25.00, 102.71, 25.03)
"""The west of street D07: half of D07A with building B7, a part of D07B."""
RASTER = [(round(102.69 + x / 200, 3), round(24.99 + y / 200, 3)) for x in range(11) for y in range(11)]
"""Places in and around the ground; some lie on the edge of WEST."""


@pytest.fixture
def furnished(ground, put):
    """A resource and a device at each place of the raster, a head of each grid."""
    stocks = [Resource(f"R{n:03d}", "帐篷", "tent", n, "顶", *at, "general") for n, at in enumerate(RASTER)]
    cameras = [Device(f"C{n:03d}", "+眼", "camera", *at, "general") for n, at in enumerate(RASTER)]
    put(*stocks, *cameras)
    with ground as work:
        work.staff.add_many([StaffMember(f"{one.code}长", "head", one.code, date(2025, 1, 1), "1") for one in GROUND])
        work.commit()
    return ground


@pytest.fixture
def send(client):
    def act(headers, area=WEST, *, key="a", query=None, **members):
        told = mapping(area) if isinstance(area, shapely.Geometry) else area
        body = {"title": "暴雨预警", "kind": "rainstorm", "severity": "major", "area": told, **members}
        sent = {"Content-Type": "application/json", "Idempotency-Key": key, **headers}
        return client.post("/v1/area-events", content=json.dumps(body), params=query or {}, headers=sent)

    return act


def test_a_warning_is_answered_with_all_that_lies_in_it_and_kept(client, send, furnished, token):
    """Two unit grids, block B7, and by brute force the things whose place the area covers, its edge included."""
    raised = send(token("dispatcher", "D07"))

    assert raised.status_code == 201
    told = raised.json()
    affected = told["affected"]
    inside = [n for n, at in enumerate(RASTER) if WEST.covers(shapely.Point(at))]
    assert len(inside) > len([n for n in inside if not WEST.boundary.covers(shapely.Point(RASTER[n]))]) > 0
    assert affected["edition"] == 1
    assert [one["code"] for one in affected["grids"]] == ["D07A", "D07B"]
    assert [one["code"] for one in affected["above"]] == ["D", "D07"]
    assert [one["grid"] for one in affected["staff"]] == ["D07", "D07A", "D07B"]
    assert (affected["buildings"], [one["code"] for one in affected["building_list"]]) == (1, ["B7"])
    assert affected["building_list"][0]["grid"] == "D07A"
    assert [one["code"] for one in affected["devices"]] == [f"C{n:03d}" for n in inside]
    assert [one["code"] for one in affected["resources"]] == [f"R{n:03d}" for n in inside]
    for one in affected["resources"]:
        covering = [grid.code for grid in GROUND if grid.shape.covers(shapely.Point(*one["point"].values()))]
        assert one["grid"] == min((code for code in covering if len(code) == 4), default=covering[-1])

    assert raised.headers["Location"] == f"/v1/area-events/{told['id']}"
    again = client.get(raised.headers["Location"], headers=token("worker", "D07B")).json()
    assert (again["title"], again["active"], again["until"]) == ("暴雨预警", True, None)
    assert [one["code"] for one in again["affected"]["grids"]] == ["D07A", "D07B"]
    assert shapely.from_geojson(json.dumps(again["area"])).equals(WEST)


def test_lists_that_go_on_say_so(client, send, furnished, token):
    """One entry of each list: two grids and heads, and more things, are told to be more; block B7 is alone."""
    affected = send(token("admin"), query={"limit": 1}).json()["affected"]

    assert {name for name, goes_on in affected["truncated"].items() if goes_on} == {
        "grids",
        "above",
        "staff",
        "devices",
        "resources",
    }
    assert all(len(affected[name]) == 1 for name in ("grids", "building_list", "devices", "resources"))


def test_each_caller_raises_and_reads_on_their_own_ground(client, send, put, token):
    """D08 shares an edge with the area, no ground: its dispatcher may neither raise nor see.  A worker reads."""
    put(
        Device("OPEN", "o", "camera", 102.705, 25.005, "general"),
        Device("IMPORTANT", "i", "camera", 102.705, 25.005, "important"),
        Device("CORE", "c", "camera", 102.705, 25.005, "core"),
    )
    to_the_edge = shapely.box(102.70, 25.00, 102.72, 25.03)
    refused = send(token("dispatcher", "D08"), to_the_edge)
    assert (refused.status_code, refused.json()["code"]) == (403, "outside-scope")
    assert send(token("worker", "D07"), to_the_edge).status_code == 403
    assert send({}, to_the_edge).status_code == 401

    address = send(token("dispatcher", "D07"), to_the_edge).headers["Location"]

    def devices(*role):
        return [one["code"] for one in client.get(address, headers=token(*role)).json()["affected"]["devices"]]

    assert client.get(address).status_code == 401
    assert client.get(address, headers=token("dispatcher", "D08")).status_code == 404
    assert client.get("/v1/area-events", headers=token("worker", "D08")).json()["area_events"] == []
    assert devices("auditor") == ["CORE", "IMPORTANT", "OPEN"]
    assert devices("worker", "D07A") == ["IMPORTANT", "OPEN"]
    assert devices("worker", "D07B") == ["OPEN"]


def test_a_warning_is_ended_once(client, send, put, token):
    """Active until a dispatcher of the ground ends it; then no more, and not twice."""
    dispatcher = token("dispatcher", "D")
    first, second = (send(dispatcher, key=key).json()["id"] for key in "ab")
    coming = send(dispatcher, key="c", since="2999-01-01T00:00:00Z").json()

    def listed(**query):
        told = client.get("/v1/area-events", params=query, headers=dispatcher).json()
        return [one["id"] for one in told["area_events"]], told["next"]

    assert coming["active"] is False
    assert client.post(f"/v1/area-events/{first}/end", headers=token("worker", "D")).status_code == 403
    assert client.post(f"/v1/area-events/{first}/end", headers=token("dispatcher", "D08")).status_code == 404
    ended = client.post(f"/v1/area-events/{first}/end", json={"note": "雨停"}, headers=dispatcher).json()
    assert (ended["active"], ended["end_note"]) == (False, "雨停")
    assert client.post(f"/v1/area-events/{first}/end", headers=dispatcher).json()["code"] == "already-ended"
    assert listed(active=True) == ([second], None)
    assert listed(active=False) == ([coming["id"], first], None)
    page, following = listed(limit=2)
    assert page == [coming["id"], second]
    assert listed(limit=2, cursor=following) == ([first], None)


def test_a_key_stores_one_event(client, send, ground, put, token):
    """Sent twice: the same event.  Another body under the key is refused; another caller's key is another."""
    dispatcher = token("dispatcher")
    first, again = send(dispatcher), send(dispatcher)

    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.json()["id"] == first.json()["id"]
    assert send(dispatcher, title="其他").json()["code"] == "idempotency-key-reused"
    assert send(token("admin")).status_code == 201
    with ground as work:
        assert work._session.scalar(select(func.count()).select_from(area_event)) == 2


def test_what_lies_in_it_is_that_of_the_edition_in_force(client, send, put, token, publish_edition):
    """Without D07B since edition 2."""
    address = send(token("admin")).headers["Location"]

    publish_edition(2, datetime(2025, 6, 1, tzinfo=UTC), [], ["D07B"])

    affected = client.get(address, headers=token("admin")).json()["affected"]
    assert (affected["edition"], [one["code"] for one in affected["grids"]]) == (2, ["D07A"])


@pytest.mark.parametrize("way", ["accept", "format"])
def test_the_lists_can_be_copied_as_a_sheet(client, send, furnished, token, way):
    """One row for each entry of the JSON; a name that begins with a plus sign is no formula."""
    raised = send(token("dispatcher", "D07"))
    affected = raised.json()["affected"]
    query = {"format": "csv"} if way == "format" else {}
    accept = {"Accept": "text/csv"} if way == "accept" else {}

    sheet = client.get(raised.headers["Location"], params=query, headers=token("dispatcher", "D07") | accept)

    assert sheet.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert sheet.headers["X-Edition"] == "1"
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    for name, entries in {
        "grid": affected["grids"],
        "above": affected["above"],
        "staff": affected["staff"],
        "building": affected["building_list"],
        "device": affected["devices"],
        "resource": affected["resources"],
    }.items():
        own = [row for row in rows if row["list"] == name]
        assert [row["code"] for row in own] == [entry.get("code", "") for entry in entries]
        assert [row["grid"] for row in own] == [entry.get("grid", entry.get("parent")) or "" for entry in entries]
    device = next(row for row in rows if row["list"] == "device")
    assert (device["name"], device["silent"]) == ("'+眼", "true")
    stock = next(row for row in rows if row["list"] == "resource")
    assert (float(stock["lon"]), float(stock["lat"])) == tuple(affected["resources"][0]["point"].values())


def test_an_area_in_gcj02_is_where_it_says(send, put, token):
    """Shifted by half a kilometre it would touch other grids; read as GCJ-02, B7's surroundings are D07A's alone."""
    around = shapely.box(102.7005, 25.0005, 102.7195, 25.0195)
    shifted = shapely.transform(around, lambda at: np.column_stack(wgs84_to_gcj02(at[:, 0], at[:, 1])))

    grids = [one["code"] for one in send(token("admin"), shifted, crs="gcj02").json()["affected"]["grids"]]

    assert grids == ["D07A"]
    assert len(send(token("admin"), shifted, key="b").json()["affected"]["grids"]) > 1


RING = [[102.70, 25.00], [102.71, 25.00], [102.71, 25.01], [102.70, 25.00]]
WRONG = [
    ({"area": {"type": "Point", "coordinates": [102.7, 25.0]}}, 422, "/area"),
    ({"area": {"type": ["Polygon"]}}, 422, "/area"),
    ({"area": {"type": "Feature", "geometry": {"type": []}}}, 422, "/area/geometry/type"),
    ({"area": {"type": "Polygon", "coordinates": [RING[:3]]}}, 422, "/area/coordinates/0"),
    ({"area": {"type": "Polygon", "coordinates": [RING[:1] * 300]}}, 413, None),
    ({"area": {"type": "Polygon", "coordinates": [RING]}, "crs": "EPSG:1"}, 422, "crs"),
    ({"area": 3}, 422, "/area"),
    ({"title": "a\0b"}, 422, "/title"),
    ({"kind": "Rain"}, 422, "/kind"),
    ({"severity": "orange"}, 422, "/severity"),
    ({"since": "2026-05-02T00:00:00Z", "until": "2026-05-02T00:00:00Z"}, 422, "/until"),
    ({"since": "yesterday"}, 422, "/since"),
    ({"colour": "red"}, 422, "/colour"),
]


@pytest.mark.parametrize(("members", "status", "pointer"), WRONG)
def test_what_is_no_warning_is_refused_with_the_place(send, put, token, members, status, pointer):
    answer = send(token("admin"), **members)

    assert answer.status_code == status
    if pointer is not None:
        assert pointer in next(iter(answer.json()["errors"][0].values()))


def test_bodies_that_no_parser_likes_are_refused(client, token):
    """Lone surrogates, numbers too large for anything, arrays too deep, no JSON; and a missing key."""
    headers = token("admin") | {"Content-Type": "application/json", "Idempotency-Key": "k"}
    deep = '{"area":' + "[" * 2000 + "]" * 2000 + "}"
    for body in ('{"title": "\\ud800"}', '{"area": 1e999}', deep, "[]", "null", "{", b"\xff"):
        answer = client.post("/v1/area-events", content=body, headers=headers)
        assert answer.status_code == 422, body[:40]
    del headers["Idempotency-Key"]
    assert client.post("/v1/area-events", content="{}", headers=headers).json()["code"] == "idempotency-key-missing"
    assert client.get("/v1/area-events/nobody", headers=headers).status_code == 404
