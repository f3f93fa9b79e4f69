from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from gis_service.cli.main import app
from tests.conftest import make_database


def run(*words, **environment):
    """The command in a process of its own; its exit code, and the lines on its standard error."""
    command = [sys.executable, "-m", "gis_service", *words]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize(
    ("environment", "code", "sentence"),
    [
        ({"GIS_DATABASE_URL": "postgresql+psycopg2://u@127.0.0.1:1/x"}, 1, "the database does not answer"),
        ({"GIS_DATABASE_URL": "nonsense"}, 2, "GIS_DATABASE_URL: must begin with postgresql+psycopg2://"),
        ({"GIS_TIMEZONE": "Mars/X"}, 2, "GIS_TIMEZONE: no time zone is called 'Mars/X'"),
        ({"GIS_LOG_LEVEL": "loud"}, 2, "GIS_LOG_LEVEL: "),
    ],
)
def test_what_is_wrong_is_told_in_one_line(environment, code, sentence):
    """No traceback: the name of the setting, and what to do."""
    status, [line] = run("migrate", **environment)

    assert status == code
    assert line.startswith(sentence)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("fly", "No such command 'fly'. See 'gis-service --help'."),
        ("plan lst", "No such command 'lst'. Did you mean 'list', 'set'? See 'gis-service plan --help'."),
        ("--nope", "No such option: --nope. See 'gis-service --help'."),
        ("plan list --nope", "No such option: --nope. See 'gis-service plan list --help'."),
        ("check", "Missing argument 'file'. See 'gis-service check --help'."),
        ("check x --tolerance-m", "Option '--tolerance-m' requires an argument. See 'gis-service check --help'."),
        ("plan list extra", "Got unexpected extra argument(s) (extra). See 'gis-service plan list --help'."),
        (
            "sheet 1 --paper A9 -o x.pdf",
            "Invalid value for '--paper': 'A9' is not one of 'A4', 'A3'. See 'gis-service sheet --help'.",
        ),
        (
            "check x --fix a --certificate b",
            "Invalid value for --fix: give --certificate or --fix, not both. See 'gis-service check --help'.",
        ),
    ],
)
def test_a_wrong_use_is_told_in_one_line(words, line):
    """Exit code 2; what is wrong, and whose help to read."""
    done = CliRunner().invoke(app, words.split(), prog_name="gis-service")

    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"{line}\n")


@pytest.mark.parametrize(("words", "code"), [("plan", 2), ("plan --help", 0)])
def test_help_is_no_error(words, code):
    """All of it on standard output, asked for or not."""
    done = CliRunner().invoke(app, words.split(), prog_name="gis-service")

    assert done.exit_code == code
    assert "revert-edition" in done.stdout
    assert done.stderr == ""


def test_a_token_without_sense_is_refused_in_one_line(own_database):
    """Exit code 1 and the refusal's sentence."""
    status, [line] = run("tokens", "create", "--role", "king", GIS_DATABASE_URL=own_database)

    assert status == 1
    assert line.startswith("no role is called 'king'")


def test_a_database_without_tables_is_told_in_one_line(server_url):
    """Before the first migration: exit code 1, and what to do."""
    empty = make_database(server_url, "gis_test_empty", "template1")

    status, [line] = run("tokens", "create", "--role", "router", GIS_DATABASE_URL=empty)

    assert (status, line) == (1, "the database is not prepared for this version; run 'gis-service migrate'")


def test_a_token_can_be_made_listed_and_revoked(own_database):
    """The whole life of a token on the command line."""
    environment = {**os.environ, "GIS_DATABASE_URL": own_database}
    command = [sys.executable, "-m", "gis_service", "tokens"]
    create = [*command, "create", "--role", "router", "--json"]
    made = subprocess.run(create, env=environment, capture_output=True, text=True, check=True)
    token = json.loads(made.stdout)
    assert token["token"].startswith("gis_")
    assert token["role"] == "router"

    subprocess.run([*command, "revoke", str(token["id"])], env=environment, capture_output=True, check=True)

    listed = subprocess.run([*command, "list", "--json"], env=environment, capture_output=True, text=True, check=True)
    [entry] = json.loads(listed.stdout)
    assert entry["revoked_at"] is not None
    assert token["token"] not in listed.stdout
