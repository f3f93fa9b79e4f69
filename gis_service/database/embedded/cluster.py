"""Start, stop and look at an embedded database."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from gis_service.database.embedded.errors import ClusterPlaceError, EmbeddedDatabaseError
from gis_service.database.embedded.files import (
    ROLE,
    log_tail,
    make_cluster,
    make_log_directory,
    one_line,
    remove_unfinished,
    size_bytes,
    write_settings,
)
from gis_service.database.embedded.place import find_home, forget_socket_directory, locked, settle, socket_directory
from gis_service.database.embedded.processes import (
    PidFile,
    forget_dead_server,
    read_pid_file,
    running_server,
    stop_at_once,
    wait_until_empty,
)
from gis_service.database.embedded.programs import ServerPrograms, find_programs, programs_for
from gis_service.database.embedded.user import ServerUser, server_user

DATABASE = "gis"
_EXTENSIONS = ("postgis", "btree_gist")
_START_WAIT_S = 300
_STOP_WAIT_S = 60

logger = logging.getLogger(__name__)


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
        durable: False for tests: a crash loses the last commits, one of the whole machine may spoil the data. Takes
            effect when the server starts.
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
                remove_unfinished(data.parent)
                server = running_server(data, user)
                if server is not None and not _serves(server, data):
                    stop_at_once(data, user)
                    server = None
                if server is None:
                    programs = programs_for(data, find_programs())
                    if not data.exists():
                        make_cluster(programs, user, data, durable=self._durable)
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
                if server is not None and _serves(server, data):
                    control = programs_for(data, find_programs()).path("pg_ctl")
                    self._control([control, "stop", "-D", str(data), "-m", "fast"], user, data, _STOP_WAIT_S)
                elif server is not None:
                    stop_at_once(data, user)
                forget_socket_directory(data)

    def status(self) -> ClusterStatus:
        """Tell whether the server runs, and what it is; a directory without a cluster is a stopped one.

        Raises:
            EmbeddedDatabaseError: the directory may not be read, or the server does not answer.
        """
        with self._refusals():
            data = find_home(self.directory) / "data"
            if not data.exists():
                return ClusterStatus(running=False, data_directory=data)
            server = running_server(data, server_user(data))
            if server is None or not server.ready:
                version = (data / "PG_VERSION").read_text().strip()
                return ClusterStatus(running=False, data_directory=data, version=version, size_bytes=size_bytes(data))
            version, postgis_version = _versions(data, server.port)
            return ClusterStatus(
                running=True,
                data_directory=data,
                url=_url(data, server.port),
                version=version,
                postgis_version=postgis_version,
                pid=server.pid,
                port=server.port,
                size_bytes=size_bytes(data),
            )

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            what = ": ".join(str(part) for part in (error.strerror, error.filename) if part) or str(error)
            raise EmbeddedDatabaseError(
                f"The embedded database in {self.directory} cannot be used: {what}"
            ) from error
        except psycopg2.Error as error:
            raise EmbeddedDatabaseError(
                f"The embedded database in {self.directory} does not answer: {one_line(str(error))}",
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
        _warn_of_live_copy(data)
        forget_dead_server(data)
        write_settings(data, user, port=self._port, durable=self._durable)
        log = make_log_directory(data, user)
        control = programs.path("pg_ctl")
        self._control([control, "start", "-D", str(data), "-l", str(log / "start.log")], user, data, _START_WAIT_S)

    @staticmethod
    def _control(command: list[str], user: ServerUser, data: Path, wait_s: int) -> None:
        failed, said = user.run([*command, "-s", "-w", "-t", str(wait_s)])
        if failed:
            raise EmbeddedDatabaseError(
                f"PostgreSQL did not {command[1]} in {data}: {one_line(said)}{log_tail(data)}",
            )


def _warn_of_live_copy(data: Path) -> None:
    """Say so when the files were copied under a running server: parts of them may be older than others."""
    claim = read_pid_file(data)
    if claim is not None and claim.directory != data and os.access(claim.directory, os.R_OK):
        original = read_pid_file(claim.directory)
        if original is not None and original.pid == claim.pid:
            logger.warning(
                "%s was copied from %s while its server ran and may be damaged; prefer 'gis-service db backup'",
                data,
                claim.directory,
            )


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
    raise EmbeddedDatabaseError(f"PostgreSQL in {data} does not become ready{log_tail(data)}")


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
