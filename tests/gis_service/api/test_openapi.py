from __future__ import annotations

import json
from pathlib import Path

from gis_service.app import openapi_document

CHECKED_IN = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"


def test_the_description_that_is_checked_in_is_that_of_the_code():
    """After a change of the API: `make openapi`."""
    assert json.loads(CHECKED_IN.read_text(encoding="utf-8")) == json.loads(json.dumps(openapi_document()))


def test_the_description_covers_the_hot_routes():
    """Lookups and tiles are no FastAPI routes and are described all the same."""
    paths = openapi_document()["paths"]

    assert {"/v1/locate", "/v1/locate/batch", "/tiles/{edition}/{layers}/{z}/{x}/{y}.mvt"} <= paths.keys()


def test_the_description_needs_no_page_from_elsewhere(demo_client):
    """The page at /docs loads its script and style from the service itself."""
    page = demo_client.get("/docs")

    assert page.is_success
    assert "https://" not in page.text.replace("https://www.w3.org", "")
