"""``gis-service import indicators``: values measured by grid."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from typer.testing import CliRunner

from gis_service.cli.main import app
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.indicator import Indicator
from tests.support.ground import UNITS, add_levels, publish_tree, tiny_tree

FIRST, SECOND, *_ = UNITS


@pytest.fixture
def run(own_database, tmp_path):
    """Import a text as a file, into a database with the tiny tree and two indicators."""
    engine = create_engine(own_database)
    open_session = sessionmaker(engine)
    work = UnitOfWork(open_session)
    add_levels(open_session)
    publish_tree(work, tiny_tree())
    with work:
        work.indicators.add_many(
            [Indicator(code, code, code, "次", "good", "sum", "general") for code in ("visits", "checks")]
        )
        work.commit()

    def act(text, *arguments, encoding="utf-8"):
        file = tmp_path / "values.csv"
        file.write_text(text, encoding)
        environment = {"GIS_DATABASE_URL": own_database, "COLUMNS": "200", "LANG": "C"}
        return CliRunner().invoke(app, ["import", "indicators", str(file), *arguments], env=environment)

    yield act
    engine.dispose()


def test_a_file_of_many_indicators_is_stored_whole_or_not_at_all(run):
    """A rehearsal, a file at fault, the file, and the file again, which changes nothing."""
    text = f"indicator,grid_code,period,value,source\nvisits,{FIRST},2025,4,街道\nchecks,{SECOND},2025-07,2,街道\n"
    rehearsed = run(text, "--dry-run", encoding="gb18030")
    wrong = run(f"{text}checks,{FIRST[:-1]},2025-07,2,\n")
    stored = run(text, "--json")
    again = run(text)

    assert rehearsed.exit_code == 0, rehearsed.output
    assert "nothing is stored" in rehearsed.output
    assert wrong.exit_code == 1
    assert f"/values/2/grid_code: line 4: edition 1 has no grid '{FIRST[:-1]}'; did you mean 5301" in wrong.stderr
    told = {one["indicator"]: one for one in json.loads(stored.output)["periods"]}
    assert (told["visits"]["added"], told["checks"]["added"], told["checks"]["rolled_up"]) == (1, 1, 3)
    assert "checks 2025-07-01/2025-08-01 of edition 1: 0 added, 0 changed, 1 unchanged, 3 rolled up" in again.output


def test_a_file_that_is_no_table_cannot_be_used(run):
    """A column that there is not: exit 2."""
    refused = run("grid,value\nx,1\n")

    assert refused.exit_code == 2
    assert "column 'grid' is not known" in refused.stderr
