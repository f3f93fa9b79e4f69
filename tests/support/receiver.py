"""A receiver of webhooks: an HTTP server in a thread, which notes what it is sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What was sent to one address; ``answer`` gives the status of each, from the number of those before it."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.answer: Callable[[int], int] = lambda _: 204
        self.came = threading.Condition()
        self.url = ""

    @property
    def taken(self) -> list[int]:
        """The ids of the events that were answered with a 2xx, in their order, repeats too."""
        return [post["event"]["id"] for post in self.posts if 200 <= post["status"] < 300]

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 30) -> bool:
        with self.came:
            return self.came.wait_for(condition, timeout_s)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver at an address of its own."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = made.answer(len(made.posts))
            with made.came:
                made.posts.append(
                    {"status": status, "headers": dict(self.headers), "body": body, "event": json.loads(body)}
                )
                made.came.notify_all()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}/hook?key=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def signature_of(secret: str, headers: dict[str, str], body: bytes) -> str:
    """The signature as the text of Standard Webhooks says it, written without the service."""
    kind, key = secret.split("_")
    assert kind == "whsec"
    signed = headers["webhook-id"] + "." + headers["webhook-timestamp"] + "." + body.decode()
    mac = hmac.new(base64.b64decode(key), signed.encode(), hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()
