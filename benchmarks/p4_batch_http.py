"""P4: ``POST /v1/locate/batch`` with 1,000,000 points as bytes, over loopback."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.lookup_app import BATCH_LIMIT as POINTS
from benchmarks.province_lookup import locator, points
from benchmarks.race import Row, Side, race

LEAST_RATIO = 0.5
PATIENCE_S = 60


def races() -> Iterator[Row]:
    """Race the route, one worker, against the same points in process; client and server share the machine."""
    lons, lats = points("random", POINTS)
    body = np.column_stack([lons, lats]).astype("<f8").tobytes()
    with _served() as port:

        def ask() -> bytes:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("POST", "/v1/locate/batch", body, {"content-type": "application/octet-stream"})
            answer = connection.getresponse().read()
            connection.close()
            return answer

        if ask() != locator().locate_many(lons, lats).astype("<i4").tobytes():
            msg = "the route and the locator disagree"
            raise ValueError(msg)
        yield race(
            Side("POST /v1/locate/batch, binary, province", ask, POINTS),
            Side("locate_many in process", lambda: locator().locate_many(lons, lats), POINTS),
            unit="points",
            least_ratio=LEAST_RATIO,
        )


@contextmanager
def _served() -> Iterator[int]:
    """Serve the application by uvicorn in a process of its own; yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "warning"]
    where = Path(__file__).resolve().parent.parent
    with subprocess.Popen([*command, "--port", str(port), "benchmarks.lookup_app:app"], cwd=where) as server:
        try:
            until = time.monotonic() + PATIENCE_S
            while time.monotonic() < until and server.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield port
        finally:
            server.terminate()
