"""The PostgreSQL programs of this machine."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gis_service.database.embedded.errors import EmbeddedDatabaseError, MissingProgramsError, OtherVersionError

# Where packagers put the programs: Debian and Ubuntu, Fedora and PGDG, Homebrew on Apple silicon and on Intel.
_LAYOUTS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)
_NEEDED = ("initdb", "pg_ctl", "postgres")

_HOW_TO_INSTALL = (
    "Run 'make setup' (on Debian it installs postgresql-15 and postgresql-15-postgis-3), "
    "or use docker/compose.yaml, or point GIS_DATABASE_URL at a PostgreSQL with PostGIS"
)


@dataclass(frozen=True, slots=True)
class ServerPrograms:
    """The programs of one PostgreSQL that has PostGIS beside it."""

    directory: Path
    major: int

    def path(self, name: str) -> str:
        """Return the full path of a program such as ``pg_ctl``."""
        return str(self.directory / name)


def find_programs(root: Path = Path("/")) -> list[ServerPrograms]:
    """Return every PostgreSQL below a root directory that has PostGIS, newest first; empty when there is none."""
    found = {programs.major: programs for programs in map(_inspect, _candidates(root)) if programs is not None}
    return [found[major] for major in sorted(found, reverse=True)]


def programs_for(data: Path, installed: list[ServerPrograms]) -> ServerPrograms:
    """Return those of the installed programs that made a data directory, or the newest when there is none yet.

    Raises:
        MissingProgramsError: no PostgreSQL with PostGIS on this machine.
        OtherVersionError: none of those installed made the cluster.
        EmbeddedDatabaseError: the directory is no cluster.
    """
    if not installed:
        raise MissingProgramsError(f"There is no PostgreSQL with PostGIS on this machine. {_HOW_TO_INSTALL}")
    if not data.exists():
        return installed[0]
    if not (data / "PG_VERSION").exists():
        raise EmbeddedDatabaseError(
            f"{data} is no PostgreSQL cluster, or only part of one; move it away and start again"
        )
    major = (data / "PG_VERSION").read_text().strip()
    for programs in installed:
        if str(programs.major) == major:
            return programs
    here = ", ".join(str(programs.major) for programs in installed)
    raise OtherVersionError(
        f"The cluster in {data} was made by PostgreSQL {major}, and this machine has {here}. Install "
        f"postgresql-{major} and postgresql-{major}-postgis-3, or back it up where version {major} is, "
        "move it away and restore it here",
    )


def _candidates(root: Path) -> Iterator[Path]:
    # The first of a major version is overridden by the last: what stands on PATH wins.
    for layout in _LAYOUTS:
        yield from sorted(root.glob(layout))
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
