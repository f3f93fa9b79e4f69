"""Is the service alive, can it serve, and how is it doing?"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.dependencies import Work
from gis_service.errors import UnavailableError
from gis_service.use_cases.check_readiness import check_readiness

router = APIRouter(tags=["operation"])


@router.get("/healthz")
async def get_health() -> dict[str, str]:
    """Tell that the process runs; asks nobody."""
    return {"status": "ok"}


@router.get("/readyz")
def get_readiness(request: Request, work: Work) -> dict[str, Any]:
    """Tell that the database answers and an edition is in force; 503 when not."""
    check_readiness(work)
    snapshot = request.state.snapshots.current
    if snapshot is None:
        raise UnavailableError(
            "no edition is in force yet; publish one, or run 'gis-service demo'", code="no-edition"
        )
    return {"status": "ready", "edition": snapshot.edition}


@router.get("/metrics", response_class=Response)
def get_metrics(request: Request) -> Response:
    """Return counters and timings in the Prometheus text format."""
    return Response(generate_latest(request.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
