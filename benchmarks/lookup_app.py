"""The batch route over the province's snapshot, without a database: what uvicorn serves for P4."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from benchmarks.province_lookup import snapshot
from gis_service.api.locate_batch import locate_batch_routes
from gis_service.api.problems import install_problems

BATCH_LIMIT = 1_000_000


class Held:
    """A holder that has one snapshot for ever."""

    current = snapshot()


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
    yield {"snapshots": Held(), "open_work": None, "batch_limit": BATCH_LIMIT}


app = FastAPI(lifespan=_lifespan, routes=list(locate_batch_routes))
install_problems(app)
