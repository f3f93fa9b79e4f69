"""The machine's own PostgreSQL programs, and the unprivileged user who runs them."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gis_service.errors import UnavailableError

# Where packagers put the programs: Debian and Ubuntu, Fedora and PGDG, Homebrew on Apple silicon and on Intel.
_LAYOUTS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)
_NEEDED = ("initdb", "pg_ctl", "postgres")
# Who runs the server when root asks: PostgreSQL refuses to run as root.
_UNPRIVILEGED = ("postgres", "_postgres", "nobody")

HOW_TO_INSTALL = (
    "Run 'make setup' (on Debian it installs postgresql-15 and postgresql-15-postgis-3), "
    "or use docker/compose.yaml, or point GIS_DATABASE_URL at a PostgreSQL with PostGIS"
)


class MissingProgramsError(UnavailableError):
    """The machine has no PostgreSQL with PostGIS, or not the version that is needed."""

    code = "database-programs-missing"


@dataclass(frozen=True, slots=True)
class ServerPrograms:
    """The programs of one PostgreSQL that has PostGIS beside it."""

    directory: Path
    major: int

    def path(self, name: str) -> str:
        """Return the full path of a program such as ``pg_ctl``."""
        return str(self.directory / name)


def find_programs() -> list[ServerPrograms]:
    """Return every PostgreSQL on this machine that has PostGIS, newest first; empty when there is none."""
    found = {programs.major: programs for programs in map(_inspect, _candidates()) if programs is not None}
    return [found[major] for major in sorted(found, reverse=True)]


def _candidates() -> Iterator[Path]:
    # The first of a major version is overridden by the last: what stands on PATH wins.
    for layout in _LAYOUTS:
        yield from sorted(Path("/").glob(layout))
    on_path = _ask(["pg_config", "--bindir"])
    if on_path:
        yield Path(on_path)


def _inspect(directory: Path) -> ServerPrograms | None:
    if not all(os.access(directory / name, os.X_OK) for name in _NEEDED):
        return None
    version = re.search(r"(\d+)", _ask([str(directory / "postgres"), "--version"]))
    if version is None:
        return None
    major = int(version.group(1))
    share = _ask([str(directory / "pg_config"), "--sharedir"]) or f"/usr/share/postgresql/{major}"
    if not (Path(share) / "extension" / "postgis.control").is_file():
        return None
    return ServerPrograms(directory, major)


def _ask(command: list[str]) -> str:
    """Return what a program prints, or nothing when it is not there or fails."""
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, cwd="/"
        )
    except OSError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


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
