"""Which server runs in a data directory: what ``postmaster.pid`` claims, checked against the processes there are."""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from gis_service.database.embedded.user import ServerUser

_SEEN = re.compile(r"(\d+):(\d+) /proc/(\d+)/cwd")


@dataclass(frozen=True, slots=True)
class PidFile:
    """What ``postmaster.pid`` claims; it stays behind when a server is killed, copied or the machine restarts."""

    pid: int
    directory: Path
    port: int
    ready: bool


def read_pid_file(data: Path) -> PidFile | None:
    """Return what ``postmaster.pid`` says, or None when there is none or it is only half written."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    # The state comes last, once the server has one; it is written with blanks behind.
    pid, directory, _started, port, _sockets, _listens, _memory, state, *_ = [*map(str.strip, lines), *[""] * 8]
    if not pid.isdigit() or not port.isdigit():
        return None
    return PidFile(int(pid), Path(directory), int(port), state == "ready")


def processes_in(data: Path, user: ServerUser) -> list[int] | None:
    """Return the PostgreSQL processes that work in a data directory, or None where there is no /proc to tell.

    Device and inode are compared, so a directory that was moved is still known, and a copy of it is not.
    """
    if not Path("/proc/self/cwd").exists():
        return None
    servers = [f"{process}/cwd" for process in Path("/proc").glob("[0-9]*") if _is_postgres(process)]
    if not servers:
        return []
    # As the server's user: in a container not even root may look where another user's process works.
    _, said = user.run(["stat", "-L", "-c", "%d:%i %n", *servers])
    status = data.stat()
    here = (status.st_dev, status.st_ino)
    return sorted(int(pid) for device, inode, pid in _SEEN.findall(said) if (int(device), int(inode)) == here)


def running_server(data: Path, user: ServerUser) -> PidFile | None:
    """Return the server that runs in a data directory, starting up or ready; None when there is none.

    A number in a pid file proves nothing: after a restart of the machine it may be anybody's, and in a copied
    directory it is the original's.
    """
    claim = read_pid_file(data)
    if claim is None:
        return None
    processes = processes_in(data, user)
    if processes is None:
        return claim if claim.directory == data and _is_alive(claim.pid) else None
    return claim if claim.pid in processes else None


def stop_at_once(data: Path, user: ServerUser) -> None:
    """Stop the server in a data directory without a checkpoint; its log repairs the data at the next start.

    For a server whose directory was moved under it: it could not write its checkpoint any more.
    """
    server = running_server(data, user)
    if server is None:
        return
    os.kill(server.pid, signal.SIGQUIT)
    wait_until_empty(data, user)


def wait_until_empty(data: Path, user: ServerUser, *, wait_s: float = 30.0) -> list[int]:
    """Wait for the processes in a data directory to end, and return those that stay; empty is well.

    After ``kill -9`` of the main process the others end by themselves once they notice, and until then a new
    server must not start.
    """
    deadline = time.monotonic() + wait_s
    while left := processes_in(data, user):
        if time.monotonic() > deadline:
            return left
        time.sleep(0.05)
    return []


def forget_dead_server(data: Path) -> None:
    """Remove the pid file and the sockets of a server that is gone.

    PostgreSQL refuses to start when the number in one of them has meanwhile gone to another process of its user.
    Only for a directory in which no server process works any more.
    """
    for left in (data / "postmaster.pid", *data.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_postgres(process: Path) -> bool:
    try:
        return (process / "comm").read_text().startswith(("postgres", "postmaster"))
    except OSError:  # it has ended meanwhile, or is not ours to see
        return False
