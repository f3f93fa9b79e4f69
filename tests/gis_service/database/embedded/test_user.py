"""The server runs as oneself, or for root as somebody with fewer rights."""

from __future__ import annotations

import os

from gis_service.database.embedded.user import server_user


def test_the_server_never_runs_as_root(tmp_path):
    """Root gets `postgres` or `nobody`; everybody else runs it as themselves."""
    user = server_user(tmp_path / "none")
    assert user.uid != 0
    assert user.run(["id", "-u"]) == (0, str(user.uid))
    assert user.uid == os.geteuid() or os.geteuid() == 0


def test_a_program_runs_without_other_groups_and_without_the_callers_environment(tmp_path, monkeypatch):
    """PGPORT of the caller would move the server's socket."""
    monkeypatch.setenv("PGPORT", "1")
    user = server_user(tmp_path / "none")
    _, said = user.run(["env"])
    assert "PGPORT" not in said
    if os.geteuid() == 0:
        assert user.run(["id", "-G"]) == (0, str(user.gid))


def test_a_failed_program_tells_its_status_and_what_it_said(tmp_path):
    """Output and errors together, as a person would see them."""
    assert server_user(tmp_path / "none").run(["sh", "-c", "echo one; echo two >&2; exit 3"]) == (3, "one\ntwo")


def test_a_door_without_a_right_to_pass_is_noticed(project):
    """Mode 0700 of another owner above it; root's server user is refused, an owner is not."""
    (project / "closed" / "below").mkdir(parents=True)
    (project / "closed").chmod(0o700)
    user = server_user(project / "none")
    assert user.can_enter(project)
    assert user.can_enter(project / "closed" / "below") is (os.geteuid() != 0)


def test_root_runs_a_cluster_as_its_owner(project):
    """The owner of the data, whoever it is, and not `postgres`."""
    data = project / "data"
    data.mkdir()
    if os.geteuid() == 0:
        os.chown(data, 65_534, 65_534)
    assert server_user(data).uid == data.stat().st_uid
