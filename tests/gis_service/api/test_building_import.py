"""Files of buildings sent over HTTP: as they are, or in a form."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import openpyxl
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.testclient import TestClient

from gis_service.api import building_import
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.tables import building
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_token import create_token
from tests.support.ground import add_levels, publish_tree, tiny_tree

PATH = "/v1/buildings/import"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET = "name,lon,lat\n甲,102.705,25.005\n".encode()


@pytest.fixture
def client(open_session) -> Iterator[TestClient]:
    """The route, with the database of the test and a small ground; what is not foreseen is a 500."""
    add_levels(open_session)
    publish_tree(UnitOfWork(open_session), tiny_tree())

    @asynccontextmanager
    async def lifespan(_):
        yield {"open_work": lambda: UnitOfWork(open_session), "token_cache": TokenCache(60)}

    app = FastAPI(lifespan=lifespan)
    app.include_router(building_import.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


def token(work, role: str, kind: str) -> dict[str, str]:
    secret, _ = create_token(role=role, scope=None, label="x", lifetime=timedelta(hours=1), work=work)
    return {"Authorization": f"Bearer {secret}", "Content-Type": kind}


def count(work) -> int:
    with work:
        return work._session.scalar(select(func.count()).select_from(building))


def test_a_sheet_is_looked_through_and_stored(client, work):
    """200 for the rehearsal, 201 for the import, 422 with the report when it comes again."""
    headers = token(work, "planner", "text/csv; charset=utf-8")
    rehearsed = client.post(PATH, params={"dry_run": "true"}, content=SHEET, headers=headers)
    assert (rehearsed.status_code, rehearsed.json()["rows"], count(work)) == (200, 1, 0)
    done = client.post(PATH, content=SHEET, headers=headers)
    assert (done.status_code, done.json()["stored"], count(work)) == (201, 1, 1)
    again = client.post(PATH, content=SHEET, headers=headers)
    assert (again.status_code, again.json()["code"]) == (422, "broken-rows")
    assert again.json()["report"]["remarks"][0]["rule"] == "duplicate-place"
    assert count(work) == 1


def test_a_form_says_by_its_name_what_the_file_is(client, work):
    """A workbook with a heading of its own in multipart/form-data."""
    book = openpyxl.Workbook()
    for row in (["东经", "纬度"], [102.705, 25.005]):
        book.active.append(row)
    packed = io.BytesIO()
    book.save(packed)
    headers = token(work, "planner", "")
    del headers["Content-Type"]
    sent = {"file": ("楼栋.xlsx", packed.getvalue(), XLSX)}
    done = client.post(PATH, params={"map": "lon=东经"}, files=sent, headers=headers)
    assert (done.status_code, done.json()["fields"]["lon"]) == (201, "东经")
    odd = client.post(PATH, files={"file": ("a.doc", b"x", "text/plain")}, headers=headers)
    assert odd.status_code == 415


@pytest.mark.parametrize(
    ("kind", "body", "query", "status"),
    [
        ("text/csv", b"\x00\x00", {}, 422),
        ("text/csv", SHEET, {"map": "lon"}, 422),
        ("text/csv", SHEET, {"map": "lon=\x00"}, 422),
        ("text/csv", SHEET, {"crs": "\x00"}, 422),
        ("text/csv", SHEET, {"near_m": "1e999"}, 422),
        ("text/csv", b"name,lon,lat\n\x00,102.705,25.005\n", {}, 422),
        ("text/csv", b"lon,lat\n1e308,nan\n", {}, 422),
        (XLSX, b"PK\x03\x04", {}, 422),
        (XLSX, SHEET, {}, 422),
        ("application/geo+json", b'{"type":"FeatureCollection","features":[{"geometry":{}}]}', {}, 422),
        ("application/geo+json", b'{"type":"Feature","properties":{"code":{}},"geometry":null}', {}, 422),
        ("application/geopackage+sqlite3", b"SQLite format 3\x00", {"layer": "\x00"}, 422),
        ("application/vnd.apache.parquet", b"PAR1", {}, 422),
        ("application/zip", b"PK", {}, 422),
        ("text/html", b"x", {}, 415),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_cannot_be_taken_is_refused(client, work, kind, body, query, status):
    """Never a 500, and no path of ours in the sentence."""
    answer = client.post(PATH, params=query, content=body, headers=token(work, "planner", kind))
    assert answer.status_code == status, answer.text
    assert "gis-upload" not in answer.text
    assert count(work) == 0


def test_workers_and_strangers_may_not(client, work):
    """403 with another role, 401 without a token."""
    assert client.post(PATH, content=SHEET, headers=token(work, "worker", "text/csv")).status_code == 403
    assert client.post(PATH, content=SHEET, headers={"Content-Type": "text/csv"}).status_code == 401
