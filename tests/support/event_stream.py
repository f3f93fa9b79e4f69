"""A client of text/event-stream, as the WHATWG says one reads it."""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import httpx2

PATIENCE_S = 60


class Message(NamedTuple):
    """What is dispatched: the id last seen, the type, the data."""

    id: str
    kind: str
    data: Any


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """The messages of a stream; lines that begin with a colon say nothing, blocks without data tell none."""
    last_id, kind, data = "", "message", ""
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                yield Message(last_id, kind, json.loads(data))
            kind, data = "message", ""
        elif name == "id":
            last_id = value
        elif name == "event":
            kind = value
        elif name == "data":
            data += value


class Following:
    """A stream that is read in a thread: its messages, and how it ended."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.came: queue.Queue[Message | None] = queue.Queue()
        self.failure: Exception | None = None
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> Message | None:
        """The next message; None when the stream has ended."""
        return self.came.get(timeout=PATIENCE_S)

    def take(self, count: int) -> list[Message]:
        found = [self.next() for _ in range(count)]
        return [message for message in found if message is not None]

    def _read(self) -> None:
        try:
            for message in messages(self.response.iter_lines()):
                self.came.put(message)
        except Exception as error:  # noqa: BLE001 - how it ended is looked at by the test
            self.failure = error
        self.came.put(None)


@contextmanager
def following(address: str, token: str, after: str = "now", last_id: str = "", **query: str) -> Iterator[Following]:
    """The feed of a running service as a stream."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    if last_id:
        headers["Last-Event-ID"] = last_id
    with httpx2.stream(
        "GET", f"{address}/v1/incidents/events", params={"after": after, **query}, headers=headers, timeout=None
    ) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        try:
            yield Following(response)
        finally:
            # A socket that another thread reads from stays open when it is closed: it has to be shut down.
            with suppress(OSError):
                response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
