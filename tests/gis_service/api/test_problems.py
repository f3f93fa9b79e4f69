from __future__ import annotations

import gzip

import orjson
import pytest
from starlette.testclient import TestClient

from gis_service.app import create_app, openapi_document
from gis_service.settings import Settings
from tests.gis_service.api.test_geojson import SQUARE, collection


def bearer(tokens, role):
    return {"Authorization": f"Bearer {tokens[role]}"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/v1/nowhere", 404, "not-found"),
        ("DELETE", "/v1/levels", 405, "method-not-allowed"),
        ("GET", "/v1/grids/000000", 404, "not-found"),
        ("GET", "/v1/grids?level=planet", 422, "unknown-level"),
        ("GET", "/v1/grids?limit=0", 422, "invalid-input"),
        ("GET", "/v1/grids?limit=many", 422, "invalid-input"),
        ("GET", "/v1/grids?bbox=1,2,3", 422, "invalid-input"),
        ("GET", "/v1/grids?bbox=25,102,26,103", 422, "invalid-input"),
        ("GET", "/v1/grids?cursor=x", 422, "bad-cursor"),
        ("GET", "/v1/grids?cursor=WzEsIlx1MDAwMCJd", 422, "bad-cursor"),
        ("GET", "/v1/grids?q=%00", 422, "invalid-input"),
        ("GET", "/v1/grids?at=1700000000", 422, "invalid-input"),
        ("GET", "/v1/editions/99/codes", 404, "no-edition"),
        ("GET", "/v1/grids?at=2020-01-01T00:00:00Z", 404, "no-edition"),
        ("GET", "/v1/grids?at=2020-01-01T00:00:00", 422, "invalid-input"),
        ("GET", "/v1/grids?edition=1&at=2026-01-01T00:00:00Z", 422, "edition-and-at"),
        ("GET", "/v1/editions/99", 404, "no-edition"),
        ("GET", "/v1/editions/99999999999999999999", 404, "no-edition"),
        ("GET", "/v1/locate?lon=102.73&lat=95", 422, "coordinate-out-of-range"),
        ("GET", "/v1/locate?lon=102.73&lat=25.05&crs=EPSG:9999", 422, "unknown-crs"),
        ("GET", "/tiles/current/grids/40/0/0.mvt", 404, None),
        ("GET", "/tiles/current/grids/3/9/0.mvt", 400, "bad-address"),
        ("POST", "/v1/boundaries/check", 401, "unauthenticated"),
        ("POST", "/v1/incidents", 401, "unauthenticated"),
        ("GET", "/v1/incidents", 401, "unauthenticated"),
    ],
)
def test_each_refusal_is_a_problem_with_its_code(demo_client, method, path, status, code):
    """RFC 9457: media type, members, the number twice; never cached."""
    answer = demo_client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert body["status"] == status
    if code is not None:
        assert body["code"] == code


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("GET", "/v1/locate/batch", "this address takes POST only"),
        ("DELETE", "/v1/levels", "this address takes GET only"),
        ("GET", "/v1/nowhere", "there is nothing at this address; /docs lists those that there are"),
    ],
)
def test_a_wrong_address_or_method_is_told_what_to_do(demo_client, method, path, sentence):
    """Of a plain route, of a route of FastAPI, of none."""
    assert demo_client.request(method, path).json()["detail"] == sentence


def test_a_missing_token_says_which_scheme_is_wanted(demo_client):
    """RFC 9110, 11.6.1: a 401 names the scheme."""
    answer = demo_client.post("/v1/incidents")

    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer gis_wrong", "Bearer", "Basic eDp5", "gis_wrong"])
def test_a_wrong_token_is_refused_wherever_a_token_is_needed(demo_client, header):
    """Unknown, empty, another scheme, no scheme."""
    answer = demo_client.get("/v1/incidents", headers={"Authorization": header})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_the_right_token_for_another_act_is_forbidden(demo_client, demo_tokens):
    """A grid worker may not use the planners' check."""
    answer = demo_client.post("/v1/boundaries/check", content=collection(), headers=bearer(demo_tokens, "worker"))

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("role", "status"), [("planner", 200), ("dispatcher", 200), ("auditor", 200), ("worker", 403), ("router", 403)]
)
def test_who_redraws_may_see_what_waits_to_be_handed_over(demo_client, demo_tokens, role, status):
    """Planners too, in their scope; the first edition moved nothing."""
    answer = demo_client.get("/v1/editions/1/hand-overs", headers=bearer(demo_tokens, role))

    assert answer.status_code == status
    assert status != 200 or answer.json() == {"edition": 1, "proposed_in": 1, "incidents": []}


@pytest.mark.parametrize("path", ["/v1/boundaries/check", "/v1/plans", "/v1/plans/1/changes", "/v1/incidents"])
def test_a_body_that_says_it_is_no_json_is_a_415(demo_client, demo_tokens, path):
    """Whatever it holds; parsed by the framework or by ourselves."""
    headers = {**bearer(demo_tokens, "admin"), "Content-Type": "text/plain; charset=utf-8", "Idempotency-Key": "x"}

    answer = demo_client.post(path, content=collection(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    assert answer.json()["detail"] == "the Content-Type must be application/json; it is text/plain"


TAKES_A_BODY = sorted(
    (method.upper(), path)
    for path, operations in openapi_document()["paths"].items()
    for method, operation in operations.items()
    if "requestBody" in operation or method in {"post", "put", "patch"}
)


@pytest.mark.parametrize(("method", "path"), TAKES_A_BODY)
def test_a_packed_body_is_refused_on_every_route_that_takes_one(demo_client, method, path):
    """RFC 9110, 15.5.16: the answer names the coding that is taken; not a word of bad JSON."""
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = demo_client.request(method, path, content=gzip.compress(b"{}"), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-content-encoding")
    assert answer.headers["accept-encoding"] == "identity"
    assert "'gzip'" in answer.json()["detail"]


@pytest.mark.parametrize("coding", ["identity", "", "IDENTITY"])
def test_a_body_as_it_is_may_say_so(demo_client, coding):
    """The coding that is none."""
    body = {"lons": [102.73], "lats": [25.05]}
    answer = demo_client.post("/v1/locate/batch", json=body, headers={"Content-Encoding": coding})

    assert answer.status_code == 200


def test_a_request_without_a_body_may_name_any_coding(demo_client):
    """Clients that send the header with everything."""
    headers = {"Content-Encoding": "gzip"}

    assert demo_client.get("/v1/locate?lon=102.73&lat=25.05", headers=headers).status_code == 200


def test_a_packed_stream_of_no_known_length_is_refused_at_once(demo_client):
    """Chunked, brotli over gzip: the client reads the answer though it has not sent all."""
    headers = {"Content-Encoding": "gzip, br", "Content-Type": "application/x-ndjson"}
    answer = demo_client.post("/v1/locate/batch", content=iter([b"a", b"b"]), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-content-encoding")


def test_an_answered_check_has_the_form_of_the_contract(demo_client, demo_tokens):
    """One square alone: valid, with a certificate or without, and nothing found."""
    answer = demo_client.post("/v1/boundaries/check", content=collection(), headers=bearer(demo_tokens, "planner"))

    body = answer.json()
    assert answer.status_code == 200
    assert body["valid"] is True
    assert body["summary"]["grids"] == 1
    assert body["findings"] == []
    assert "certificate" in body


def test_two_squares_that_overlap_are_found_over_http(demo_client, demo_tokens):
    """Two identical squares under two codes."""
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": SQUARE} for code in ("530103001", "530103002")
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})

    report = demo_client.post("/v1/boundaries/check", content=body, headers=bearer(demo_tokens, "planner")).json()

    assert report["valid"] is False
    assert {"530103001", "530103002"} in [set(finding["grids"]) for finding in report["findings"]]


def test_a_body_over_the_limit_is_refused_whole(demo_server, demo_tokens):
    """200 MB of blanks, sent over a real connection: 413 and nothing half-read."""
    import httpx2

    answer = httpx2.post(
        f"{demo_server}/v1/boundaries/check",
        content=b" " * 200_000_000,
        headers=bearer(demo_tokens, "planner"),
        timeout=60,
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_a_body_without_announced_length_is_bounded_as_well(demo_server, demo_tokens):
    """200 MB in chunks."""
    import httpx2

    def chunks():
        for _ in range(200):
            yield b" " * 1_000_000

    try:
        answer = httpx2.post(
            f"{demo_server}/v1/boundaries/check",
            content=chunks(),
            headers=bearer(demo_tokens, "planner"),
            timeout=60,
        )
    except httpx2.TransportError:
        # The server may close the connection while the client still writes; it must live on.
        assert httpx2.get(f"{demo_server}/healthz").is_success
    else:
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_every_answer_carries_its_request_id(demo_client):
    """The caller's own when it is decent, else a new one."""
    given = demo_client.get("/healthz", headers={"X-Request-Id": "abc-123"}).headers["x-request-id"]
    made = demo_client.get("/healthz", headers={"X-Request-Id": "a b\tc" * 40}).headers["x-request-id"]

    assert given == "abc-123"
    assert len(made) == 32


@pytest.mark.parametrize("path", ["/healthz", "/v1/grids/530103", "/v1/locate?lon=102.73&lat=25.05", "/"])
def test_head_is_get_without_its_body(demo_client, path):
    """RFC 9110, 9.3.2: the same status and length, no body."""
    whole, head = demo_client.get(path), demo_client.head(path)

    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]


def test_an_unexpected_error_tells_nothing_but_where_it_was_logged(demo_copy, monkeypatch, capsys):
    """A broken part of ours: 500 with an id, readable from other origins; the reason stands in the log alone."""

    def broken(_):
        message = "a secret of the inside"
        raise LookupError(message)

    monkeypatch.setattr("gis_service.use_cases.read_ground.list_levels", broken)
    with TestClient(create_app(Settings(database_url=demo_copy))) as client:
        answer = client.get("/v1/levels", headers={"Origin": "http://elsewhere"})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    assert "secret" not in answer.text
    assert "secret" in capsys.readouterr().out
