"""The service as a process of its own, on a port of its own."""

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

PROJECT = Path(__file__).resolve().parent.parent


@contextmanager
def served(database_url: str, *, patience_s: float) -> Iterator[str]:
    """Start the service with one worker; yield its address when it is ready, and stop it after the block.

    Raises:
        RuntimeError: it ends, or is not ready in time.
    """
    port = _free_port()
    command = [sys.executable, "-m", "gis_service", "serve", "--port", str(port)]
    environment = {**os.environ, "GIS_DATABASE_URL": database_url, "GIS_LOG_LEVEL": "WARNING"}
    with subprocess.Popen(command, cwd=PROJECT, env=environment) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, server, time.monotonic() + patience_s)
            yield address
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(address: str, server: subprocess.Popen[bytes], until: float) -> None:
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            if httpx2.get(f"{address}/readyz", timeout=5).is_success:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    msg = f"{address} has not come up"
    raise RuntimeError(msg)
