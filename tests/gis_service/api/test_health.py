from __future__ import annotations

from starlette.testclient import TestClient

from gis_service.app import create_app
from gis_service.settings import Settings


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
