"""One connection to a server, kept open: requests one after the other."""

from __future__ import annotations

from http.client import HTTPConnection
from urllib.parse import urlsplit

OK = 200
HEADERS = {"Accept-Encoding": "gzip"}
"""A coding that all servers have."""


class Line:
    """A connection to the server at an address."""

    def __init__(self, address: str) -> None:
        self._connection = HTTPConnection(urlsplit(address).netloc)

    def get(self, path: str) -> bytes:
        """Return what the server sends for a path and query, as it is coded.

        Raises:
            RuntimeError: the answer is not 200.
        """
        self._connection.request("GET", path, headers=HEADERS)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != OK:
            msg = f"{path} answered {answer.status}"
            raise RuntimeError(msg)
        return body
