"""The other end of a webhook: one address on the open internet that takes what is posted to it."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from gis_service.domain.webhook import is_public

MOST_ANSWERED_BYTES = 64 * 1024
"""More of an answer is not read, and its connection is closed."""

_DONE = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)
_REDIRECTS = range(HTTPStatus.MULTIPLE_CHOICES, HTTPStatus.BAD_REQUEST)


class PrivateAddressError(OSError):
    """A name that leads to an address of this machine or this network."""


class Receiver:
    """A connection to one receiver, kept between posts.

    The address is looked at after the name was resolved and then connected to as it is: a name that means another
    address a moment later leads nowhere else.  Redirects are not followed and proxies of the environment not asked.

    Args:
        url: with http or https.
        timeout_s: of one post in all, however slowly the receiver drips.
        allow_private: connect to any address.
    """

    def __init__(self, url: str, *, timeout_s: float, allow_private: bool) -> None:
        parts = urlsplit(url)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._timeout_s = timeout_s
        self._is_late = self._is_cut = False
        self._connection = _connection(
            parts.scheme, parts.hostname or "", parts.port, timeout_s, allow_private=allow_private
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self._connection.close()

    def post(self, body: bytes, headers: dict[str, str]) -> str | None:
        """Send a body; return None when the answer was a 2xx, else in words why not."""
        was_kept = self._connection.sock is not None
        error = self._try(body, headers)
        if was_kept and isinstance(error, http.client.RemoteDisconnected | ConnectionError):
            # The receiver closed what was kept before it knew of this.
            error = self._try(body, headers)
        return error if error is None or isinstance(error, str) else self._words(error)

    def cut(self) -> None:
        """End the post under way, and all to come; may be called from any thread."""
        self._is_cut = True
        self._break()

    def _try(self, body: bytes, headers: dict[str, str]) -> str | Exception | None:
        if self._is_cut:
            return "cut off"
        self._is_late = False
        alarm = threading.Timer(self._timeout_s, self._give_up)
        alarm.daemon = True
        alarm.start()
        try:
            self._connection.request("POST", self._path, body, headers)
            answer = self._connection.getresponse()
            answer.read(MOST_ANSWERED_BYTES)
            if not answer.isclosed():
                self._connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            return TimeoutError() if self._is_late else error
        finally:
            alarm.cancel()
        if answer.status in _DONE:
            return None
        return f"HTTP {answer.status}" + ("; redirects are not followed" if answer.status in _REDIRECTS else "")

    def _give_up(self) -> None:
        self._is_late = True
        self._break()

    def _break(self) -> None:
        # The socket's own method: that of TLS would take the session away from under the thread that reads.
        connected: Any = self._connection.sock
        if connected is not None:
            with suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    def _words(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self._timeout_s:g} s"
        if isinstance(error, PrivateAddressError):
            return str(error)
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the certificate is not good: {error.verify_message}"
        if isinstance(error, socket.gaierror):
            return "the name of the host is not known"
        if isinstance(error, http.client.HTTPException) and not isinstance(error, ConnectionError):
            return "the answer is not HTTP"
        return f"not reached: {getattr(error, 'strerror', None) or type(error).__name__}"


def connect(host: str, port: int, timeout_s: float, *, allow_private: bool) -> socket.socket:
    """Return a connection to the first address of a host that takes one.

    Raises:
        PrivateAddressError: one of its addresses is not of the open internet.
        OSError: it is not known, or none of its addresses takes a connection.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for _, _, _, _, place in found:
        if not allow_private and not is_public(str(place[0])):
            raise PrivateAddressError(f"{place[0]} is no public address; GIS_WEBHOOK_ALLOW_PRIVATE lets it through")
    failure = OSError("no address")
    for family, kind, protocol, _, place in found:
        connected = socket.socket(family, kind, protocol)
        connected.settimeout(timeout_s)
        try:
            connected.connect(place)
        except OSError as error:
            connected.close()
            failure = error
        else:
            return connected
    raise failure


_TLS = ssl.create_default_context()


def _connection(
    scheme: str, host: str, port: int | None, timeout_s: float, *, allow_private: bool
) -> http.client.HTTPConnection:
    def reach(number: int) -> socket.socket:
        connected = connect(host, number, timeout_s, allow_private=allow_private)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = reach(self.port)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            # The socket is there before the handshake, so that it can be broken off.
            wrapped = _TLS.wrap_socket(reach(self.port), server_hostname=host, do_handshake_on_connect=False)
            self.sock = wrapped
            wrapped.do_handshake()

    if scheme == "https":
        return Secure(host, port, timeout=timeout_s, context=_TLS)
    return Plain(host, port, timeout=timeout_s)
