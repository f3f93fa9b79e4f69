"""The container's entry point waits for the database, within bounds, and gives way to one command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gis_service.database.embedded import EmbeddedCluster

ENTRYPOINT = Path(__file__).resolve().parents[2] / "docker" / "entrypoint.sh"
# Nothing listens on port 9 of this machine; the password must not be repeated.
NOWHERE = "postgresql+psycopg2://gis:open-sesame@127.0.0.1:9/gis"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path) -> Iterator[Start]:
    """A function that starts the entry point; the command it gives way to tells its arguments and nothing else."""
    command = tmp_path / "gis-service"
    command.write_text('#!/bin/sh\nprintf "<%s>" "$@"\nif [ "$1" = serve ]; then exec sleep 60; fi\n')
    command.chmod(0o755)
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        path = f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        process = subprocess.Popen(
            [ENTRYPOINT, *arguments],
            env={"PATH": path, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_serve_starts_once_the_database_answers_and_gets_the_signals(start, server_url):
    """Arguments with blanks stay whole; SIGTERM ends the command itself, not a shell around it."""
    process = start("serve", "--host", "a b", GIS_DATABASE_URL=server_url)
    assert process.stdout.read(len("<serve><--host><a b>")) == "<serve><--host><a b>"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == -signal.SIGTERM


def test_migrate_waits_for_a_database_that_comes_later(start):
    """The server is started after the entry point."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        Path(made).chmod(0o755)
        cluster = EmbeddedCluster(Path(made) / "postgres", durable=False)
        url = cluster.start()
        cluster.stop()
        process = start("migrate", GIS_DATABASE_URL=url, DATABASE_WAIT_S="60")
        cluster.start()
        out, err = process.communicate(timeout=60)
        cluster.stop()
    assert (process.returncode, out, err) == (0, "<migrate>", "")


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_database_that_never_answers_ends_the_wait(start, command):
    """No wait at all: exit 1, one line on stderr, no password, and the command is not started."""
    process = start(command, GIS_DATABASE_URL=NOWHERE, DATABASE_WAIT_S="0")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("wait_for_database: no answer from postgresql+psycopg2://gis:***@127.0.0.1:9/gis: ")
    assert err.count("\n") == 1
    assert "open-sesame" not in err


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "GIS_DATABASE_URL is not set; a container has no embedded database"),
        ({"GIS_DATABASE_URL": "open-sesame"}, "GIS_DATABASE_URL is no database URL"),
    ],
)
def test_a_missing_or_broken_address_is_told_at_once(start, environment, sentence):
    """Exit 2; nothing of the address is repeated, for it may hold a password."""
    process = start("serve", **environment)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (2, "", f"wait_for_database: {sentence}\n")


def test_any_other_command_runs_without_a_database(start):
    """`check` reads files only."""
    process = start("check", "grids.geojson", "--json", GIS_DATABASE_URL=NOWHERE)
    assert process.communicate(timeout=30) == ("<check><grids.geojson><--json>", "")
