"""``gis-service verify``: what is printed and logged, how it exits."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, text

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.ground import FIRST_DAY, UNITS, add_levels, publish_tree, tiny_tree


def run(url, *words):
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "gis_service", "verify", *words]
    environment = {**os.environ, "GIS_DATABASE_URL": url, "COLUMNS": "160"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def published(own_database):
    """A database with one edition; returns its URL."""
    engine = make_engine(own_database, pool_size=1, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    add_levels(sessions)
    publish_tree(UnitOfWork(sessions), tiny_tree(), FIRST_DAY)
    engine.dispose()
    return own_database


def execute(url, statement, **values):
    """Change something behind the service's back."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement), values)
    engine.dispose()


def test_an_edition_is_verified_until_somebody_tampers_with_it(published):
    """Exit 0 and a table; then exit 1, a warning for each thing that differs, and JSON that names them."""
    clean = run(published)
    execute(
        published, "UPDATE grid SET shape = ST_Translate(shape, 0.0001, 0) WHERE code = :code", code=next(iter(UNITS))
    )
    torn = run(published, "--edition", "1", "--json")

    assert clean.returncode == 0, clean.stderr
    assert "union-area" in clean.stdout
    assert clean.stdout.endswith("Edition 1: all agree.\n")
    assert torn.returncode == 1
    answers = {answer["what"]: answer["agrees"] for answer in json.loads(torn.stdout)["answers"]}
    assert [what for what, agrees in answers.items() if agrees is False] == ["checksum", "check", "certificate"]
    warnings = [json.loads(line) for line in torn.stderr.splitlines() if line.startswith("{")]
    assert [line["what"] for line in warnings if line["event"] == "verify.differs"] == [
        "checksum",
        "check",
        "certificate",
    ]
    assert {line["level"] for line in warnings} == {"warning"}


@pytest.mark.parametrize("words", [(), ("--edition", "9")])
def test_what_cannot_be_verified_exits_2_with_one_line(own_database, words):
    """Nothing was published."""
    found = run(own_database, *words)

    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.strip().splitlines()[-1] in {"nothing was published yet", "no edition has the number 9"}


def test_a_database_that_does_not_answer_exits_2():
    """Nobody listens on port 1."""
    found = run("postgresql+psycopg2://u@127.0.0.1:1/x")

    assert found.returncode == 2
    assert "the database does not answer" in found.stderr
