"""The service and what it is measured against, each as a process of its own, on a port of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

PROJECT = Path(__file__).resolve().parent.parent

NO_LIMITS = {f"GIS_{whose}_{what}": "1000000000" for whose in ("ADDRESS", "PRINCIPAL") for what in ("RATE", "BURST")}
"""Rates that nobody reaches: the limits cost what they cost."""


@contextmanager
def served(database_url: str, *, patience_s: float, fresh: bool = False) -> Iterator[str]:
    """Start the service with one worker; yield its address when it is ready, and stop it after the block.

    ``fresh`` gives it a folder of its own, so that it has no tile on disk.

    Raises:
        RuntimeError: it ends, or is not ready in time.
    """
    environment = {"GIS_DATABASE_URL": database_url, "GIS_LOG_LEVEL": "WARNING", **NO_LIMITS}
    with TemporaryDirectory() as folder:
        if fresh:
            environment["GIS_HOME"] = folder
        command = [sys.executable, "-m", "gis_service", "serve", "--port", "{port}"]
        with process(command, environment, ready="/readyz", patience_s=patience_s) as address:
            yield address


@contextmanager
def served_app(name: str, environment: Mapping[str, str], *, ready: str, patience_s: float) -> Iterator[str]:
    """Start an application (``module:name``) in uvicorn, as the service is; yield its address when it is ready."""
    command = [sys.executable, "-m", "uvicorn", name, "--port", "{port}", "--no-access-log", "--log-level", "warning"]
    with process(command, environment, ready=ready, patience_s=patience_s) as address:
        yield address


@contextmanager
def process(
    command: Sequence[str], environment: Mapping[str, str], *, ready: str, patience_s: float, port: int | None = None
) -> Iterator[str]:
    """Start a server, ``{port}`` in its command a free one; yield its address when ``ready`` is answered.

    Raises:
        RuntimeError: it ends, or is not ready in time.
    """
    port = port or free_port()
    written = [word.replace("{port}", str(port)) for word in command]
    with subprocess.Popen(written, cwd=PROJECT, env={**os.environ, **environment}) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}{ready}", server, time.monotonic() + patience_s)
            yield address
        finally:
            server.terminate()


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str, server: subprocess.Popen[bytes], until: float) -> None:
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            if httpx2.get(url, timeout=5).is_success:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    msg = f"{url} is not answered"
    raise RuntimeError(msg)
