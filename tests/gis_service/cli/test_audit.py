"""``gis-service audit``."""

import json
import re

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from gis_service.cli.main import app
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.acts import act, record


@pytest.fixture
def run(own_database, monkeypatch):
    monkeypatch.setenv("GIS_DATABASE_URL", own_database)
    return lambda *words: CliRunner().invoke(app, ["audit", *map(str, words)])


def test_seals_are_made_verified_and_kept_in_an_anchor(own_database, run, tmp_path):
    """Two rows sealed; the head is kept; a byte is altered: exit 1, and the row is named."""
    engine = make_engine(own_database, pool_size=1, statement_timeout_ms=30_000)
    ids = record(UnitOfWork(make_session_factory(engine)), [act(1), act(2)])
    engine.dispose()
    anchor = tmp_path / "heads"
    assert run("head").exit_code == 1

    sealed = run("seal").stdout
    whole = run("verify", "--anchor", anchor)
    assert re.fullmatch(r"1 [0-9a-f]{64}\n", sealed)
    assert (whole.exit_code, run("head").stdout, anchor.read_text()) == (0, sealed, sealed)
    assert whole.stdout == f"2 rows under 1 seals: nothing was altered\nhead {sealed}"
    assert run("verify", "--anchor", anchor, "--json").exit_code == 0
    assert anchor.read_text() == sealed

    owner = create_engine(own_database)
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE audit_event SET name = 'x' WHERE id = :id"), {"id": ids[1]})
    owner.dispose()
    broken = run("verify", "--json")
    told = json.loads(broken.stdout)
    assert (broken.exit_code, told["valid"]) == (1, False)
    assert [(one["kind"], one["seal"], one["row"]) for one in told["faults"]] == [("altered-row", 1, ids[1])]
    assert f"row {ids[1]} has been altered / 记录被改动" in run("verify").stdout


def test_the_role_of_the_service_is_made_and_made_again(own_database, monkeypatch):
    """It may append to the record and not alter it."""
    monkeypatch.setenv("GIS_DATABASE_URL", own_database)

    made = [CliRunner().invoke(app, ["db", "role"]) for _ in range(2)]

    assert [one.exit_code for one in made] == [0, 0]
    owner = create_engine(own_database)
    with owner.connect() as connection:
        rights = [
            connection.scalar(text("SELECT has_table_privilege('gis_app', 'audit_event', :right)"), {"right": right})
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
        ]
    owner.dispose()
    assert rights == [True, True, False, False, False]


def test_a_file_of_heads_that_is_none_is_refused(run, tmp_path):
    """Exit 2, before anything is verified."""
    anchor = tmp_path / "heads"
    anchor.write_text("1 zz\n")

    refused = run("verify", "--anchor", anchor)

    assert refused.exit_code == 2
    assert "is no file of heads" in refused.stderr
