"""The HTTP client of webhooks against real sockets."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from gis_service.domain.webhook import fault_of_url, is_public
from gis_service.feed import receiver as receiver_module
from gis_service.feed.receiver import Receiver
from tests.support.receiver import receiver

BODY = b'{"id": 1}'


def post(url: str, *, timeout_s: float = 5, allow_private: bool = True) -> str | None:
    with Receiver(url, timeout_s=timeout_s, allow_private=allow_private) as one:
        return one.post(BODY, {"Content-Type": "application/json"})


@pytest.fixture
def raw():
    """A listening socket, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server, f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_private_address_is_not_connected_to(raw):
    """Whatever it is called; the listener sees no connection."""
    server, url = raw
    port = url.rpartition(":")[2]
    server.settimeout(0.1)
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"):
        assert "no public address" in str(post(f"http://{host}:{port}", allow_private=False))
    with pytest.raises(TimeoutError):
        server.accept()


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "::", "::1",
     "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"],
)  # fmt: skip
def test_addresses_of_this_network_are_not_public(address):
    """Private, link-local, shared, multicast; in IPv6 what holds one of these too."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


def test_a_receiver_that_says_nothing_is_left(raw):
    """It takes the connection and the body, and never answers."""
    assert post(raw[1], timeout_s=0.2) == "no answer within 0.2 s"


def test_a_receiver_that_drips_is_left_too(raw):
    """A byte every 50 ms would keep a time limit of 0.3 s for each read happy for ever."""
    server, url = raw
    is_over = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            while not is_over.wait(0.05):
                try:
                    connection.send(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    began = time.monotonic()
    assert post(url, timeout_s=0.3) == "no answer within 0.3 s"
    assert time.monotonic() - began < 5
    is_over.set()
    thread.join()


def test_a_connection_is_kept_and_made_anew_when_it_was_closed(raw):
    """The second post finds the connection closed by the receiver, and is sent on another at once."""
    server, url = raw

    def answer_once() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with Receiver(url, timeout_s=5, allow_private=True) as one:
        for _ in range(2):
            thread = threading.Thread(target=answer_once)
            thread.start()
            assert one.post(BODY, {}) is None
            thread.join()


def test_nobody_there_and_nonsense_are_told_in_words(raw):
    """Refused, not HTTP, a name that is none, a certificate that is missing."""
    server, url = raw

    def speak(answer: bytes) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=speak, args=(b"220 smtp ready\r\n\r\n",))
    thread.start()
    assert post(url) == "the answer is not HTTP"
    thread.join()
    thread = threading.Thread(target=speak, args=(b"not TLS\r\n\r\n",))
    thread.start()
    assert post(url.replace("http:", "https:")).startswith("not reached")
    thread.join()
    server.close()
    assert post(url) == "not reached: Connection refused"


def test_a_host_is_connected_to_at_the_address_that_was_looked_at(monkeypatch):
    """A name that means a public address at first and loopback a moment later: it is asked once."""
    asked = []

    def resolve(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8" if len(asked) == 1 else "127.0.0.1", port))]

    connected = []
    monkeypatch.setattr(receiver_module.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", lambda _, place: connected.append(place) or _refuse())
    assert post("http://rebinding.example:81/", allow_private=False) == "not reached: ConnectionRefusedError"
    assert (asked, connected) == (["rebinding.example"], [("8.8.8.8", 81)])


def _refuse():
    raise ConnectionRefusedError


def test_the_path_and_the_query_are_sent_as_they_are():
    with receiver() as there:
        assert post(there.url) is None
        assert there.posts[0]["event"] == {"id": 1}


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org", "http://", "https://user:pw@example.org/", "http://example.org:99999/",
     "http://[::1", "http://a b/", "http://例子.cn/", "http://example.org/\r\nHost: x", "http://a/#b", "http://a:0/",
     "http://a/" + "x" * 2000, "javascript:alert(1)", "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url):
    assert fault_of_url(url)


def test_addresses_are_taken():
    assert fault_of_url("https://example.org") is None
    assert fault_of_url("http://[2001:db8::1]:8080/a?b=c") is None
