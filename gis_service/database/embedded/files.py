"""The files of an embedded database: making a cluster, its settings, its log."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from gis_service.database.embedded.errors import EmbeddedDatabaseError
from gis_service.database.embedded.programs import ServerPrograms
from gis_service.database.embedded.user import ServerUser

# The owner of the database, who may do anything in it; known inside this cluster only.
ROLE = "gis"
_LOG_TAIL_LINES = 8

# Set before what `ALTER SYSTEM` writes, which therefore wins. The socket lies in the data directory, by a relative
# name: it stays where the directory goes. Statements and values are kept out of the log: they may name persons.
_SETTINGS = """
port = {port}
listen_addresses = ''
unix_socket_directories = '.'
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = on
log_directory = '../log'
log_filename = 'server-%a.log'
log_rotation_age = 1d
log_truncate_on_rotation = on
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0
"""
_NOT_DURABLE = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def make_cluster(programs: ServerPrograms, user: ServerUser, data: Path, *, durable: bool) -> None:
    """Make a cluster aside and rename it when whole, so that an interrupted one is never taken for good."""
    making = Path(tempfile.mkdtemp(prefix="making-", dir=data.parent))
    user.own(making)
    locale = "C.UTF-8" if os.uname().sysname == "Linux" else "C"
    failed, said = user.run(
        [
            *(programs.path("initdb"), "-D", str(making), f"--username={ROLE}"),
            *("--encoding=UTF8", f"--locale={locale}", "--lc-messages=C"),
            *("--data-checksums", "--no-instructions", "--auth-local=trust", "--auth-host=scram-sha-256"),
            *(() if durable else ("--no-sync",)),
        ],
    )
    if failed:
        shutil.rmtree(making, ignore_errors=True)
        raise EmbeddedDatabaseError(f"PostgreSQL could not make a cluster in {data}: {one_line(said)}")
    settings = (making / "postgresql.conf").read_text()
    _write(making / "postgresql.conf", f"{settings}\ninclude_if_exists = 'gis.conf'\n", user)
    making.rename(data)


def remove_unfinished(home: Path) -> None:
    """Remove what interrupted starts left; what a program of theirs still writes is left to the next start."""
    for left in home.glob("making-*"):
        shutil.rmtree(left, ignore_errors=True)


def write_settings(data: Path, user: ServerUser, *, port: int, durable: bool) -> None:
    """Write the settings with which the server starts next."""
    _write(data / "gis.conf", _SETTINGS.format(port=port) + ("" if durable else _NOT_DURABLE), user)


def make_log_directory(data: Path, user: ServerUser) -> Path:
    """Return the directory of the server's logs, beside its data."""
    log = data.parent / "log"
    log.mkdir(mode=0o700, exist_ok=True)
    user.own(log)
    return log


def log_tail(data: Path) -> str:
    """Return the last lines of the newest server log as the end of a sentence; nothing when there is no log."""
    logs = sorted((data.parent / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
    lines = [line for log in logs[-2:] for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return f"; its log ends: {' | '.join(lines[-_LOG_TAIL_LINES:])}" if lines else ""


def one_line(said: str) -> str:
    """Return what a program said as the end of one sentence."""
    return " | ".join(line.strip() for line in said.splitlines() if line.strip())


def size_bytes(directory: Path) -> int:
    """Return the size of all files below a directory."""
    total = 0
    for parent, _, files in os.walk(directory):
        for name in files:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118  # thousands of files
            except FileNotFoundError:
                continue  # the server removes files all the time
    return total


def _write(path: Path, text: str, user: ServerUser) -> None:
    """Replace a file of the server at one stroke."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as new:
        new.write(text)
    user.own(Path(name))
    Path(name).replace(path)
