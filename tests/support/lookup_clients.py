"""The lookup routes alone, asked in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.snapshots.shadow import ShadowCheck
from tests.support.lookups import loaded_holder

BATCH_LIMIT = 1000


def lookup_client(open_work: Callable[[], UnitOfWork], now: datetime, routes: Sequence[BaseRoute]) -> TestClient:
    """A service with these routes, whose clock stands still."""

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "snapshots": loaded_holder(open_work, now),
            "shadow": ShadowCheck(open_work, 0),
            "open_work": open_work,
            "batch_limit": BATCH_LIMIT,
        }

    app = FastAPI(lifespan=lifespan, routes=list(routes))
    install_problems(app)
    return TestClient(app)
