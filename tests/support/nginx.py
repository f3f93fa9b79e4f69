"""The project's nginx.conf, really run."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server import free_port

CONF = Path(__file__).resolve().parents[2] / "docker" / "nginx"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin:/usr/local/bin:/usr/bin")


@contextmanager
def proxy_before(upstream_port: int, archives: Path | None = None) -> Iterator[tuple[int, Path]]:
    """Run nginx with the project's nginx.conf, another port and upstream; gives its port and its log of requests.

    With a folder of archives it has the project's archives.conf too.
    """
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        prefix = Path(made)
        prefix.chmod(0o755)  # root's nginx works as another user
        port = free_port()
        shutil.copy(CONF / "nginx.conf", prefix)
        (prefix / "listen.conf").write_text(f"listen 127.0.0.1:{port};\n")
        (prefix / "upstream.conf").write_text(
            f"upstream gis_service {{ server 127.0.0.1:{upstream_port}; keepalive 4; }}\n"
        )
        if archives is not None:
            told = (CONF / "archives.conf").read_text()
            (prefix / "archives.conf").write_text(told.replace("/srv/archives", str(archives)))
        command = [NGINX, "-p", str(prefix), "-c", str(prefix / "nginx.conf")]
        subprocess.run([*command, "-t", "-q"], check=True)
        log = prefix / "requests.log"
        with log.open("wb") as out, (prefix / "errors.log").open("wb") as errors:
            process = subprocess.Popen([*command, "-g", "daemon off;"], stdout=out, stderr=errors)
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    break
                except ConnectionRefusedError:
                    assert process.poll() is None, (prefix / "errors.log").read_text()
                    time.sleep(0.02)
            yield port, log
        finally:
            process.terminate()
            process.wait(timeout=30)
