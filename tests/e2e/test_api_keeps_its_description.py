"""Schemathesis drives every route of the description with what fits it and what does not."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from gis_service.app import openapi_document


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value) -> bytes:
    """Lines as they are made up."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


schema = schemathesis.openapi.from_dict(openapi_document())

FEW = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


# Files of other formats than GeoJSON it cannot make up; tests/gis_service/files sends those, whole and broken.
@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload media types")
@pytest.mark.slow
@schema.parametrize()
@FEW
def test_no_request_breaks_the_service(case, demo_server, demo_tokens):
    """For an administrator: no answer is a 500, and each is one that the description announces."""
    headers = {"Authorization": f"Bearer {demo_tokens['admin']}"}

    answer = case.call(base_url=demo_server, headers=headers)

    if answer.status_code == 503 and answer.json()["code"] == "edition-behind":
        # What was asked for: no answer older than an edition that there is not yet.
        assert answer.headers["Retry-After"]
        return
    case.validate_response(
        answer,
        checks=[
            schemathesis.checks.not_a_server_error,
            schemathesis.checks.CHECKS.get_one("status_code_conformance"),
            schemathesis.checks.CHECKS.get_one("content_type_conformance"),
        ],
    )
