"""A request that is written while its answer is read."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit


class DuplexRequest:
    """A POST in chunks; ``answer()`` may be read from before the last one is sent."""

    def __init__(self, address: str, path: str, media_type: str, patience_s: float = 20) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=patience_s)
        self._connection.putrequest("POST", path)
        self._connection.putheader("Content-Type", media_type)
        self._connection.putheader("Transfer-Encoding", "chunked")
        self._connection.endheaders()

    def send(self, part: bytes) -> None:
        """Send a part of the body."""
        self._connection.send(b"%X\r\n%b\r\n" % (len(part), part))

    def end(self) -> None:
        """End the body."""
        self._connection.send(b"0\r\n\r\n")

    def answer(self) -> http.client.HTTPResponse:
        """Wait for the head of the answer."""
        return self._connection.getresponse()

    def leave(self) -> None:
        """Close the connection."""
        self._connection.close()
