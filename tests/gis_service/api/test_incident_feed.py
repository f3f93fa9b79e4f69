"""The feed and webhooks as routes: rights, cursors, and input that is wrong."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gis_service.api import incident_feed, incidents, webhooks
from gis_service.api.access import TokenCache
from gis_service.api.paging import encode_cursor
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_token import create_token
from tests.support.feed import store_incidents, write_event

FEED = "/v1/incidents/events"
URL = "https://example.org/hook"


@pytest.fixture
def client(ground, open_session):
    """The routes on the small ground: two hazards in D07A, and an event of each."""

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "token_cache": TokenCache(60),
            "webhook_allow_private": False,
        }

    app = FastAPI(lifespan=lifespan)
    for module in (incident_feed, incidents, webhooks):
        app.include_router(module.router)
    install_problems(app)
    with open_session() as session:
        store_incidents(session.connection(), 2, chain=("D", "D07", "D07A"))
        write_event(session.connection(), 0, "reported")
        write_event(session.connection(), 1, "alerted")
        session.commit()
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture
def as_role(ground):
    """Headers of a new token."""

    def make(role: str, scope: str | None = None) -> dict[str, str]:
        secret, _ = create_token(role=role, scope=scope, label=role, lifetime=timedelta(hours=1), work=ground)
        return {"Authorization": f"Bearer {secret}"}

    return make


@pytest.fixture
def ask(client, as_role):
    """Read the feed as a dispatcher of everything, or with other headers."""
    usual = as_role("dispatcher")
    return lambda headers=None, **query: client.get(FEED, params=query, headers=headers or usual)


def kinds(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [event["kind"] for event in answer.json()["events"]]


def test_pages_follow_each_other_and_there_is_always_a_next(ask, client, as_role):
    """One event a page; the cursor of the end finds nothing, and the same cursor again."""
    first = ask(limit=1)
    assert (kinds(first), first.json()["has_more"]) == (["reported"], True)
    second = client.get(first.links["next"]["url"], headers=as_role("auditor"))
    assert (kinds(second), second.json()["has_more"]) == (["alerted"], False)
    end = second.json()["next"]
    assert (kinds(ask(after=end)), ask(after=end).json()["next"]) == ([], end)
    assert ask(after="now").json()["next"] == end


def test_events_are_narrowed(ask):
    """By kind, by ground, by category."""
    assert kinds(ask(kind="alerted,merged")) == ["alerted"]
    assert kinds(ask(grid="D07")) == ["reported", "alerted"]
    assert kinds(ask(grid="D08")) == []
    assert kinds(ask(category="hazard", kind="reported")) == ["reported"]
    assert kinds(ask(category="dispute")) == []
    assert ask(category="nonsense").json()["code"] == "unknown-category"
    assert ask(grid="999999").json()["code"] == "unknown-grid"


def test_each_caller_gets_the_events_of_their_own_ground(ask, as_role, client):
    """D07 holds both, D08 none; without a token there is nothing."""
    assert kinds(ask(as_role("worker", "D07"))) == ["reported", "alerted"]
    assert kinds(ask(as_role("worker", "D08"))) == []
    assert client.get(FEED).status_code == 401


@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", "AAAA", encode_cursor("a"), encode_cursor(-1), encode_cursor(2**63), encode_cursor(2**64 - 1),
     encode_cursor(1, 2), encode_cursor(10**9), "网格", "=" * 400, "\x00"],
)  # fmt: skip
def test_what_is_no_cursor_is_refused(ask, client, as_role, cursor):
    """As a parameter, in the header of a stream, and in a replay."""
    headers = as_role("dispatcher")
    assert (ask(after=cursor).status_code, ask(after=cursor).json()["code"]) == (422, "bad-cursor")
    made = client.post("/v1/webhooks", json={"url": URL}, headers=headers).headers["Location"]
    assert client.post(f"{made}/replay", json={"after": cursor}, headers=headers).json()["code"] == "bad-cursor"
    if cursor.isascii() and cursor.isprintable():
        stream = {**headers, "Accept": "text/event-stream", "Last-Event-ID": cursor}
        assert client.get(FEED, headers=stream).json()["code"] == "bad-cursor"


def test_a_webhook_is_made_shown_and_removed(client, as_role):
    """The secret is shown once; a scope becomes its ground."""
    headers = as_role("dispatcher", "D07")
    made = client.post("/v1/webhooks", json={"url": URL, "kinds": ["alerted"]}, headers=headers)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    body = made.json()
    assert body.pop("secret").startswith("whsec_")
    assert (body["grid"], body["kinds"], body["lag"]) == ("D07", ["alerted"], {"events": 0, "seconds": 0.0})
    address = made.headers["Location"]
    assert client.get(address, headers=headers).json() == body
    assert client.get("/v1/webhooks", headers=headers).json()["webhooks"] == [body]

    wound_back = client.post(f"{address}/replay", json={"after": ""}, headers=headers).json()
    assert wound_back["lag"]["events"] == 1
    assert client.patch(address, json={"paused": True}, headers=headers).json()["paused"] is True
    assert client.patch(address, json={"paused": False}, headers=headers).json()["paused"] is False
    assert client.get(f"{address}/dead-letters", headers=headers).json() == {"dead_letters": [], "next": None}
    assert client.post(f"{address}/dead-letters/redeliver", json={}, headers=headers).json() == {"asked": 0}
    assert client.delete(address, headers=headers).status_code == 204
    assert client.get(address, headers=headers).status_code == 404


def test_webhooks_belong_to_a_ground(client, as_role):
    """Those of D07 are seen from D and from everywhere, not from D08; of everything, from everywhere alone."""
    street, district, everywhere = (as_role("dispatcher", scope) for scope in ("D07", "D", None))
    own = client.post("/v1/webhooks", json={"url": URL}, headers=street).headers["Location"]
    whole = client.post("/v1/webhooks", json={"url": URL}, headers=everywhere).headers["Location"]

    seen = [client.get(own, headers=one).status_code for one in (street, district, everywhere)]
    assert seen == [200, 200, 200]
    assert client.get(own, headers=as_role("dispatcher", "D08")).status_code == 404
    assert [client.get(whole, headers=one).status_code for one in (street, district, everywhere)] == [404, 404, 200]
    refused = client.post("/v1/webhooks", json={"url": URL, "grid": "D08A"}, headers=street)
    assert (refused.status_code, refused.json()["code"]) == (403, "outside-scope")
    assert client.post("/v1/webhooks", json={"url": URL}, headers=as_role("worker")).status_code == 403
    assert client.get("/v1/webhooks").status_code == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid-input"),
        ({"url": "ftp://example.org"}, "invalid-input"),
        ({"url": "http://a\x00b/"}, "invalid-input"),
        ({"url": "http://127.0.0.1/"}, "private-address"),
        ({"url": "http://[::1]/"}, "private-address"),
        ({"url": "http://localhost:8000/"}, "private-address"),
        ({"url": URL, "grid": "NONE"}, "unknown-grid"),
        ({"url": URL, "category": "none"}, "unknown-category"),
        ({"url": URL, "kinds": ["\x00"]}, "invalid-input"),
        ({"url": URL, "kinds": ["handled", "unheard_of"]}, "invalid-input"),
        ({"url": URL, "more": 1}, "invalid-input"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(client, as_role, body, code):
    """422, and nothing is stored."""
    headers = as_role("admin")
    refused = client.post("/v1/webhooks", json=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert client.get("/v1/webhooks", headers=headers).json()["webhooks"] == []


def test_an_id_that_is_none_is_not_found(client, as_role):
    for wrong in ("x", "%00", "01890a5d-ac96-774b-bcce-b302099a8057"):
        assert client.get(f"/v1/webhooks/{wrong}", headers=as_role("admin")).status_code == 404
