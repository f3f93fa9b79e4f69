"""``gis-service rules``: files out and in, faults by line, trials; how each exits."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from gis_service.cli.main import app
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.desk import prepare

WASTE = "id,category,department\nwaste,sanitation,housing\n"


@pytest.fixture
def run(own_database, tmp_path):
    """Run a command on the small ground; ``sheet`` becomes the file that it is given after the table."""
    engine = make_engine(own_database, pool_size=1, statement_timeout_ms=30_000)
    prepare(UnitOfWork(make_session_factory(engine)))
    engine.dispose()

    def act(*words, sheet=None):
        if sheet is not None:
            file = tmp_path / "rules.csv"
            file.write_text(sheet, encoding="utf-8")
            words = (*words[:2], str(file), *words[2:])
        return CliRunner().invoke(app, ["rules", *words], env={"GIS_DATABASE_URL": own_database, "COLUMNS": "200"})

    return act


def test_a_table_is_shown_checked_and_loaded(run, tmp_path):
    """A check writes nothing, the load does, and what is shown in a file loads again without a change."""
    checked = run("check", "dispatch", sheet=WASTE)
    assert (checked.exit_code, checked.stdout) == (
        0,
        "dispatch: 1 added, 0 changed, 0 ended, 0 removed, 3 as they were; nothing is written\n",
    )
    assert "waste" not in run("show", "dispatch").stdout

    loaded = run("load", "dispatch", "--json", sheet=WASTE)
    assert json.loads(loaded.stdout)["added"] == ["waste"]
    assert "waste,sanitation,,,,housing,,grid,,," in run("show", "dispatch").stdout.splitlines()

    for name in ("all.csv", "all.json"):
        file = str(tmp_path / name)
        assert run("show", "dispatch", "-o", file).stdout == f"{file}: 4 rows of dispatch\n"
        again = run("load", "dispatch", file, "--replace")
        assert again.stdout == "dispatch: 0 added, 0 changed, 0 ended, 0 removed, 4 as they were\n"


def test_faults_are_told_one_a_line(run):
    """Rows at fault: exit 1; a file that is none: exit 2; the sentences go to standard error."""
    broken = run("check", "dispatch", sheet=f"{WASTE}x,nothing,nobody\n")
    unusable = run("load", "dispatch", sheet="id,colour\n")
    missing = run("load", "dispatch", "nowhere.csv")
    other = run("load", "dispatch", "rules.xlsx")

    assert broken.exit_code == 1
    assert broken.stderr.splitlines() == [
        "/dispatch/1/category: line 3: rule x: category nothing is not known",
        "/dispatch/1/department: line 3: rule x: department nobody is not known",
    ]
    assert unusable.exit_code == 2
    assert "column 'colour' is not known" in unusable.stderr
    assert (missing.exit_code, other.exit_code) == (2, 2)
    assert "must end in .csv or .json" in other.stderr


def test_rules_are_tried_before_they_are_loaded(run):
    """Nothing was reported on the small ground: a sentence, and the same as JSON."""
    told = run("dry-run", "dispatch", "--since", "2026-01-01", sheet=WASTE)
    as_json = run("dry-run", "deadlines", "--json", sheet="id,stage,clock,amount,response_class\n")

    assert told.exit_code == 0
    assert told.stdout.startswith("0 of 0 incidents from 2026-01-01 00:00 to ")
    assert told.stdout.endswith("; 0 without a department (0 now)\n")
    assert json.loads(as_json.stdout)["deadlines"] == []
    assert run("dry-run", "dispatch", "--since", "yesterday", sheet=WASTE).exit_code == 2
    assert "since must lie before until" in run("dry-run", "dispatch", "--since", "2999-01-01", sheet=WASTE).stderr
