"""A pid file is a claim, and processes are looked at."""

from __future__ import annotations

from pathlib import Path

from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.embedded.processes import (
    PidFile,
    forget_dead_server,
    processes_in,
    read_pid_file,
    running_server,
    stop_at_once,
)
from gis_service.database.embedded.user import server_user

RUNNING = "4711\n/srv/data\n1795313607\n5432\n.\n\n  2173165  9\nready   \n"


def test_a_pid_file_tells_number_directory_port_and_state(tmp_path):
    """The file as PostgreSQL 15 writes it, blanks included."""
    (tmp_path / "postmaster.pid").write_text(RUNNING)
    assert read_pid_file(tmp_path) == PidFile(4711, Path("/srv/data"), 5432, ready=True)


def test_a_server_that_starts_up_is_not_ready(tmp_path):
    """The state says `starting`, or is not written yet."""
    for state in ("starting\n", ""):
        (tmp_path / "postmaster.pid").write_text(RUNNING.replace("ready   \n", state))
        assert not read_pid_file(tmp_path).ready


def test_half_a_pid_file_tells_nothing(tmp_path):
    """Missing, empty, or cut off after the second line."""
    assert read_pid_file(tmp_path) is None
    for half in ("", "4711\n/srv/data\n"):
        (tmp_path / "postmaster.pid").write_text(half)
        assert read_pid_file(tmp_path) is None


def test_a_claim_of_a_process_elsewhere_is_no_server(tmp_path):
    """Process 1 lives, but does not work here."""
    (tmp_path / "postmaster.pid").write_text(RUNNING.replace("4711", "1"))
    assert running_server(tmp_path, server_user(tmp_path)) is None


def test_all_processes_of_a_server_are_found_and_end_with_it(directory):
    """The main process and its helpers: checkpointer, writers, launchers."""
    cluster = EmbeddedCluster(directory, durable=False)
    cluster.start()
    data = directory / "data"
    user = server_user(data)
    found = processes_in(data, user)
    assert cluster.status().pid in found
    assert len(found) > 3
    stop_at_once(data, user)
    assert processes_in(data, user) == []


def test_what_a_dead_server_left_is_removed(tmp_path):
    """The pid file, the socket and its lock; nothing else."""
    for name in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock", "PG_VERSION"):
        (tmp_path / name).touch()
    forget_dead_server(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["PG_VERSION"]
