"""Settings and logs of a private server."""

from __future__ import annotations

import pytest
import sqlalchemy

from gis_service.database.embedded import EmbeddedCluster
from gis_service.database.embedded.files import log_tail, one_line, size_bytes


def test_no_persons_data_reach_the_servers_log(directory, ask):
    """A row refused for its key, a statement with a mistake: neither names nor numbers are written down."""
    cluster = EmbeddedCluster(directory, durable=False)
    url = cluster.start()
    ask(url, "CREATE TABLE residents (phone text PRIMARY KEY)", "INSERT INTO residents VALUES ('13800138000')")
    for statement in ("INSERT INTO residents VALUES ('13800138000')", "SELECT '13800138000' FROM nowhere"):
        with pytest.raises((sqlalchemy.exc.ProgrammingError, sqlalchemy.exc.IntegrityError)):
            ask(url, statement)
    cluster.stop()
    written = "".join(log.read_text() for log in (directory / "log").iterdir())
    assert "duplicate key value" in written
    assert "13800138000" not in written


def test_a_log_ends_a_sentence_with_its_last_lines(tmp_path):
    """Eight of ten lines, blank ones left out, on one line."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "server-Mon.log").write_text("\n".join(f"line {number}\n" for number in range(10)))
    assert log_tail(tmp_path / "data") == "; its log ends: " + " | ".join(f"line {number}" for number in range(2, 10))


def test_a_server_without_a_log_ends_no_sentence(tmp_path):
    """No directory, no file."""
    assert not log_tail(tmp_path / "data")


def test_what_a_program_said_becomes_one_line():
    """Blank lines go, the others are parted by a bar."""
    assert one_line("FATAL: no\n\n  HINT: yes\n") == "FATAL: no | HINT: yes"


def test_the_size_is_that_of_all_files(tmp_path):
    """1,000 and 319 bytes, one of them further down."""
    (tmp_path / "base").mkdir()
    (tmp_path / "one").write_bytes(bytes(1_000))
    (tmp_path / "base" / "two").write_bytes(bytes(319))
    assert size_bytes(tmp_path) == 1_319
