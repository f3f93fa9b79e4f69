"""nginx.conf as it stands runs in front of a small server, and keeps what it must."""

from __future__ import annotations

import gzip
import http.client
import json
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gis_service.settings import Settings
from tests.support.nginx import proxy_before
from tests.support.server import free_port

LARGE = json.dumps({"codes": ["530102"] * 1_000}).encode()


class Upstream(BaseHTTPRequestHandler):
    """Tells the request's headers as JSON; some paths answer as the service would."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/tiles/"):
            self._answer(
                200,
                gzip.compress(b"tile" * 1_000),
                "application/vnd.mapbox-vector-tile",
                ("Content-Encoding", "gzip"),
            )
        elif self.path == "/tiles/plain.json" or self.path.startswith(("/v1/grids", "/v1/plans")):
            self._answer(200, LARGE, "application/json", ("ETag", '"7"'))
        elif self.path == "/busy":
            self._answer(503, b'{"code":"unavailable","detail":"by the service"}', "application/problem+json")
        else:
            told = {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}}
            self._answer(200, json.dumps(told).encode(), "application/json")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            self._stream()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200, json.dumps({"received": len(body)}).encode(), "application/json")

    def _stream(self) -> None:
        """Answer the first part of a body before the next has come."""
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while size := int(self.rfile.readline(), 16):
            part = self.rfile.read(size)
            self.rfile.readline()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part.upper()))
        self.wfile.write(b"0\r\n\r\n")

    def _answer(self, status: int, body: bytes, media_type: str, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", media_type), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name is the base class's
        """Say nothing."""


@pytest.fixture(scope="module")
def proxy() -> Iterator[tuple[int, Path]]:
    """Nginx in front of the upstream that tells what it got."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    with proxy_before(server.server_port) as running:
        yield running
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def client(proxy: tuple[int, Path]) -> Iterator[http.client.HTTPConnection]:
    """A connection to nginx."""
    connection = http.client.HTTPConnection("127.0.0.1", proxy[0], timeout=30)
    yield connection
    connection.close()


def get(client: http.client.HTTPConnection, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Ask for a path and return the answer with its body, which is not unpacked."""
    client.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = client.getresponse()
    return answer, answer.read()


def test_the_service_is_told_the_true_client_and_address(client, proxy):
    """What a client says about itself in X-Forwarded-For and Forwarded is replaced."""
    _, body = get(
        client, "/v1/levels?a=%20b", X_Forwarded_For="6.6.6.6", Forwarded="for=6.6.6.6", X_Request_Id="mine"
    )
    told = json.loads(body)
    assert told["path"] == "/v1/levels?a=%20b"
    assert told["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert told["headers"]["x-forwarded-proto"] == "http"
    assert told["headers"]["host"] == f"127.0.0.1:{proxy[0]}"
    assert len(told["headers"]["x-request-id"]) == 32
    assert "forwarded" not in told["headers"]


def test_conditions_and_tokens_reach_the_service(client):
    """If-Match, If-None-Match, Idempotency-Key and Authorization pass unchanged."""
    given = {
        "If_Match": '"3"',
        "If_None_Match": '"7"',
        "Idempotency_Key": "k-1",
        "Authorization": "Bearer t",
        "Accept_Encoding": "br",
    }
    _, body = get(client, "/v1/levels", **given)
    told = json.loads(body)["headers"]
    assert {name: told[name.lower().replace("_", "-")] for name in given} == given


@pytest.mark.parametrize(
    "path", ["/metrics", "/metrics/", "//metrics", "/%6Detrics", "/./metrics", "/metrics?a=1", "/Metrics"]
)
def test_metrics_are_not_public(client, path):
    """In every spelling 404, as a problem, without asking the service."""
    answer, body = get(client, path)
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["code"] == "not-found"


def test_a_tile_passes_as_the_service_packed_it(client):
    """Once compressed, not twice."""
    answer, body = get(client, "/tiles/1/grids/0/0/0.mvt", Accept_Encoding="gzip")
    assert answer.headers.get_all("Content-Encoding") == ["gzip"]
    assert gzip.decompress(body) == b"tile" * 1_000


def test_a_large_answer_is_packed(client):
    """9 kB of JSON, which the service sent plain; who cannot unpack gets it plain."""
    answer, body = get(client, "/v1/grids", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert gzip.decompress(body) == LARGE
    assert get(client, "/v1/grids")[1] == LARGE


def test_the_etag_of_a_plan_stays_strong(client):
    """A packed answer would have W/"7", which If-Match never matches."""
    answer, body = get(client, "/v1/plans/1/grids", Accept_Encoding="gzip")
    assert answer.headers["ETag"] == '"7"'
    assert body == LARGE


def test_a_body_over_the_limit_is_a_problem(client):
    """One byte more than 64 MiB, announced; refused before it is sent."""
    client.putrequest("POST", "/v1/boundaries/check")
    client.putheader("Content-Length", str(Settings().body_limit_bytes + 1))
    client.endheaders()
    answer = client.getresponse()
    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.read())["code"] == "body-too-large"


def test_a_body_within_the_limit_arrives_whole(client):
    """2 MiB, more than nginx takes by default."""
    client.request("POST", "/v1/boundaries/check", body=bytes(2 * 1024 * 1024))
    assert json.loads(client.getresponse().read()) == {"received": 2 * 1024 * 1024}


def test_a_batch_streams_in_and_out(client):
    """The first line's answer is read before the second line is sent."""
    client.putrequest("POST", "/v1/locate/batch")
    client.putheader("Transfer-Encoding", "chunked")
    client.endheaders()
    client.send(b"4\r\none\n\r\n")
    answer = client.getresponse()
    assert answer.readline() == b"ONE\n"
    client.send(b"4\r\ntwo\n\r\n0\r\n\r\n")
    assert answer.read() == b"TWO\n"


def test_a_refusal_of_the_service_passes_unchanged(client):
    """503 with the service's own words."""
    answer, body = get(client, "/busy")
    assert answer.status == 503
    assert json.loads(body)["detail"] == "by the service"


def test_the_log_names_no_place_that_was_asked_for(client, proxy):
    """The path is there, the query is not."""
    get(client, "/v1/locate?lon=102.711&lat=25.041", Referer="/map?lon=102.711")
    wanted = []
    while not wanted:
        wanted = [line for line in proxy[1].read_text().splitlines() if '"/v1/locate"' in line]
    entry = json.loads(wanted[-1])
    assert (entry["path"], entry["status"], entry["method"]) == ("/v1/locate", 200, "GET")
    assert "102.711" not in wanted[-1]


def test_a_service_that_is_away_is_a_problem_to_try_again():
    """Nothing listens behind nginx: 503 with Retry-After, not a page of HTML."""
    with proxy_before(free_port()) as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        answer, body = get(connection, "/v1/levels")
        connection.close()
    assert answer.status == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"
    assert json.loads(body)["code"] == "unavailable"


def test_archives_can_come_from_a_folder():
    """Ranges of a file by nginx itself, as it was written; what is not there is asked of the service."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "a.pmtiles").write_bytes(bytes(range(256)) * 10)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        with proxy_before(server.server_port, folder) as (port, _):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            part, body = get(connection, "/tiles/archives/a.pmtiles", Range="bytes=250-259", Accept_Encoding="gzip")
            beyond, _ = get(connection, "/tiles/archives/a.pmtiles", Range="bytes=2560-")
            changed, _ = get(connection, "/tiles/archives/a.pmtiles", Range="bytes=0-9", If_Range='"another"')
            missing, _ = get(connection, "/tiles/archives/b.pmtiles")
            connection.close()
        server.shutdown()
        serving.join()
        server.server_close()
    assert (part.status, body) == (206, bytes([*range(250, 256), *range(4)]))
    assert part.headers["Content-Type"] == "application/vnd.pmtiles"
    assert part.headers["Content-Range"] == "bytes 250-259/2560"
    assert "Content-Encoding" not in part.headers
    assert (beyond.status, changed.status) == (416, 200)
    assert missing.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"


def test_nginx_does_not_tell_its_version(client):
    """The Server header is the bare name, or what the service says."""
    answer, _ = get(client, "/metrics")
    assert answer.headers["Server"] == "nginx"
