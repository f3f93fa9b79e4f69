"""The routes for emergencies on the small ground, with things on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gis_service.api import area_events, check_ins, devices, resources
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.device import Device, DeviceKind
from gis_service.domain.resource import Resource, ResourceKind
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.create_token import create_token
from tests.support.lookups import NOT_LISTENING

ZONE = ZoneInfo("Asia/Shanghai")
MOST_POSITIONS = 200


@pytest.fixture
def client(ground, open_session) -> Iterator[TestClient]:
    held = SnapshotHolder(
        lambda: UnitOfWork(open_session), listen_url=NOT_LISTENING, poll_s=60.0, clock=lambda: datetime.now(UTC)
    )
    held.refresh()

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "token_cache": TokenCache(60),
            "timezone": ZONE,
            "snapshots": held,
            "area_vertex_limit": MOST_POSITIONS,
            "check_in_near_m": 50.0,
            "expiring_soon_days": 30,
        }

    app = FastAPI(lifespan=lifespan)
    for module in (area_events, resources, check_ins, devices):
        app.include_router(module.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture
def token(ground) -> Callable[..., dict[str, str]]:
    """Headers of a new token."""

    def make(role: str, scope: str | None = None) -> dict[str, str]:
        secret, _ = create_token(role=role, scope=scope, label=role, lifetime=timedelta(hours=1), work=ground)
        return {"Authorization": f"Bearer {secret}"}

    return make


@pytest.fixture
def put(ground) -> Callable[..., None]:
    """Store resources and devices; their kinds are there."""
    with ground as work:
        work.resources.add_kinds([ResourceKind("tent", "帐篷", "Tents"), ResourceKind("water", "饮用水", "Water")])
        work.devices.add_kinds([DeviceKind("camera", "摄像头", "Cameras", 300), DeviceKind("sign", "牌", "Signs")])
        work.commit()

    def store(*things: Resource | Device) -> None:
        with ground as work:
            work.resources.add_many([one for one in things if isinstance(one, Resource)])
            work.devices.add_many([one for one in things if isinstance(one, Device)])
            work.commit()

    return store
