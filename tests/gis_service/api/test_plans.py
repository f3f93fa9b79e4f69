from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gis_service.api import grids, plans
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.create_token import create_token
from tests.support.ground import FIRST_DAY, UNITS, add_levels, publish_tree, tiny_tree

FIRST, SECOND, THIRD, FOURTH = UNITS
ACROSS_FIRST = {"type": "LineString", "coordinates": [[102.699, 25.015], [102.711, 25.015]]}


@pytest.fixture
def client(open_session) -> Iterator[TestClient]:
    """The routes of plans and grids, with the database of the test."""

    @asynccontextmanager
    async def lifespan(_):
        yield {"open_work": lambda: UnitOfWork(open_session), "token_cache": TokenCache(60)}

    app = FastAPI(lifespan=lifespan)
    app.include_router(plans.router)
    app.include_router(grids.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture
def tiny(work, open_session):
    """The tiny tree as edition 1."""
    add_levels(open_session)
    return publish_tree(work, tiny_tree(), FIRST_DAY)


@pytest.fixture
def as_role(work):
    """Headers of a new token."""

    def make(role: str, scope: str | None = None) -> dict[str, str]:
        secret, _ = create_token(role=role, scope=scope, label=role, lifetime=timedelta(hours=1), work=work)
        return {"Authorization": f"Bearer {secret}"}

    return make


@pytest.fixture
def planner(as_role):
    return as_role("planner")


@pytest.fixture
def begin(client, planner):
    """Begin a plan and return its address."""

    def act(**body):
        response = client.post("/v1/plans", json={"title": "重划", **body}, headers=planner)
        assert response.status_code == 201, response.text
        return response.headers["location"]

    return act


@pytest.fixture
def change(client, planner):
    """Send an operation to a plan."""

    def act(plan, op, headers=None, **members):
        return client.post(f"{plan}/changes", json={"op": op, **members}, headers={**planner, **(headers or {})})

    return act


def test_a_split_is_drafted_checked_and_published(client, planner, begin, change, tiny):
    """From an empty draft to edition 2, in three requests."""
    plan = begin()

    response = change(plan, "split", code=FIRST, line=ACROSS_FIRST)

    assert response.status_code == 201, response.text
    body = response.json()
    assert body["plan"]["state"] == "checked"
    assert body["report"]["valid"]
    assert {one["properties"]["change"] for one in body["grids"]["features"]} >= {"added", "refined"}
    published = client.post(f"{plan}/publish", json={"note": "two grids"}, headers=planner)
    assert published.status_code == 201, published.text
    assert published.json()["number"] == 2
    assert published.headers["location"] == "/v1/editions/2"
    assert client.get(plan, headers=planner).json()["state"] == "published"
