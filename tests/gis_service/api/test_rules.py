from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gis_service.api import rules
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_token import create_token

DISPATCH = "/v1/rules/dispatch"
CSV = {"Content-Type": "text/csv"}
NEW = {"id": "waste", "category": "sanitation", "department": "housing", "assisting": ["justice"]}


@pytest.fixture
def client(ground, open_session) -> Iterator[TestClient]:
    """The routes of rules on the small ground, asked by an admin of all of it."""

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "token_cache": TokenCache(60),
            "timezone": ZoneInfo("Asia/Shanghai"),
        }

    app = FastAPI(lifespan=lifespan)
    app.include_router(rules.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False, headers=bearer(ground, "admin")) as started:
        yield started


def bearer(work, role, scope=None):
    secret, _ = create_token(role=role, scope=scope, label=role, lifetime=timedelta(hours=1), work=work)
    return {"Authorization": f"Bearer {secret}"}


def ids(client):
    return [row["id"] for row in client.get(DISPATCH).json()["dispatch"]]


def test_departments_are_read_as_json_and_as_csv(client):
    """By code; the sheet has a mark for Excel and a name to be saved under."""
    as_json = client.get("/v1/departments")
    as_csv = client.get("/v1/departments", headers={"Accept": "text/csv"})

    assert [row["code"] for row in as_json.json()["departments"]] == ["emergency", "housing", "justice"]
    assert as_csv.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert as_csv.headers["Content-Disposition"] == 'attachment; filename="departments.csv"'
    assert as_csv.headers["Vary"] == "Accept"
    assert list(csv.DictReader(io.StringIO(as_csv.content.decode("utf-8-sig")))) == as_json.json()["departments"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/*", "text/csv"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv"),
        ("text/html, */*;q=0.8", "application/json"),
        ("text/csv;q=nan", "application/json"),
    ],
)
def test_the_form_is_the_one_preferred(client, accept, kind):
    """JSON for who does not care."""
    assert client.get(DISPATCH, headers={"Accept": accept}).headers["Content-Type"].startswith(kind)


def test_a_table_is_edited_as_a_sheet_and_as_json(client):
    """A line is added to the sheet in GBK, as Excel saves it; then the same again as JSON changes nothing."""
    sheet = client.get(DISPATCH, headers={"Accept": "text/csv"}).content.decode("utf-8-sig")
    line = "waste,sanitation,,,,housing,justice,,2026-01-01T00:00:00+08:00,,垃圾清运\r\n"

    put = client.put(DISPATCH, content=(sheet + line).encode("gbk"), headers=CSV)
    rows = client.get(DISPATCH).json()
    again = client.put(f"{DISPATCH}?replace=true", json=rows)

    assert put.json() == {
        "table": "dispatch",
        "added": ["waste"],
        "changed": [],
        "ended": [],
        "removed": [],
        "unchanged": 3,
    }
    assert rows["dispatch"][-1] == {
        **NEW,
        "grid_code": None,
        "kind": None,
        "severity": None,
        "first_receiver": "grid",
        "since": "2026-01-01T00:00:00+08:00",
        "until": None,
        "reason": "垃圾清运",
    }
    assert again.json()["unchanged"] == 4


def test_rules_that_are_left_out_end(client):
    """Replaced whole: all but one rule have an end, and are shown with it."""
    answer = client.put(f"{DISPATCH}?replace=true", json={"dispatch": [NEW]})

    assert (answer.json()["added"], answer.json()["ended"]) == (["waste"], ["dispute", "dispute-d07b", "hazard"])
    ends = {row["id"]: row["until"] for row in client.get(DISPATCH).json()["dispatch"]}
    assert ends.pop("waste") is None
    assert len(ends) == 3
    assert all(ends.values())


@pytest.mark.parametrize("form", ["application/json", "text/csv"])
def test_a_stale_editor_is_refused(client, form):
    """Whichever form they read; the tag of the last answer serves for the next change."""
    tag = client.get(DISPATCH, headers={"Accept": form}).headers["ETag"]

    first = client.put(DISPATCH, json={"dispatch": [NEW]}, headers={"If-Match": tag})
    stale = client.put(DISPATCH, json={"dispatch": [NEW | {"id": "late"}]}, headers={"If-Match": tag})
    next_ = client.put(DISPATCH, json={"dispatch": [NEW]}, headers={"If-Match": first.headers["ETag"]})

    assert (first.status_code, stale.status_code, next_.status_code) == (200, 412, 200)
    assert stale.json()["code"] == "stale"
    assert "late" not in ids(client)


def test_broken_rows_are_named_one_by_one(client):
    """A sheet: line 2 names a grid that never was, line 3 has no department, line 4 clashes with a stored rule."""
    sheet = "id,category,grid_code,department\na,hazard,D99,housing\nb,hazard,D07,\nc,hazard,,housing\n"

    answer = client.put(DISPATCH, content=sheet, headers=CSV)

    assert answer.status_code == 422
    assert answer.json()["code"] == "broken-rules"
    assert answer.json()["errors"] == [
        {"pointer": "/dispatch/1/department", "detail": "line 3: Field required"},
        {"pointer": "/dispatch/0/grid_code", "detail": "line 2: rule a: grid D99 is not known"},
        {"pointer": "/dispatch/2", "detail": "line 4: rules c and hazard decide the same case at one time"},
    ]
    assert ids(client) == ["dispute", "dispute-d07b", "hazard"]


def test_who_may_do_what(client, ground):
    """Everyone with a token reads; who has no token is asked for one; only an admin of all of it edits and tries."""
    worker, local = bearer(ground, "worker"), bearer(ground, "admin", "D07")

    assert client.get(DISPATCH, headers={"Authorization": ""}).status_code == 401
    assert client.get(DISPATCH, headers=worker).status_code == 200
    for headers in (worker, local):
        assert client.put(DISPATCH, json={"dispatch": [NEW]}, headers=headers).status_code == 403
        assert client.post(f"{DISPATCH}/dry-run", json={"dispatch": [NEW]}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "content", "headers", "status"),
    [
        ("GET", "/v1/rules/taxes", None, {}, 404),
        ("POST", "/v1/rules/calendar/dry-run", "{}", {}, 404),
        ("PUT", DISPATCH, "<dispatch/>", {"Content-Type": "application/xml"}, 415),
        ("PUT", DISPATCH, "id\n", {"Content-Type": "text/csv; charset=utf-16"}, 422),
        ("PUT", DISPATCH, "{", {"Content-Type": "application/json"}, 422),
        ("PUT", DISPATCH, '{"dispatch": [{"id": "a\\u0000"}]}', {"Content-Type": "application/json"}, 422),
        ("PUT", DISPATCH, '{"dispatch": []}', {"Content-Type": "application/json", "If-Match": "x"}, 422),
        ("POST", f"{DISPATCH}/dry-run?until=0001-01-01T00:00:00Z", '{"dispatch": []}', {}, 422),
        ("POST", f"{DISPATCH}/dry-run?since=9999-12-31T23:59:59Z", '{"dispatch": []}', {}, 422),
    ],
)
def test_what_is_refused(client, method, path, content, headers, status):
    """With a number that says what to do about it."""
    answer = client.request(method, path, content=content, headers={"Content-Type": "application/json"} | headers)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_trial_answers_without_incidents(client):
    """Nothing was reported: nothing would change, and nothing is stored."""
    answer = client.post(f"{DISPATCH}/dry-run", json={"dispatch": [NEW]}).json()

    assert answer["incidents"] == answer["changed"] == 0
    assert answer["without_department"] == {"before": 0, "after": 0, "incidents": []}
    assert "waste" not in ids(client)
