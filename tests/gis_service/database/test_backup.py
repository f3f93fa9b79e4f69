"""A database goes into a file and comes back, or stays as it is."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from gis_service.database.backup import BackupError, back_up, restore
from gis_service.errors import ClashError
from tests.conftest import make_database


def ask(url: str, statement: str) -> object:
    """Run one statement and return its single value, or None."""
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        value = result.scalar() if result.returns_rows else None
    engine.dispose()
    return value


@pytest.fixture
def kept(own_database):
    """The URL of a migrated database with one more table, which has a point and a number."""
    ask(own_database, "CREATE TABLE kept AS SELECT 319 AS grids, ST_SetSRID(ST_Point(102.7, 25.0), 4326) AS place")
    return own_database


def test_a_backup_fills_an_empty_database(kept, server_url, tmp_path):
    """Every table, the number and the point; only the owner may read the file."""
    back_up(kept, tmp_path / "town.backup")
    empty = make_database(server_url, "gis_restored")
    restore(empty, tmp_path / "town.backup")
    assert ask(empty, "SELECT grids FROM kept") == 319
    assert ask(empty, "SELECT ST_X(place) FROM kept") == 102.7
    count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert ask(empty, count) == ask(kept, count)
    assert (tmp_path / "town.backup").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["town.backup"]


def test_a_database_with_tables_is_not_overwritten(kept, tmp_path):
    """Refused before anything is touched, with what to do."""
    back_up(kept, tmp_path / "town.backup")
    ask(kept, "UPDATE kept SET grids = 320")
    with pytest.raises(ClashError, match=r"the database has \d+ tables; --replace puts the backup in their place"):
        restore(kept, tmp_path / "town.backup")
    assert ask(kept, "SELECT grids FROM kept") == 320


def test_a_backup_takes_the_place_of_what_is_there(kept, tmp_path):
    """320 becomes 319 again."""
    back_up(kept, tmp_path / "town.backup")
    ask(kept, "UPDATE kept SET grids = 320")
    restore(kept, tmp_path / "town.backup", replace=True)
    assert ask(kept, "SELECT grids FROM kept") == 319


def test_a_restore_that_fails_leaves_the_database_as_it_was(kept, tmp_path):
    """A view that the backup does not know hangs on the table: it cannot be dropped, so nothing is."""
    back_up(kept, tmp_path / "town.backup")
    ask(kept, "UPDATE kept SET grids = 320")
    ask(kept, "CREATE VIEW newer AS SELECT grids FROM kept")
    with pytest.raises(BackupError, match=r"psql failed: .*public\.newer depends on table public\.kept"):
        restore(kept, tmp_path / "town.backup", replace=True)
    assert ask(kept, "SELECT grids FROM newer") == 320


def test_a_file_that_is_no_backup_is_refused(kept, tmp_path):
    """The message is pg_restore's, on one line."""
    (tmp_path / "notes.txt").write_text("no backup")
    with pytest.raises(BackupError, match=r"pg_restore failed: .*valid archive") as refused:
        restore(kept, tmp_path / "notes.txt", replace=True)
    assert "\n" not in refused.value.detail


def test_a_backup_that_fails_leaves_the_last_one(tmp_path):
    """Nothing listens on port 9; the file of yesterday is still there, and the password is not told."""
    (tmp_path / "town.backup").write_text("yesterday's")
    with pytest.raises(BackupError, match="pg_dump failed: ") as refused:
        back_up("postgresql+psycopg2://gis:open-sesame@127.0.0.1:9/gis", tmp_path / "town.backup")
    assert "open-sesame" not in refused.value.detail
    assert (tmp_path / "town.backup").read_text() == "yesterday's"
    assert [path.name for path in tmp_path.iterdir()] == ["town.backup"]
