"""``gis-service staff``."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from typer.testing import CliRunner

from gis_service.cli.main import app
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.desk import prepare


@pytest.fixture
def run(own_database):
    engine = create_engine(own_database)
    prepare(UnitOfWork(sessionmaker(engine)))

    def act(*arguments):
        environment = {"GIS_DATABASE_URL": own_database, "COLUMNS": "200", "LANG": "C"}
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)

    yield act
    engine.dispose()


def test_people_are_added_listed_found_and_ended(run):
    """A head of D07 serves D07A too; a second head is refused until the first has ended."""
    made = json.loads(run("staff", "add", "李某", "head", "D07", "--since", "2026-01-01", "--json").stdout)[0]

    assert (made["grid"], made["version"]) == ("D07", 1)
    (found,) = json.loads(run("staff", "serving", "D07A", "--day", "2026-03-01", "--json").stdout)["serving"]
    assert (found["grid"], found["steps_up"], found["staff"][0]["name"]) == ("D07", 1, "李某")
    second = "staff", "add", "王某", "head", "D07", "--since", "2026-02-01"
    refused = run(*second)
    assert (refused.exit_code, refused.stderr[:31]) == (1, "grid D07 has a head at that tim")
    assert run("staff", "end", made["id"], "--until", "2026-02-01").exit_code == 0
    assert "王某" in run(*second).stdout
    listed = run("staff", "list", "--grid", "D07", "--day", "2026-01-31", "--json")
    assert [one["name"] for one in json.loads(listed.stdout)] == ["李某"]
    assert "since" in run("staff", "add", "x", "head", "D07", "--since", "soon").stderr
    assert run("staff", "add", "x", "boss", "D07").stderr.startswith("role: ")
