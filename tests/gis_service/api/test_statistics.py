from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gis_service.api import hand_overs, incidents, repeats, statistics
from gis_service.api.access import TokenCache
from gis_service.api.count_sheet import counts_csv
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.alarms import USUAL
from gis_service.domain.incident_count import CountedGrid, CountQuestion, IncidentCounts, Tally
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.create_token import create_token
from tests.support.counted import CLOSED, NOON, REDRAWN, SECOND_DAY, One, store

COUNTS = "/v1/statistics/incidents"
LOST = (102.715, 25.005)


@pytest.fixture
def client(ground, open_session) -> Iterator[TestClient]:
    """The routes that count and hand over, before that of single incidents, on the small ground."""

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "token_cache": TokenCache(60),
            "timezone": ZoneInfo("Asia/Shanghai"),
            "alarms": USUAL,
            "snapshots": SnapshotHolder(lambda: UnitOfWork(open_session), listen_url="", poll_s=1),
        }

    app = FastAPI(lifespan=lifespan)
    for module in (statistics, repeats, hand_overs, incidents):
        app.include_router(module.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture
def as_role(ground):
    """Headers of a new token."""

    def make(role: str, scope: str | None = None) -> dict[str, str]:
        secret, _ = create_token(role=role, scope=scope, label=role, lifetime=timedelta(hours=1), work=ground)
        return {"Authorization": f"Bearer {secret}"}

    return make


def test_counts_have_rows_a_total_and_rates(client, as_role, ground):
    """Two in one grid, one handled in time and rated 5, one by a resident; by grid and hour."""
    late = NOON + timedelta(hours=1)
    store(
        ground,
        [One(state="evaluated", due_at=late, handled_at=NOON, satisfaction=5), One(channel="resident", due_at=None)],
    )
    answer = client.get(f"{COUNTS}?by=grid,hour&edition=1&level=street", headers=as_role("auditor"))

    assert answer.status_code == 200
    body = answer.json()
    figures = {
        "count": 2, "open": 1, "closed": 1, "handled": 1, "handled_on_time": 1, "handled_late": 0, "overdue": 0,
        "discovered": 1, "rated": 1, "satisfied": 1, "handled_rate": 0.5, "discovery_rate": 0.5, "on_time_rate": 1.0,
        "satisfaction_rate": 1.0,
    }  # fmt: skip
    street = {"code": "D07", "name": "东华街道", "level": "street"}
    assert body == {
        "edition": 1,
        "by": ["grid", "hour"],
        "level": "street",
        "total": figures,
        "rows": [{"grid": street, "hour": 12, **figures}],
    }
    assert answer.headers["X-Edition"] == "1"


def test_counts_come_as_a_sheet_too(client, as_role, ground):
    """With headers in English, or in Chinese behind a byte order mark; the last line is the sum."""
    store(ground, [One(), One(chain=("D", "D08", "D08A"))])
    headers = as_role("planner")
    plain = client.get(f"{COUNTS}?by=grid,severity&format=csv", headers=headers)
    chinese = client.get(f"{COUNTS}?by=grid,severity&format=csv&lang=zh", headers=headers)

    assert plain.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(plain.text.splitlines()))
    assert lines[0][:6] == ["grid", "grid_name", "grid_level", "severity", "count", "open"]
    assert [line[:5] for line in lines[1:]] == [
        ["D07A", "一网格", "unit_grid", "general", "1"],
        ["D08A", "三网格", "unit_grid", "general", "1"],
        ["total", "", "", "", "2"],
    ]
    assert lines[1][-2:] == ["", ""]  # nothing was due, nobody was asked
    assert chinese.content.startswith(b"\xef\xbb\xbf")
    headed, *_, total = list(csv.reader(chinese.content.decode("utf-8-sig").splitlines()))
    assert headed[-3:] == ["问题发现率", "处置及时率", "居民满意率"]
    assert total[0] == "合计"


def test_a_name_is_no_formula(ground):
    """A spreadsheet would run what begins with an equals sign."""
    grid = CountedGrid("X", "=1+1", "street")
    counts = IncidentCounts(CountQuestion(("grid",)), [(("X",), Tally(1))], Tally(1), {"X": grid})
    assert "X,'=1+1,street,1," in counts_csv(counts, "en").decode()


def test_the_public_is_told_counts_by_grid_alone(client, ground):
    """Five and ten, no other figure, and the whole months that are counted; of a second in March all of it."""
    store(ground, [*(One() for _ in range(5)), *(One(chain=("D", "D08", "D08A")) for _ in range(10))])
    body = client.get(f"{COUNTS}?since=2026-03-30T00:00:00Z&until=2026-03-30T00:00:01Z").json()

    assert [{**row, "grid": row["grid"]["code"]} for row in body["rows"]] == [
        {"grid": "D07A", "count": 5},
        {"grid": "D08A", "count": 10},
    ]
    assert (body["since"], body["until"]) == ("2026-03-01T00:00:00+08:00", "2026-04-01T00:00:00+08:00")
    assert body["total"] == {"count": 15}
    sheet = client.get(f"{COUNTS}?format=csv").text.splitlines()
    assert sheet[0] == "grid,grid_name,grid_level,count"
    assert sheet[2] == "D08A,三网格,unit_grid,10"
    refused = client.get(f"{COUNTS}?by=grid,hour")
    assert (refused.status_code, refused.json()["code"]) == (403, "restricted-dimension")
    assert client.get("/v1/incidents/repeats").status_code == 401


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("by=weather", 422, "'weather', which is none of grid"),
        ("by=grid,grid", 422, "twice"),
        ("by=grid,state,hour,day,month", 422, "up to 4"),
        ("by=state&level=street", 422, "add it to by"),
        ("by=grid&depth=1", 422, "add it to by"),
        ("channel=post", 422, "'post', which is none of patrol"),
        ("state=lost", 422, "the states are"),
        ("level=ward", 422, "the levels are"),
        ("category=weather", 422, "category is one of"),
        ("grid=999999", 422, "no grid has ever had the code 999999"),
        ("department=nobody", 422, "nobody"),
        ("colour=red", 422, "no parameter of this address"),
        ("edition=99999", 404, "no edition 99999"),
        ("edition=99999999999", 422, "edition"),
        ("grid=%00", 422, "grid"),
        ("department=%00", 422, "department"),
    ],
)
def test_a_wrong_question_is_refused_by_its_name(client, as_role, query, status, word):
    """What is wrong whatever is stored is a 422."""
    answer = client.get(f"{COUNTS}?{query}", headers=as_role("admin"))
    assert answer.status_code == status
    assert word in answer.text


def test_repeat_places_are_told(client, as_role, ground):
    """Three in three months at one place; within a scope, and of the last year when nothing is said."""
    ones = [One(occurred_at=NOON - timedelta(days=31 * number)) for number in range(3)]
    store(ground, ones)
    since = "/v1/incidents/repeats?since=2025-12-01T00:00:00Z"
    answer = client.get(since, headers=as_role("worker", "D07"))

    assert answer.status_code == 200
    assert answer.json() == {
        "since": "2025-12-01T00:00:00Z",
        "places": [
            {
                "category": "hazard",
                "count": 3,
                "months": 3,
                "first": "2025-12-30T04:00:00Z",
                "last": "2026-03-02T04:00:00Z",
                "point": {"lon": 102.705, "lat": 25.005},
                "radius_m": 0.0,
                "owners": ["D07A"],
                "incidents": [str(one.id) for one in ones],
            }
        ],
    }
    assert client.get(since, headers=as_role("worker", "D08")).json()["places"] == []
    until = "/v1/incidents/repeats?until=2026-03-02T04:00:01Z"
    assert client.get(until, headers=as_role("admin")).json()["since"] == "2025-03-02T04:00:01Z"
    early = client.get("/v1/incidents/repeats?until=0001-01-01T00:00:00Z", headers=as_role("admin"))
    assert early.json() == {"since": "0001-01-01T00:00:00Z", "places": []}


def test_a_redraw_is_handed_over_by_those_who_may(client, as_role, ground, publish_edition):
    """A planner sees what waits and may not hand it over; a dispatcher may: one, then all, then nothing."""
    publish_edition(2, SECOND_DAY, REDRAWN, CLOSED)
    ones = [One(*LOST), One(*LOST)]
    store(ground, ones)
    path, dispatcher = "/v1/editions/2/hand-overs", as_role("dispatcher")
    waiting = client.get(path, headers=as_role("planner")).json()
    assert waiting["proposed_in"] == 2
    assert {
        "id": str(ones[0].id),
        "version": 1,
        "state": "reported",
        "category": "hazard",
        "point": {"lon": 102.715, "lat": 25.005},
        "owner": "D07A",
        "proposed_owner": "D08A",
    } in waiting["incidents"]
    assert client.post(path, json={"all": True}, headers=as_role("planner")).status_code == 403

    some = client.post(path, json={"incidents": [str(ones[0].id)], "reason": "redraw"}, headers=dispatcher)
    assert some.json() == {
        "edition": 2,
        "proposed_in": 2,
        "handed_over": [{"id": str(ones[0].id), "version": 2, "from": "D07A", "to": "D08A"}],
        "left": [],
    }
    named = client.post(path, json={"incidents": [str(ones[0].id)]}, headers=dispatcher).json()
    assert named["left"] == [{"id": str(ones[0].id), "why": "not-waiting"}]
    assert len(client.post(path, json={"all": True}, headers=dispatcher).json()["handed_over"]) == 1
    assert client.get(path, headers=dispatcher).json()["incidents"] == []
    assert client.post(path, json={"all": True}, headers=dispatcher).json()["handed_over"] == []


@pytest.mark.parametrize(
    "body",
    [{}, {"all": False}, {"all": True, "incidents": [str(One().id)]}, {"incidents": []}, {"incidents": ["x"]},
     {"all": True, "reason": "\x00"}, {"all": True, "to": "D08A"}],
)  # fmt: skip
def test_a_hand_over_says_which(client, as_role, body):
    """All or some, and nothing else: 422."""
    assert client.post("/v1/editions/1/hand-overs", json=body, headers=as_role("dispatcher")).status_code == 422
