"""A project is moved, copied, closed to others, or has a name that is no good for a socket."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from gis_service.database.embedded import ClusterPlaceError, EmbeddedCluster
from gis_service.database.embedded.place import ELSEWHERE, socket_directory

KEEP = "CREATE TABLE kept AS SELECT 319 AS grids"
KEPT = "SELECT grids FROM kept"
COUNT_KEPT = "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'"


def place_behind_a_closed_door(directory: Path) -> Path:
    """Return where data lie whose project only its owner may enter: in place, but elsewhere when root owns it."""
    return ELSEWHERE if os.geteuid() == 0 else directory


@pytest.fixture
def closed(project: Path, whole: Path) -> Path:
    """The directory of a cluster below one that only its owner may enter, as /root is."""
    (project / "closed").mkdir(mode=0o700)
    shutil.copytree(whole, project / "closed" / "town" / ".gis" / "postgres")
    return project / "closed" / "town" / ".gis" / "postgres"


def test_a_project_behind_a_closed_door_has_its_data_where_the_server_may_go(closed, ask):
    """Mode 0700 above the project; the status and a link in the project tell where the data lie."""
    cluster = EmbeddedCluster(closed)
    ask(cluster.start(), KEEP)
    data = cluster.status().data_directory
    assert data.is_relative_to(place_behind_a_closed_door(closed))
    assert data.parent == ((closed / "elsewhere").readlink() if os.geteuid() == 0 else closed)
    assert data.parent.stat().st_mode & 0o777 == 0o700
    cluster.stop()
    assert ask(cluster.start(), KEPT) == 319


def test_a_moved_project_behind_a_closed_door_keeps_its_data(closed, ask):
    """The folder `town` becomes `city`."""
    cluster = EmbeddedCluster(closed)
    ask(cluster.start(), KEEP)
    cluster.stop()
    city = closed.parents[2] / "city"
    closed.parents[1].rename(city)
    assert ask(EmbeddedCluster(city / ".gis" / "postgres").start(), KEPT) == 319


def test_a_copied_project_behind_a_closed_door_does_not_touch_the_database_of_the_first(closed, ask):
    """`cp -a town city`; stopping the copy leaves the first one running."""
    first = EmbeddedCluster(closed, durable=False)
    url = first.start()
    ask(url, KEEP)
    city = closed.parents[2] / "city"
    shutil.copytree(closed.parents[1], city, symlinks=True, ignore=shutil.ignore_patterns(".s.PGSQL.*"))
    copy = EmbeddedCluster(city / ".gis" / "postgres", durable=False)
    assert not copy.status().running
    copy.stop()
    assert copy.start() != url
    copy.stop()
    assert ask(url, KEPT) == 319


def test_a_project_whose_door_is_closed_later_keeps_its_data(directory, ask):
    """Made in a project that all may enter, then moved below one with mode 0700."""
    ask(EmbeddedCluster(directory).start(), KEEP)
    closed = directory.parents[1] / "closed"
    closed.mkdir(mode=0o700)
    shutil.move(directory.parent, closed / ".gis")
    cluster = EmbeddedCluster(closed / ".gis" / "postgres")
    assert ask(cluster.start(), KEPT) == 319
    assert cluster.status().data_directory.is_relative_to(place_behind_a_closed_door(closed))


def test_a_project_whose_folder_was_removed_gets_a_new_database(closed, ask):
    """`rm -rf .gis` behind a closed door: the old data are set aside, and their server no longer runs."""
    ask(EmbeddedCluster(closed, durable=False).start(), KEEP)
    shutil.rmtree(closed)
    url = EmbeddedCluster(closed, durable=False).start()
    assert ask(url, COUNT_KEPT) == 0


def test_a_project_moved_while_its_server_runs_keeps_its_data(directory, ask):
    """The server still writes to the old path; it is started anew in the new one."""
    ask(EmbeddedCluster(directory).start(), KEEP)
    moved = directory.with_name("moved")
    directory.rename(moved)
    assert ask(EmbeddedCluster(moved).start(), KEPT) == 319
    assert not directory.exists()


def test_a_copied_project_has_a_database_of_its_own(directory, ask):
    """Both run at once; a row added to the copy is not in the first."""
    cluster = EmbeddedCluster(directory)
    ask(cluster.start(), KEEP)
    cluster.stop()
    shutil.copytree(directory, directory.with_name("copy"))
    url = cluster.start()
    copy_url = EmbeddedCluster(directory.with_name("copy")).start()
    ask(copy_url, "INSERT INTO kept VALUES (1)")
    assert ask(copy_url, "SELECT count(*) FROM kept") == 2
    assert ask(url, "SELECT count(*) FROM kept") == 1


def test_a_copy_taken_while_the_server_ran_starts_and_says_what_may_be_wrong(directory, ask, caplog):
    """The copy has the pid file of the first, whose process is alive, and is not taken for running."""
    cluster = EmbeddedCluster(directory)
    ask(cluster.start(), KEEP)
    copy = directory.with_name("copy")
    shutil.copytree(directory, copy, ignore=shutil.ignore_patterns(".s.PGSQL.5432"))
    assert not EmbeddedCluster(copy).status().running
    assert ask(EmbeddedCluster(copy).start(), KEPT) == 319
    assert f"was copied from {directory}/data while its server ran" in caplog.text
    assert cluster.status().running


def test_a_long_path_is_reached_by_a_short_name(project, whole, ask):
    """A socket's address has room for 107 bytes, and this path alone has more than 200."""
    directory = project.joinpath(*["a-project-with-a-very-long-name"] * 7)
    shutil.copytree(whole, directory)
    cluster = EmbeddedCluster(directory, durable=False)
    url = cluster.start()
    assert ask(url, "SELECT 1") == 1
    cluster.stop()
    assert cluster.start() == url


def test_a_chinese_path_with_a_blank_and_a_comma_works(project, whole, ask):
    """A comma would part the hosts of a URL, and the rest would need escapes."""
    directory = project / "网格, 昆明 100%" / "postgres"
    shutil.copytree(whole, directory)
    url = EmbeddedCluster(directory, durable=False).start()
    assert "%" not in url
    assert ask(url, "SELECT 1") == 1


def test_a_short_name_that_leads_elsewhere_is_not_followed(project):
    """Somebody put another link under the same name."""
    data = project / "blank in name"
    link = socket_directory(data)
    link.unlink()
    link.symlink_to(project)
    with pytest.raises(ClusterPlaceError, match="is in the way"):
        socket_directory(data)
    link.unlink()


def test_a_link_out_of_the_common_place_is_refused(project):
    """Root would hand the named directory to a server."""
    directory = project / "postgres"
    directory.mkdir()
    (directory / "lock").touch()
    (directory / "elsewhere").symlink_to("/etc")
    with pytest.raises(ClusterPlaceError, match=r"points to /etc, which is not in /var/lib/gis-service"):
        EmbeddedCluster(directory).start()
