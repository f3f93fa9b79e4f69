"""The service as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(database_url: str, port: int, *options: str, **settings: str) -> subprocess.Popen[bytes]:
    """Start the service and return at once; its log goes to the test's own output."""
    environment = {**os.environ, "GIS_DATABASE_URL": database_url, "GIS_LOG_LEVEL": "WARNING", **settings}
    command = [sys.executable, "-m", "gis_service", "serve", "--port", str(port), *options]
    return subprocess.Popen(command, cwd=PROJECT, env=environment)


def wait_until_ready(address: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the service says that it is ready."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server has ended"
        try:
            ready = httpx2.get(f"{address}/readyz", timeout=2).is_success
        except httpx2.TransportError:
            ready = False
        if ready:
            return
        time.sleep(0.1)

    message = f"{address} was not ready within {PATIENCE_S} s"
    raise AssertionError(message)


@contextmanager
def running_server(database_url: str, **settings: str) -> Iterator[str]:
    """The service at an address of its own, stopped afterwards."""
    port = free_port()
    server = start_server(database_url, port, **settings)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)
