"""The check of boundaries that nobody has stored, beside what is registered on their ground."""

from __future__ import annotations

from contextlib import asynccontextmanager

import orjson
import pytest
from fastapi import FastAPI
from shapely.geometry import mapping
from starlette.testclient import TestClient

from gis_service.api import boundaries
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building import Building
from gis_service.domain.tokens import hash_secret
from tests.support.ground import FIRST_DAY, PLANNER, UNITS, add_levels, publish_tree, square, tiny_tree


@pytest.fixture
def check():
    """Check some shapes for a planner, with the database that ``open_work`` reaches."""

    def act(open_work, *shapes):
        tokens = TokenCache(60)
        tokens.put(hash_secret("secret"), PLANNER)

        @asynccontextmanager
        async def lifespan(_):
            yield {"open_work": open_work, "token_cache": tokens}

        app = FastAPI(lifespan=lifespan)
        app.include_router(boundaries.router)
        install_problems(app)
        features = [
            {"type": "Feature", "properties": {"code": f"g{number}"}, "geometry": mapping(shape)}
            for number, shape in enumerate(shapes)
        ]
        with TestClient(app) as client:
            answer = client.post(
                "/v1/boundaries/check",
                content=orjson.dumps({"type": "FeatureCollection", "features": features}),
                headers={"Authorization": "Bearer secret"},
            )
        assert answer.status_code == 200, answer.text
        return answer.json()

    return act


@pytest.fixture
def town(work, open_session):
    """The tiny tree, with a building of 30 households in its south-west and one of 7 in its north-east."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    built = [
        Building("H1", "一栋", "", "residential", 102.705, 25.005, households=30),
        Building("H2", "二栋", "", "residential", 102.715, 25.015, households=7),
    ]
    owners = sorted(UNITS)
    with work:
        work.buildings.add_many(built, [owners[1], owners[2]], edition=1)
        work.commit()
    return lambda: UnitOfWork(open_session)


def counts(report, rule="overlap"):
    """The buildings and households of the findings of a rule."""
    return [(one["buildings"], one["households"]) for one in report["findings"] if one["rule"] == rule]


def test_findings_tell_who_lives_on_their_ground(check, town):
    """Two grids share the south-west square: a building of 30 households; the other stands elsewhere."""
    report = check(town, square(0, 0, 1, 2), square(0, 0, 2, 1))

    assert counts(report) == [(1, 30)]


def test_findings_beyond_the_city_tell_that_nothing_is_known(check, town):
    """An overlap a degree to the east: null, not none."""
    report = check(town, square(100, 0, 101, 2), square(100, 0, 102, 1), square(0, 0, 1, 1))

    assert counts(report) == [(None, None)]


def test_the_check_answers_before_the_first_edition(check, open_session):
    """Nothing is registered yet."""
    report = check(lambda: UnitOfWork(open_session), square(0, 0, 1, 2), square(0, 0, 2, 1))

    assert counts(report) == [(None, None)]


def test_the_check_answers_while_the_database_does_not(check):
    """Nobody listens at port 1; the report is whole but for what is registered."""
    away = make_engine("postgresql+psycopg2://u@127.0.0.1:1/x", pool_size=1, statement_timeout_ms=1000)

    report = check(lambda: UnitOfWork(make_session_factory(away)), square(0, 0, 1, 2), square(0, 0, 2, 1))

    away.dispose()
    assert not report["valid"]
    assert counts(report) == [(None, None)]


def test_a_check_that_finds_no_ground_asks_no_database(check, town, count_queries):
    """Two neighbours that meet."""
    with count_queries() as queries:
        report = check(town, square(0, 0, 1, 1), square(1, 0, 2, 1))

    assert report["valid"]
    assert queries == []
