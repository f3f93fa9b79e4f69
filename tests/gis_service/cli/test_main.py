from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


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


def test_a_token_without_sense_is_refused_in_one_line(own_database):
    """Exit code 1 and the refusal's sentence."""
    status, [line] = run("tokens", "create", "--role", "king", GIS_DATABASE_URL=own_database)

    assert status == 1
    assert line.startswith("no role is called 'king'")


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
