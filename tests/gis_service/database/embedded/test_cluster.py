"""A private server is made, started, killed and refused."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gis_service.database.embedded import (
    ClusterPlaceError,
    EmbeddedCluster,
    EmbeddedDatabaseError,
    OtherVersionError,
)
from gis_service.database.embedded.processes import read_pid_file, stop_at_once
from gis_service.database.embedded.user import server_user

KEEP = "CREATE TABLE kept AS SELECT 319 AS grids"
KEPT = "SELECT grids FROM kept"

START = """
import sys
from pathlib import Path
from gis_service.database.embedded import EmbeddedCluster
print(EmbeddedCluster(Path(sys.argv[1]), durable=False).start())
"""


def start_apart(directory: Path) -> list[str]:
    """Return the command that starts a cluster in a process of its own and prints the URL."""
    return [sys.executable, "-c", START, str(directory)]


def test_a_directory_that_is_not_there_becomes_a_database_with_postgis(project, ask):
    """PostGIS and btree_gist are there, text is UTF-8 in byte order, and plans are not compiled."""
    url = EmbeddedCluster(project / ".gis" / "postgres", durable=False).start()
    assert url == f"postgresql+psycopg2://gis@/gis?host={project}/.gis/postgres/data&port=5432"
    assert ask(url, "SELECT PostGIS_Lib_Version()").startswith("3.")
    assert ask(url, "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'") == 1
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert ask(url, "SELECT datcollate FROM pg_database WHERE datname = 'gis'") == "C.UTF-8"
    assert ask(url, "SHOW jit") == "off"


def test_the_server_listens_on_no_network_address(directory, ask):
    """A second database on the same machine, and the same port, is no clash."""
    url = EmbeddedCluster(directory, durable=False).start()
    assert not ask(url, "SELECT current_setting('listen_addresses')")


def test_a_server_for_tests_does_not_wait_for_the_disk(directory, ask):
    """Durable: fsync on. Not durable: off."""
    settings = "SELECT current_setting('fsync') || ' ' || current_setting('full_page_writes')"
    assert ask(EmbeddedCluster(directory, durable=False).start(), settings) == "off off"
    EmbeddedCluster(directory).stop()
    assert ask(EmbeddedCluster(directory).start(), settings) == "on on"


def test_a_second_start_leaves_the_server_alone(directory):
    """Same URL, same process."""
    cluster = EmbeddedCluster(directory, durable=False)
    url = cluster.start()
    pid = cluster.status().pid
    assert EmbeddedCluster(directory, durable=False).start() == url
    assert cluster.status().pid == pid


def test_the_status_tells_what_runs_and_where(directory):
    """PostgreSQL 15 has the version 15.x; an empty database with PostGIS is larger than 30 MB."""
    cluster = EmbeddedCluster(directory, durable=False)
    url = cluster.start()
    status = cluster.status()
    assert (status.running, status.url, status.port) == (True, url, 5432)
    assert status.data_directory == directory / "data"
    assert status.version is not None
    assert status.version.split(".")[0] == (directory / "data" / "PG_VERSION").read_text().strip()
    assert status.postgis_version is not None
    assert status.size_bytes is not None
    assert status.size_bytes > 30_000_000
    assert read_pid_file(directory / "data").pid == status.pid


def test_a_stopped_database_keeps_its_data_and_its_url(directory, ask):
    """319 grids are there after a stop, a second stop and a start."""
    cluster = EmbeddedCluster(directory, durable=False)
    url = cluster.start()
    ask(url, KEEP)
    cluster.stop()
    cluster.stop()
    assert not cluster.status().running
    assert cluster.start() == url
    assert ask(url, KEPT) == 319


def test_a_cluster_that_was_never_made_is_stopped(project):
    """Neither status nor stop makes anything."""
    cluster = EmbeddedCluster(project / "none")
    cluster.stop()
    assert not cluster.status().running
    assert list(project.iterdir()) == []


def test_a_killed_server_starts_again_with_its_data(directory, ask):
    """After kill -9 there are still postmaster.pid and the socket."""
    cluster = EmbeddedCluster(directory)
    url = cluster.start()
    ask(url, KEEP)
    os.kill(cluster.status().pid, signal.SIGKILL)
    assert cluster.start() == url
    assert ask(url, KEPT) == 319


def test_a_pid_that_now_is_another_process_is_not_taken_for_the_server(directory, ask):
    """After a restart of the machine the old number may be anybody's; PostgreSQL itself would refuse to start."""
    cluster = EmbeddedCluster(directory)
    ask(cluster.start(), KEEP)
    user = server_user(directory / "data")
    left = (directory / "data" / "postmaster.pid").read_text()
    stop_at_once(directory / "data", user)
    other = subprocess.Popen(["sleep", "60"], user=user.uid if os.geteuid() == 0 else None)
    (directory / "data" / "postmaster.pid").write_text(f"{other.pid}\n" + left.split("\n", 1)[1])
    try:
        assert not cluster.status().running
        assert ask(cluster.start(), KEPT) == 319
    finally:
        other.kill()
        other.wait()


def test_two_processes_that_start_at_once_share_one_server(project):
    """Both make sure there is a cluster; only one makes it, and both get the same URL."""
    directory = project / ".gis" / "postgres"
    both = [subprocess.Popen(start_apart(directory), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    urls = {process.communicate(timeout=60)[0] for process in both}
    assert urls == {f"{EmbeddedCluster(directory).status().url}\n"}


def test_a_start_that_was_killed_halfway_is_begun_anew(project, ask):
    """The process that makes the cluster gets kill -9 as soon as the first files are there."""
    directory = project / ".gis" / "postgres"
    making = subprocess.Popen(start_apart(directory), stdout=subprocess.DEVNULL)
    while not list(directory.glob("making-*/base")):
        time.sleep(0.01)
    making.kill()
    making.wait()
    assert not (directory / "data").exists()
    cluster = EmbeddedCluster(directory, durable=False)
    assert ask(cluster.start(), "SELECT PostGIS_Lib_Version()").startswith("3.")
    while list(directory.glob("making-*")):  # the orphaned initdb may still be writing; it ends within a second
        cluster.start()


def test_a_database_without_its_extensions_gets_them(directory, ask):
    """A start that was killed after the server came up, and before the extensions were made."""
    cluster = EmbeddedCluster(directory, durable=False)
    url = cluster.start()
    ask(url, "DROP EXTENSION postgis", "DROP EXTENSION btree_gist")
    assert cluster.start() == url
    assert ask(url, "SELECT count(*) FROM pg_extension WHERE extname IN ('postgis', 'btree_gist')") == 2


def test_a_server_whose_socket_was_removed_gets_a_new_one(directory, ask):
    """A server without its socket runs, but nobody can reach it."""
    cluster = EmbeddedCluster(directory, durable=False)
    url = cluster.start()
    (directory / "data" / ".s.PGSQL.5432").unlink()
    assert cluster.start() == url
    assert ask(url, "SELECT 1") == 1


def test_a_project_whose_files_were_removed_starts_afresh(directory, ask):
    """`rm -rf .gis` under a running server: the new one is empty, and the old one does not take its socket away."""
    cluster = EmbeddedCluster(directory, durable=False)
    ask(cluster.start(), KEEP)
    old = cluster.status().pid
    shutil.rmtree(directory)
    url = cluster.start()
    with contextlib.suppress(ProcessLookupError):  # it may have noticed by itself
        os.kill(old, signal.SIGINT)
    while Path(f"/proc/{old}/cwd").exists():
        time.sleep(0.02)
    assert ask(url, "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'") == 0


def test_who_captures_the_output_of_a_start_does_not_wait_for_the_server(directory):
    """The server holds no file, pipe or lock of the process that started it."""
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)  # noqa: FBT003  # os takes it by position only
    subprocess.run(start_apart(directory), check=True, capture_output=True, timeout=60, pass_fds=[writing])
    os.close(writing)
    os.set_blocking(reading, False)  # os takes it by position only
    assert os.read(reading, 1) == b""  # the end of the pipe: nobody has the other side open
    os.close(reading)


def test_a_cluster_of_another_major_version_is_refused_with_what_to_do(directory):
    """PG_VERSION says 9, which no machine has beside PostGIS 3."""
    (directory / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(OtherVersionError, match=r"made by PostgreSQL 9, .* Install postgresql-9 and .*postgis-3"):
        EmbeddedCluster(directory).start()


def test_a_server_that_does_not_start_is_refused_with_the_end_of_its_log(directory):
    """A setting that does not exist, written by ALTER SYSTEM or by hand."""
    with (directory / "data" / "postgresql.auto.conf").open("a") as settings:
        settings.write("work_memory = 1GB\n")
    with pytest.raises(EmbeddedDatabaseError, match=r"did not start in .*its log ends.*work_memory") as refused:
        EmbeddedCluster(directory).start()
    assert "\n" not in refused.value.detail


def test_a_cluster_that_cannot_be_written_is_refused_with_what_initdb_said(project):
    """No file may become larger than 64 KiB, as on a disk that is full; the template database needs more."""
    directory = project / ".gis" / "postgres"
    refused = subprocess.run(
        start_apart(directory),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536)),  # one thread
    )
    assert "EmbeddedDatabaseError: PostgreSQL could not make a cluster in" in refused.stderr
    assert not list(directory.glob("*/base"))


def test_a_directory_that_cannot_be_made_is_refused_in_a_sentence(project):
    """The parent is a file."""
    (project / "file").touch()
    with pytest.raises(EmbeddedDatabaseError, match=r"cannot be used: Not a directory: .*file/postgres"):
        EmbeddedCluster(project / "file" / "postgres").start()


def test_a_directory_with_other_things_in_it_is_left_alone(project):
    """Root would give it to the server's user."""
    (project / "thesis.odt").touch()
    with pytest.raises(ClusterPlaceError, match="holds other things"):
        EmbeddedCluster(project).start()
    assert [path.name for path in project.iterdir()] == ["thesis.odt"]
