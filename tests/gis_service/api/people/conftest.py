"""The routes for people and things on the small ground."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gis_service.api import devices, positions, resource_register, resources, staff
from gis_service.api.access import TokenCache
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.staff import StaffMember
from gis_service.use_cases.create_token import create_token

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def client(ground, open_session) -> Iterator[TestClient]:
    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": lambda: UnitOfWork(open_session),
            "token_cache": TokenCache(60),
            "timezone": ZONE,
            "expiring_soon_days": 30,
            "positions_kept_days": 90,
        }

    app = FastAPI(lifespan=lifespan)
    for module in (staff, positions, devices, resources, resource_register):
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
def people(ground) -> dict[str, int]:
    """Ids by name: a head and a worker of street D07, a worker of D07A until February 2026, a head of D08A."""
    members = (
        StaffMember("街道长", "head", "D07", date(2025, 1, 1), "13800001111"),
        StaffMember("街道员", "worker", "D07", date(2025, 1, 1), "13800002222"),
        StaffMember("网格员", "worker", "D07A", date(2025, 1, 1), "8812345", date(2026, 2, 1)),
        StaffMember("八号长", "head", "D08A", date(2025, 6, 1)),
    )
    with ground as work:
        work.staff.add_many(members)
        work.commit()
        return dict(zip([one.name for one in members], work.staff.list_ids(), strict=True))
