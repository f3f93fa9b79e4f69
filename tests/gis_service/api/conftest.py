"""Two editions to look up in, for all tests that only read; the incident routes, for those that report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import sessionmaker
from starlette.testclient import TestClient

from gis_service.api import incident_batch, incident_clocks, incident_moves, incident_photos, incidents
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.alarms import USUAL
from gis_service.files.photo_store import PhotoStore
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.create_token import create_token
from tests.conftest import TEMPLATE, make_database
from tests.support.editions import store_ranks
from tests.support.lookups import NOT_LISTENING, store_two_editions


@pytest.fixture(scope="session")
def lookup_sessions(server_url, template_url) -> Iterator[sessionmaker]:
    """A database with two editions: the troubled tree, and from the 11th of January one district X."""
    engine = make_engine(
        make_database(server_url, "gis_test_locate", TEMPLATE), pool_size=5, statement_timeout_ms=9000
    )
    made = make_session_factory(engine)
    store_ranks(made)
    store_two_editions(lambda: UnitOfWork(made))
    yield made
    engine.dispose()


@pytest.fixture
def holder(ground, open_session) -> SnapshotHolder:
    """The small ground in memory; a new edition is seen by ``refresh()``."""
    held = SnapshotHolder(
        lambda: UnitOfWork(open_session), listen_url=NOT_LISTENING, poll_s=60.0, clock=lambda: datetime.now(UTC)
    )
    held.refresh()
    return held


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """Where photos lie."""
    return tmp_path / "photos"


@pytest.fixture
def incident_client(holder, locate, open_session, photo_folder) -> Iterator[TestClient]:
    """The incident routes on the small ground, with the database of the test."""

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "token_cache": TokenCache(60),
            "timezone": ZoneInfo("Asia/Shanghai"),
            "alarms": USUAL,
            "snapshots": holder,
            "photos": PhotoStore(str(photo_folder)),
            "photo_limit_bytes": 100_000,
        }

    app = FastAPI(lifespan=lifespan)
    for module in (incident_batch, incident_photos, incident_moves, incident_clocks, incidents):
        app.include_router(module.router)
    app.dependency_overrides[incidents.place_at] = lambda: locate
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture
def as_role(ground) -> Callable[..., dict[str, str]]:
    """Headers of a new token."""

    def make(role: str, scope: str | None = None) -> dict[str, str]:
        secret, _ = create_token(role=role, scope=scope, label=role, lifetime=timedelta(hours=1), work=ground)
        return {"Authorization": f"Bearer {secret}"}

    return make
