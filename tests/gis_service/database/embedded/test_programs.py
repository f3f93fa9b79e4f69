"""PostgreSQL is looked for where packagers put it, and only taken with PostGIS beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gis_service.database.embedded import EmbeddedDatabaseError, MissingProgramsError, OtherVersionError
from gis_service.database.embedded.programs import ServerPrograms, find_programs, programs_for


def install(root: Path, directory: str, version: str, *, postgis: bool = True, lacks: str = "") -> Path:
    """Put programs that tell a version below a root directory, as a package would."""
    programs = root / directory
    programs.mkdir(parents=True)
    share = root / "share" / version
    (share / "extension").mkdir(parents=True)
    if postgis:
        (share / "extension" / "postgis.control").touch()
    for name, says in {
        "initdb": "",
        "pg_ctl": "",
        "postgres": f"postgres (PostgreSQL) {version}",
        "pg_config": str(share),
    }.items():
        if name != lacks:
            (programs / name).write_text(f"#!/bin/sh\necho '{says}'\n")
            (programs / name).chmod(0o755)
    return programs


@pytest.fixture(autouse=True)
def nothing_on_path(monkeypatch):
    """No pg_config on PATH; the shell and echo are found."""
    monkeypatch.setenv("PATH", "/nowhere")


def test_the_newest_postgresql_comes_first(tmp_path):
    """9, 15 and 16 are there; as text, 9 would be the largest."""
    for version in ("9.6", "16.4", "15.20"):
        install(tmp_path, f"usr/lib/postgresql/{version.split('.')[0]}/bin", version)
    assert [programs.major for programs in find_programs(tmp_path)] == [16, 15, 9]


@pytest.mark.parametrize("directory", ["usr/pgsql-17/bin", "opt/homebrew/opt/postgresql@17/bin"])
def test_fedora_and_homebrew_are_known(tmp_path, directory):
    """Each has one directory a version, and its name is told in full."""
    programs = install(tmp_path, directory, "17.2")
    assert find_programs(tmp_path) == [ServerPrograms(programs, 17)]
    assert find_programs(tmp_path)[0].path("initdb") == str(programs / "initdb")


def test_what_stands_on_path_is_preferred_among_equals(tmp_path, monkeypatch):
    """Two of version 17: the packager's and the one on PATH."""
    install(tmp_path, "usr/lib/postgresql/17/bin", "17.1")
    own = install(tmp_path, "home/of/mine/bin", "17.2")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pg_config").write_text(f"#!/bin/sh\necho {own}\n")
    (tmp_path / "bin" / "pg_config").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_programs(tmp_path) == [ServerPrograms(own, 17)]


def test_a_postgresql_without_postgis_is_passed_over(tmp_path):
    """16 has no postgis.control, 15 has."""
    install(tmp_path, "usr/lib/postgresql/16/bin", "16.4", postgis=False)
    install(tmp_path, "usr/lib/postgresql/15/bin", "15.20")
    assert [programs.major for programs in find_programs(tmp_path)] == [15]


def test_a_postgresql_without_its_server_is_passed_over(tmp_path):
    """Only the client programs are installed, or a package lost one."""
    install(tmp_path, "usr/lib/postgresql/16/bin", "16.4", lacks="initdb")
    assert find_programs(tmp_path) == []


def test_a_machine_without_postgresql_is_told_three_ways_out(tmp_path):
    """Packages, compose, or a server elsewhere."""
    with pytest.raises(MissingProgramsError) as refused:
        programs_for(tmp_path / "data", [])
    for way in ("make setup", "postgresql-15-postgis-3", "docker/compose.yaml", "GIS_DATABASE_URL"):
        assert way in refused.value.detail


def test_a_new_cluster_is_made_with_the_newest(tmp_path):
    """17 and 15 are there and no data."""
    newest, other = ServerPrograms(tmp_path, 17), ServerPrograms(tmp_path, 15)
    assert programs_for(tmp_path / "data", [newest, other]) == newest


def test_a_cluster_is_served_by_the_version_that_made_it(tmp_path):
    """17 and 15 are there, and 15 made the data."""
    newest, maker = ServerPrograms(tmp_path, 17), ServerPrograms(tmp_path, 15)
    (tmp_path / "PG_VERSION").write_text("15\n")
    assert programs_for(tmp_path, [newest, maker]) == maker


def test_a_cluster_whose_version_is_gone_is_refused(tmp_path):
    """14 made the data; 17 and 15 are there."""
    (tmp_path / "PG_VERSION").write_text("14\n")
    installed = [ServerPrograms(tmp_path, 17), ServerPrograms(tmp_path, 15)]
    with pytest.raises(OtherVersionError, match=r"made by PostgreSQL 14, and this machine has 17, 15\. Install"):
        programs_for(tmp_path, installed)


def test_a_directory_that_is_no_cluster_is_refused(tmp_path):
    """PG_VERSION is missing."""
    with pytest.raises(EmbeddedDatabaseError, match="is no PostgreSQL cluster"):
        programs_for(tmp_path, [ServerPrograms(tmp_path, 15)])
