"""A desk that takes in incidents: a real server process, which can be killed, behind a socket that stays."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0
REPORT = {
    "category": "hazard",
    "channel": "hotline",
    "description": "blocked fire exit",
    "point": {"lon": 102.71, "lat": 25.01},
}
BODY = json.dumps(REPORT).encode()


class Desk:
    """An intake behind one listening socket, which outlives the server processes that answer on it."""

    def __init__(self, url: str, token: str, folder: Path) -> None:
        self._environment = os.environ | {
            "GIS_DATABASE_URL": url,
            "GIS_HOME": str(folder),
            "PYTHONPATH": str(PROJECT),
        }
        self._token = token
        self._path = str(folder / "desk.sock")
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self._path)
        self._listening.listen(200)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start a server process; a connection made before it is ready waits."""
        descriptor = str(self._listening.fileno())
        factory = "gis_service.app:create_app_from_environment"
        self._server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "--factory", factory, "--fd", descriptor, "--log-level", "warning"],
            env=self._environment,
            cwd=PROJECT,
            pass_fds=[int(descriptor)],
        )

    def kill(self) -> None:
        """End the server process as a power cut would."""
        if self._server is not None:
            self._server.send_signal(signal.SIGKILL)
            self._server.wait()
            self._server = None

    def post(self, path: str, body: bytes, **headers: str) -> socket.socket:
        """Send a request and return the connection, from which nothing has been read."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE_S)
        connection.connect(self._path)
        told = {
            "Host": "desk",
            "Connection": "close",
            "Content-Length": str(len(body)),
            "Authorization": f"Bearer {self._token}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        connection.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return connection

    def send(self, key: str) -> socket.socket:
        """Send a report and return the connection, from which nothing has been read."""
        return self.post("/v1/incidents", BODY, Content_Type="application/json", Idempotency_Key=key)

    def report(self, key: str) -> tuple[int, dict[str, Any]]:
        """Send a report and return status and body of the answer."""
        with self.send(key) as connection:
            return read_answer(connection)

    def close(self) -> None:
        """Leave nothing behind."""
        self.kill()
        self._listening.close()


def read_answer(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Return status and body of an answer in JSON."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, json.loads(response.read())
