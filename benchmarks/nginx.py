"""nginx that gives tiles from files, compressed beforehand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.served import free_port, process

IS_THERE = shutil.which("nginx") is not None

# One worker process, as all servers here have one; no log, since nothing is to hold it up.
_CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=10000;
    default_type application/vnd.mapbox-vector-tile;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/root;
        gzip_static on;
    }}
}}
"""


@contextmanager
def served_files(bodies: Mapping[str, bytes], *, patience_s: float) -> Iterator[str]:
    """Give bodies, each compressed with gzip, at their paths; yield the address."""
    with TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        for path, body in bodies.items():
            file = folder / "root" / f"{path.lstrip('/')}.gz"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        # Started by root, nginx works as nobody, who may not read the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        configuration = folder / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(folder=folder, port=port, user=user), encoding="utf-8")
        command = ["nginx", "-p", name, "-c", str(configuration)]
        ready = next(iter(bodies))
        with process(command, {}, ready=ready, patience_s=patience_s, port=port) as address:
            yield address
