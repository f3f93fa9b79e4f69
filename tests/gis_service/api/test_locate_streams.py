"""Streams of points against a real server: what a client in the same process cannot show."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from itertools import repeat

import httpx2
import numpy as np
import orjson
import psutil
import pytest

from gis_service.api.media_types import ARROW, BINARY, NDJSON
from tests.support.duplex import DuplexRequest
from tests.support.point_streams import arrow_stream, point_batch, read_lines
from tests.support.server import PATIENCE_S, free_port, start_server, wait_until_ready
from tests.support.tree import at

PATH = "/v1/locate/batch"
INSIDE = at(2.5, 0.5)
LINE = orjson.dumps(INSIDE) + b"\n"
ANSWER = b'{"code":"X","edition":2}\n'
LINES_A_PART = 5_000
MEMORY_BYTES = 60 * 1024 * 1024


@pytest.fixture(scope="module")
def server(lookup_sessions) -> Iterator[psutil.Popen]:
    """The service with edition 2 in memory, as a process; it takes a body of 100 kB."""
    url = lookup_sessions.kw["bind"].url.render_as_string(hide_password=False)
    port = free_port()
    process = start_server(url, port, GIS_BODY_LIMIT_BYTES="100000", GIS_BATCH_LIMIT="1000")
    process.address = f"http://127.0.0.1:{port}"
    wait_until_ready(process.address, process)
    yield process
    process.terminate()
    process.wait(timeout=20)


def memory_of(server) -> int:
    return psutil.Process(server.pid).memory_info().rss


def open_connections(server) -> int:
    return sum(one.status == psutil.CONN_ESTABLISHED for one in psutil.Process(server.pid).net_connections("tcp"))


def test_a_line_is_answered_before_the_next_is_sent(server):
    """A conversation: three questions, three answers, one stream."""
    request = DuplexRequest(server.address, PATH, NDJSON)
    request.send(LINE)
    answer = request.answer()
    assert answer.headers["X-Edition"] == "2"
    assert answer.readline() == ANSWER
    for question in (LINE, LINE):
        request.send(question)
        assert answer.readline() == ANSWER
    request.end()
    assert answer.read() == b""
    request.leave()


def test_a_long_stream_takes_no_more_memory_than_a_short_one(server):
    """200,000 lines, 4.6 MB, 46 times what a body may have; memory grows by less than 60 MB."""
    before = memory_of(server)
    request = DuplexRequest(server.address, PATH, NDJSON)

    def write() -> None:
        for _ in range(40):
            request.send(LINE * LINES_A_PART)
        request.end()

    writer = threading.Thread(target=write)
    writer.start()
    answer, most, lines = request.answer(), 0, 0
    while part := answer.read(500_000):
        lines += part.count(ANSWER[-2:])
        most = max(most, memory_of(server))
    writer.join()
    request.leave()
    assert lines == 40 * LINES_A_PART
    assert most - before < MEMORY_BYTES


def test_a_stream_that_nobody_reads_is_not_read_on(server):
    """A client writes and writes; it is stopped by its own timeout, and the service keeps next to nothing."""
    before = memory_of(server)
    request = DuplexRequest(server.address, PATH, NDJSON, patience_s=2)
    part = LINE * LINES_A_PART
    with pytest.raises(TimeoutError):
        deque(map(request.send, repeat(part, 10_000)), maxlen=0)
    assert memory_of(server) - before < MEMORY_BYTES
    request.leave()


def test_a_stream_that_is_left_is_forgotten(server):
    """Of 10,000,000 lines announced, 20,000 come; then the connection closes, and the service answers on."""
    open_before = open_connections(server)
    for _ in range(3):
        request = DuplexRequest(server.address, PATH, NDJSON)
        for _ in range(4):
            request.send(LINE * LINES_A_PART)
        assert request.answer().readline() == ANSWER
        request.leave()
    deadline = time.monotonic() + PATIENCE_S
    while open_connections(server) > open_before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert open_connections(server) <= open_before
    answer = httpx2.post(server.address + PATH, content=LINE, headers={"content-type": NDJSON})
    assert answer.content == ANSWER


def test_a_body_with_a_length_is_read_before_it_is_answered(server):
    """A client that reads nothing until all is sent: 50,000 lines, more than the buffers between the two hold."""
    body = LINE * 50_000
    answer = httpx2.post(server.address + PATH, content=body, headers={"content-type": NDJSON}, timeout=20)
    assert answer.content == ANSWER * 50_000


def test_a_fault_in_a_later_record_batch_cuts_the_answer(server):
    """No end of the body, and bytes that no reader takes for the end of the stream."""
    good, bad = point_batch([INSIDE]), point_batch([(200.0, 25.0)])
    request = DuplexRequest(server.address, PATH, ARROW)
    request.send(arrow_stream(good, bad))
    answer = request.answer()
    assert answer.status == 200
    with pytest.raises(http.client.IncompleteRead) as cut:
        answer.read()
    assert cut.value.partial.endswith(b"\xff\xff\xff\xff\x10\x00\x00\x00")
    request.leave()


def test_too_many_points_are_refused_before_they_come(server):
    """1,001 pairs announced, none sent: 413 all the same; then without a length, as soon as they are too many."""
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=20)
    connection.putrequest("POST", PATH)
    connection.putheader("Content-Type", BINARY)
    connection.putheader("Content-Length", "16016")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()

    request = DuplexRequest(server.address, PATH, BINARY)
    request.send(np.array([INSIDE] * 1001).tobytes())
    answer = request.answer()
    assert (answer.status, orjson.loads(answer.read())["code"]) == (413, "too-many-points")
    request.leave()


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [("Accept: */*", 413, "body-too-large"), ("Content-Encoding: gzip", 415, "unsupported-content-encoding")],
)
def test_a_refused_body_that_stops_is_answered_before_its_end(server, header, status, code):
    """99,999,999 bytes announced and one sent: the refusal, and the end of the connection."""
    host, port = server.address.removeprefix("http://").split(":")
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {BINARY}\r\n{header}\r\nContent-Length: 99999999\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        connection.sendall(f"{head}\r\n ".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        told = orjson.loads(answer.read())
        assert (answer.status, told["code"], answer.headers["Connection"]) == (status, code, "close")
        assert connection.recv(1) == b""


def test_a_bad_line_does_not_end_a_stream(server):
    """Before, and behind it, owners."""
    request = DuplexRequest(server.address, PATH, NDJSON)
    request.send(LINE + b"{" + LINE + LINE)
    request.end()
    first, bad, last = read_lines(request.answer().read())
    assert first == last == orjson.loads(ANSWER)
    assert (bad["line"], bad["error"]["code"]) == (2, "invalid-json")
    request.leave()
