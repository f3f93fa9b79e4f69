"""The console's page and files are served so that browsers keep what never changes and nothing that does."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gis_service.api.console import make_console_routes

SCRIPT = b"console.log('grids');"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build with one script, plain and compressed, and a worker without compressed neighbours."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>网格底座</title>", encoding="utf-8")
    (assets / "index-abc.js").write_bytes(SCRIPT)
    (assets / "index-abc.js.br").write_bytes(b"as br")
    (assets / "index-abc.js.gz").write_bytes(b"as gzip")
    (assets / "worker-abc.mjs").write_bytes(SCRIPT)
    return tmp_path


@pytest.fixture
def client(built: Path) -> TestClient:
    """A service that has the console and nothing else."""
    return TestClient(Starlette(routes=make_console_routes(built)), headers={"Accept-Encoding": "identity"})


def test_the_page_is_asked_for_anew_each_time(client):
    """A new build shows on the next visit: the page is never taken from a cache unasked."""
    answer = client.get("/")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_the_page_takes_scripts_and_workers_from_here_alone(client):
    """No inline script, no other host: 'self' is all that the policy allows besides drawn pictures."""
    policy = client.get("/").headers["content-security-policy"]
    assert "script-src 'self'; worker-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_file_of_the_build_is_kept_for_ever(client):
    """Its name holds a hash of its content: 31536000 s is a year, the longest that caches honour."""
    answer = client.get("/assets/index-abc.js")
    assert answer.content == SCRIPT
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("accepted", "body", "encoding"),
    [
        ("gzip, deflate, br", b"as br", "br"),
        ("gzip", b"as gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", b"as gzip", "gzip"),
        ("identity", SCRIPT, None),
        ("br;q=0", SCRIPT, None),
    ],
)
def test_a_file_goes_out_in_the_best_coding_that_the_browser_takes(built, accepted, body, encoding):
    """Br before gzip before plain; the type stays that of the script, and caches are told what it depends on."""
    client = TestClient(Starlette(routes=make_console_routes(built)))
    with client.stream("GET", "/assets/index-abc.js", headers={"Accept-Encoding": accepted}) as answer:
        assert b"".join(answer.iter_raw()) == body
        assert answer.headers.get("content-encoding") == encoding
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["vary"] == "Accept-Encoding"


def test_the_worker_of_the_map_is_a_script(client):
    """Browsers refuse a module worker of any other type; not every system knows what .mjs is."""
    answer = client.get("/assets/worker-abc.mjs", headers={"Accept-Encoding": "br"})
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "content-encoding" not in answer.headers


def test_a_known_file_is_not_sent_twice(client):
    """If-None-Match with the ETag of before answers 304 and no body."""
    tag = client.get("/assets/index-abc.js").headers["etag"]
    answer = client.get("/assets/index-abc.js", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("path", ["/assets/none.js", "/assets/../index.html", "/assets/%2e%2e/index.html"])
def test_what_is_no_file_of_the_build_is_not_found(client, path):
    """Neither a name that is missing nor one that climbs out of the folder."""
    assert client.get(path).status_code == 404


def test_without_a_build_the_page_says_what_to_run(tmp_path):
    """The API works without the console, so the page is a plain answer in both languages, not an error."""
    client = TestClient(Starlette(routes=make_console_routes(tmp_path)))
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.text.count("make setup") == 2
    assert client.get("/assets/index-abc.js").status_code == 404


def test_a_build_made_while_the_service_runs_is_shown(tmp_path):
    """The page changes from the hint to the console without a restart."""
    client = TestClient(Starlette(routes=make_console_routes(tmp_path)))
    before = client.get("/").text
    (tmp_path / "index.html").write_text("<!doctype html><title>built</title>", encoding="utf-8")
    assert "built" in client.get("/").text
    assert "<title>built" not in before
