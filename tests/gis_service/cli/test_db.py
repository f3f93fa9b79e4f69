"""``gis-service db`` starts, stops and tells."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from gis_service.cli.db import db
from gis_service.database.embedded import EmbeddedCluster


@pytest.fixture
def home(monkeypatch) -> Iterator[Path]:
    """An empty GIS_HOME; what was started there is stopped."""
    with tempfile.TemporaryDirectory(prefix="gis-test-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        monkeypatch.setenv("GIS_HOME", made)
        yield Path(made)
        EmbeddedCluster(Path(made) / "postgres").stop()


def test_start_status_and_stop_follow_the_database(home):
    """The URL of start is the one of status; a stopped database exits 3."""
    run = CliRunner().invoke
    started = run(db, ["start"])
    assert started.exit_code == 0
    status = run(db, ["status", "--json"])
    assert status.exit_code == 0
    told = json.loads(status.stdout)
    assert told["running"] is True
    assert told["url"] == started.stdout.strip()
    assert told["data_directory"] == f"{home}/postgres/data"
    assert run(db, ["stop"]).exit_code == 0
    stopped = run(db, ["status"])
    assert stopped.exit_code == 3
    assert stopped.stdout.startswith("state       stopped\n")
    assert run(db, ["stop"]).exit_code == 0


def test_a_port_names_the_socket(home):
    """5499 is in the URL; with --json the whole status is printed."""
    started = CliRunner().invoke(db, ["start", "--port", "5499", "--json"])
    assert json.loads(started.stdout)["port"] == 5499
    assert (home / "postgres" / "data" / ".s.PGSQL.5499").exists()


def test_the_status_of_nothing_is_stopped(home):
    """Nothing is made by looking."""
    assert CliRunner().invoke(db, ["status"]).exit_code == 3
    assert list(home.iterdir()) == []


def test_a_refusal_is_one_line_on_stderr(home):
    """A directory with other things in it; exit 1, nothing on stdout."""
    (home / "postgres").mkdir()
    (home / "postgres" / "thesis.odt").touch()
    refused = CliRunner().invoke(db, ["start"])
    assert refused.exit_code == 1
    assert not refused.stdout
    assert refused.stderr == (f"{home}/postgres holds other things than an embedded database; name another place\n")


def test_a_backup_is_refused_and_taken_back_by_restore(home):
    """The embedded database is started when it is needed; a full one wants --replace."""
    run = CliRunner().invoke
    assert run(db, ["backup", str(home / "empty.backup")]).exit_code == 0
    url = EmbeddedCluster(home / "postgres").start()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT 319 AS grids"))
    engine.dispose()
    refused = run(db, ["restore", str(home / "empty.backup")])
    assert refused.exit_code == 1
    assert refused.stderr == "the database has 1 tables; --replace puts the backup in their place\n"
    assert run(db, ["restore", str(home / "empty.backup"), "--replace"]).exit_code == 0
