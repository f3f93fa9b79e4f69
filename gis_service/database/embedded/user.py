"""The account an embedded database runs as."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gis_service.database.embedded.errors import MissingProgramsError

# Who runs the server when root asks: PostgreSQL refuses to run as root.
_UNPRIVILEGED = ("postgres", "_postgres", "nobody")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The account the server runs as: one's own, or an unprivileged one when root asks."""

    name: str
    uid: int
    gid: int

    def run(self, command: list[str]) -> tuple[int, str]:
        """Run a program as this user and return its exit status and all it said.

        The output goes through a file, never a pipe: a server left running would hold a pipe open, and whoever
        captures our output would wait for ever. Its working directory is ``/``, for this user may not be allowed
        into ours; the environment is small, so that no ``PG…`` variable of the caller reaches the server.
        """
        switch = (
            {"user": self.uid, "group": self.gid, "extra_groups": []} if os.geteuid() == 0 and self.uid != 0 else {}
        )
        with tempfile.TemporaryFile() as said:
            finished = subprocess.run(  # type: ignore[call-overload]  # the switches are only lawful for root
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                umask=0o077,
                check=False,
                **switch,
            )
            said.seek(0)
            return finished.returncode, said.read().decode("utf-8", "replace").strip()

    def can_enter(self, directory: Path) -> bool:
        """Tell whether this user may go to a directory: every one above it must let them through."""
        return self.run(["test", "-x", str(directory)])[0] == 0

    def own(self, path: Path) -> None:
        """Give a file or directory (not what is below it) to this user, when root makes it for them."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def server_user(existing: Path) -> ServerUser:
    """Return who runs the server: the owner of a cluster that is there, else oneself, else (for root) ``postgres``.

    Raises:
        MissingProgramsError: root asks, and the machine has none of the unprivileged accounts.
    """
    if os.geteuid() != 0:
        return ServerUser(_name_of(os.geteuid()), os.geteuid(), os.getegid())
    if existing.exists() and existing.stat().st_uid != 0:
        status = existing.stat()
        return ServerUser(_name_of(status.st_uid), status.st_uid, status.st_gid)
    for name in _UNPRIVILEGED:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(account.pw_name, account.pw_uid, account.pw_gid)
    raise MissingProgramsError(
        "PostgreSQL refuses to run as root, and this machine has no user 'postgres' or 'nobody' to run it instead. "
        "Run as an ordinary user",
    )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
