from __future__ import annotations

import os
import time

from starlette.testclient import TestClient

from gis_service.app import create_app
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.settings import Settings
from grid_boundaries.locate.raster.reader import HAS_KERNEL
from tests.support.editions import store_edition, store_ranks
from tests.support.tree import at, troubled_tree


def test_the_process_is_alive_and_ready(demo_client):
    """Ready names the edition in force."""
    assert demo_client.get("/healthz").json() == {"status": "ok"}
    assert demo_client.get("/readyz").json() == {"status": "ready", "edition": 1}


def test_counters_are_told_to_prometheus(demo_client):
    """Requests by route and status; the edition in memory."""
    demo_client.get("/v1/grids/530103")
    demo_client.get("/v1/locate?lon=102.73&lat=25.05")

    text = demo_client.get("/metrics").text

    assert 'gis_http_requests_total{method="GET",route="/v1/locate",status="200"}' in text
    assert 'gis_http_requests_total{method="GET",route="/v1/grids/{code}",status="200"}' in text
    assert "gis_snapshot_edition 1.0" in text
    assert "gis_edition_in_force 1.0" in text
    assert f"gis_worker_pid {float(os.getpid())}" in text


def test_a_worker_tells_how_it_holds_its_edition(own_database, tmp_path):
    """One edition, built and mapped; every eighth of 16 lookups asked of PostGIS again, and the same there."""
    engine = make_engine(own_database, pool_size=1, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    store_ranks(sessions)
    store_edition(UnitOfWork(sessions), 1, troubled_tree())
    engine.dispose()
    settings = Settings(database_url=own_database, home=tmp_path, shadow_check=8)
    lon, lat = at(0.5, 2.5)
    with TestClient(create_app(settings)) as client:
        for _ in range(16):
            assert client.get(f"/v1/locate?lon={lon}&lat={lat}").json()["owner"]["code"] == "B1"
        deadline = time.monotonic() + 20
        while (figures := figures_of(client))["gis_shadow_checked_total"] < 2:
            assert time.monotonic() < deadline, "nothing was checked"
            time.sleep(0.01)

    [file] = (tmp_path / "snapshots").glob("*.snapshot")
    assert figures["gis_snapshot_file_bytes"] == file.stat().st_size
    assert figures["gis_snapshot_build_seconds"] > 0
    assert figures["gis_snapshot_age_seconds"] >= 0
    assert {name: figures[name] for name in FIGURES} == FIGURES


FIGURES = {
    "gis_snapshot_edition": 1,
    "gis_edition_in_force": 1,
    "gis_snapshots_held": 1,
    "gis_snapshot_builds_total": 1,
    "gis_snapshot_failures_total": 0,
    "gis_snapshot_failed_builds_total": 0,
    "gis_snapshot_refused_files_total": 0,
    "gis_snapshot_unwritten_files_total": 0,
    "gis_shadow_checked_total": 2,
    "gis_shadow_mismatched_total": 0,
    "gis_shadow_dropped_total": 0,
    "gis_lookup_kernel": HAS_KERNEL,
}


def figures_of(client):
    """The figures without labels, by name."""
    told = [line.split(" ") for line in client.get("/metrics").text.splitlines() if not line.startswith("#")]
    return {name: float(figure) for name, figure in told if "{" not in name}


def test_a_service_without_any_edition_is_alive_but_not_ready(own_database):
    """An empty, migrated database: 503 with a code, and a hint what to do."""
    with TestClient(create_app(Settings(database_url=own_database))) as client:
        assert client.get("/healthz").is_success
        answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["code"]) == (503, "no-edition")
    assert answer.headers["retry-after"]


def test_a_service_without_database_is_alive_and_says_503():
    """Nobody listens at that socket: reads are refused for now, not answered wrongly."""
    nowhere = "postgresql+psycopg2://gis@/gis?host=/nonexistent&port=1"
    with TestClient(create_app(Settings(database_url=nowhere))) as client:
        assert client.get("/healthz").is_success
        answer = client.get("/v1/levels")

    assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
    assert answer.headers["retry-after"]
