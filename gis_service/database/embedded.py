"""A private PostgreSQL with PostGIS, made from the machine's own programs, for those who have no server at hand."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from gis_service.database.cluster_place import ClusterPlaceError, find_home, locked, settle, socket_directory
from gis_service.database.server_processes import (
    PidFile,
    forget_dead_server,
    running_server,
    stop_at_once,
    wait_until_empty,
)
from gis_service.database.server_programs import (
    HOW_TO_INSTALL,
    MissingProgramsError,
    ServerPrograms,
    ServerUser,
    find_programs,
    server_user,
)
from gis_service.errors import UnavailableError

DATABASE = "gis"
ROLE = "gis"
_EXTENSIONS = ("postgis", "btree_gist")
_START_WAIT_S = 300
_STOP_WAIT_S = 60
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


class EmbeddedDatabaseError(UnavailableError):
    """The embedded database does not start, stop or answer."""

    code = "embedded-database"


class OtherVersionError(EmbeddedDatabaseError):
    """The cluster was made by a PostgreSQL of another major version than those installed."""

    code = "embedded-database-version"


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What is known of an embedded database; what only a running server can tell is None while it is stopped."""

    running: bool
    data_directory: Path
    url: str | None = None
    version: str | None = None
    postgis_version: str | None = None
    pid: int | None = None
    port: int | None = None
    size_bytes: int | None = None


class EmbeddedCluster:
    """One private cluster with one database, ``gis``, reached by a Unix socket only.

    Args:
        directory: the cluster's own directory; made when it is not there.
        port: names the socket (``ALTER SYSTEM SET listen_addresses`` opens it to the network); 5432 by default,
            which clashes with nobody, since the socket lies in the cluster's own data directory.
        durable: False for tests: a crash of the machine may spoil the data. Takes effect when the server starts.
    """

    def __init__(self, directory: Path, port: int | None = None, *, durable: bool = True) -> None:
        self.directory = directory.resolve()
        self._port = port or 5432
        self._durable = durable

    def start(self) -> str:
        """Start the server unless it runs, making the cluster and its database first, and return its URL.

        Safe to call again, from several processes at once, after a crash, and halfway through.

        Returns:
            A SQLAlchemy URL, ``postgresql+psycopg2://gis@/gis?host=…&port=…``, the same after each restart.

        Raises:
            MissingProgramsError: no PostgreSQL with PostGIS on this machine.
            OtherVersionError: the cluster is of another major version.
            ClusterPlaceError: the directory cannot be used.
            EmbeddedDatabaseError: anything else, with the tail of the server's log.
        """
        with self._refusals():
            self._refuse_foreign_directory()
            self.directory.mkdir(parents=True, exist_ok=True)
            user = server_user(find_home(self.directory) / "data")
            with locked(self.directory, user):
                data = settle(self.directory, user) / "data"
                server = running_server(data, user)
                if server is not None and not _serves(server, data):
                    stop_at_once(data, user)
                    server = None
                if server is None:
                    programs = _programs_for(data)
                    if not data.exists():
                        _make(programs, user, data)
                    self._launch(programs, user, data)
                port = _wait_until_ready(data, user).port
                _prepare_database(data, port)
                return _url(data, port)

    def stop(self) -> None:
        """Stop the server, ending its sessions; nothing happens when it does not run.

        Raises:
            EmbeddedDatabaseError: the server did not stop within a minute.
        """
        with self._refusals():
            data = find_home(self.directory) / "data"
            if not data.exists():
                return
            user = server_user(data)
            with locked(self.directory, user):
                server = running_server(data, user)
                if server is None:
                    return
                if not _serves(server, data):
                    stop_at_once(data, user)
                    return
                control = _programs_for(data).path("pg_ctl")
                failed, said = user.run(
                    [control, "stop", "-D", str(data), "-m", "fast", "-w", "-t", str(_STOP_WAIT_S)],
                )
                if failed:
                    raise EmbeddedDatabaseError(f"PostgreSQL in {data} did not stop: {_one_line(said)}{_tail(data)}")

    def status(self) -> ClusterStatus:
        """Tell whether the server runs, and what it is; a directory without a cluster is a stopped one.

        Raises:
            EmbeddedDatabaseError: the directory may not be read, or the server does not answer.
        """
        with self._refusals():
            data = find_home(self.directory) / "data"
            if not data.exists():
                return ClusterStatus(running=False, data_directory=data)
            size_bytes = _size_bytes(data)
            server = running_server(data, server_user(data))
            if server is None or not server.ready:
                version = (data / "PG_VERSION").read_text().strip()
                return ClusterStatus(running=False, data_directory=data, version=version, size_bytes=size_bytes)
            version, postgis_version = _versions(data, server.port)
            return ClusterStatus(
                running=True,
                data_directory=data,
                url=_url(data, server.port),
                version=version,
                postgis_version=postgis_version,
                pid=server.pid,
                port=server.port,
                size_bytes=size_bytes,
            )

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"The embedded database in {self.directory} cannot be used: {error.strerror}: {error.filename}",
            ) from error
        except psycopg2.Error as error:
            raise EmbeddedDatabaseError(
                f"The embedded database in {self.directory} does not answer: {_one_line(str(error))}",
            ) from error

    def _refuse_foreign_directory(self) -> None:
        """Refuse a directory with other things in it: root would give it to the server's user."""
        if self.directory.is_dir() and not (self.directory / "lock").exists() and any(self.directory.iterdir()):
            raise ClusterPlaceError(
                f"{self.directory} holds other things than an embedded database; name another place"
            )

    def _launch(self, programs: ServerPrograms, user: ServerUser, data: Path) -> None:
        left = wait_until_empty(data, user)
        if left:
            raise EmbeddedDatabaseError(
                f"The server in {data} died and left processes behind: {', '.join(map(str, left))}; end them first",
            )
        forget_dead_server(data)
        log = data.parent / "log"
        log.mkdir(mode=0o700, exist_ok=True)
        user.own(log)
        settings = _SETTINGS.format(port=self._port) + ("" if self._durable else _NOT_DURABLE)
        _write(data / "gis.conf", settings, user)
        failed, said = user.run(
            [
                *(programs.path("pg_ctl"), "start", "-D", str(data), "-l", str(log / "start.log")),
                *("-s", "-w", "-t", str(_START_WAIT_S)),
            ],
        )
        if failed:
            raise EmbeddedDatabaseError(f"PostgreSQL did not start in {data}: {_one_line(said)}{_tail(data)}")


def _programs_for(data: Path) -> ServerPrograms:
    installed = find_programs()
    if not installed:
        raise MissingProgramsError(f"There is no PostgreSQL with PostGIS on this machine. {HOW_TO_INSTALL}")
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


def _make(programs: ServerPrograms, user: ServerUser, data: Path) -> None:
    """Make a cluster aside and rename it when whole, so that an interrupted one is never taken for good."""
    for left in data.parent.glob("making-*"):
        shutil.rmtree(left, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=data.parent))
    user.own(making)
    locale = "C.UTF-8" if os.uname().sysname == "Linux" else "C"
    failed, said = user.run(
        [
            *(programs.path("initdb"), "-D", str(making), f"--username={ROLE}"),
            *("--encoding=UTF8", f"--locale={locale}", "--lc-messages=C"),
            *("--data-checksums", "--no-instructions", "--auth-local=trust", "--auth-host=scram-sha-256"),
        ],
    )
    if failed:
        shutil.rmtree(making, ignore_errors=True)
        raise EmbeddedDatabaseError(f"PostgreSQL could not make a cluster in {data}: {_one_line(said)}")
    settings = (making / "postgresql.conf").read_text()
    _write(making / "postgresql.conf", f"{settings}\ninclude_if_exists = 'gis.conf'\n", user)
    making.rename(data)


def _serves(server: PidFile, data: Path) -> bool:
    """Tell whether a running server is of use: not when its directory was moved under it or its socket is gone."""
    return server.directory == data and (not server.ready or (data / f".s.PGSQL.{server.port}").exists())


def _wait_until_ready(data: Path, user: ServerUser) -> PidFile:
    deadline = time.monotonic() + _START_WAIT_S
    while time.monotonic() < deadline:
        server = running_server(data, user)
        if server is None:
            break
        if server.ready:
            return server
        time.sleep(0.1)
    raise EmbeddedDatabaseError(f"PostgreSQL in {data} does not become ready{_tail(data)}")


@contextmanager
def _connected(data: Path, port: int, database: str) -> Iterator[psycopg2.extensions.cursor]:
    connection = psycopg2.connect(
        host=str(socket_directory(data)),
        port=port,
        user=ROLE,
        dbname=database,
        connect_timeout=30,
    )
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _prepare_database(data: Path, port: int) -> None:
    """Make what is missing: the database, then its extensions."""
    with _connected(data, port, "postgres") as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
    with _connected(data, port, DATABASE) as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        present = {name for (name,) in cursor.fetchall()}
        for extension in _EXTENSIONS:
            if extension not in present:
                cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")


def _versions(data: Path, port: int) -> tuple[str, str | None]:
    with _connected(data, port, DATABASE) as cursor:
        cursor.execute(
            "SELECT split_part(current_setting('server_version'), ' ', 1),"
            " (SELECT extversion FROM pg_extension WHERE extname = 'postgis')",
        )
        version, postgis_version = cursor.fetchone() or ("", None)
        return version, postgis_version


def _url(data: Path, port: int) -> str:
    return f"postgresql+psycopg2://{ROLE}@/{DATABASE}?host={socket_directory(data)}&port={port}"


def _write(path: Path, text: str, user: ServerUser) -> None:
    """Replace a file of the server at one stroke."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as new:
        new.write(text)
    user.own(Path(name))
    Path(name).replace(path)


def _tail(data: Path) -> str:
    """Return the last lines of the newest server log as the end of a sentence; nothing when there is no log."""
    logs = sorted((data.parent / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
    lines = [line for log in logs[-2:] for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return f"; its log ends: {' | '.join(lines[-_LOG_TAIL_LINES:])}" if lines else ""


def _one_line(said: str) -> str:
    return " | ".join(line.strip() for line in said.splitlines() if line.strip())


def _size_bytes(directory: Path) -> int:
    total = 0
    for parent, _, files in os.walk(directory):
        for name in files:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118  # thousands of files
            except FileNotFoundError:
                continue  # the server removes files all the time
    return total
