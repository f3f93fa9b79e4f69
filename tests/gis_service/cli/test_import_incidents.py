"""``gis-service import incidents`` and ``gis-service incidents``: a record of the past, and its months."""

from __future__ import annotations

import csv
import json

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker
from typer.testing import CliRunner

from gis_service.cli.main import app
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident import IncidentFilter
from gis_service.use_cases import import_history
from tests.support.desk import prepare

ADMIN = Principal("x", "admin", None)
ROW = {
    "external_id": "A-1", "category": "hazard", "channel": "hotline", "description": "楼道堆物，通道不畅",
    "lon": "102.71", "lat": "25.01", "occurred_at": "2023-05-04 09:30:00", "final_state": "evaluated",
}  # fmt: skip


@pytest.fixture
def run(own_database):
    """Run a command on a database with a small ground."""
    engine = create_engine(own_database)
    work = UnitOfWork(sessionmaker(engine))
    prepare(work)

    def act(*arguments):
        environment = {"GIS_DATABASE_URL": own_database, "COLUMNS": "200", "LANG": "C"}
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)

    act.work = work
    yield act
    engine.dispose()


@pytest.fixture
def write(tmp_path):
    """Write rows as a CSV file and return it."""

    def act(*rows, encoding="utf-8", names=None):
        path = tmp_path / "record.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names or rows[0])
            writer.writerows(row.values() for row in rows)
        return path

    return act


def found(work):
    with work:
        return work.incidents.search(IncidentFilter(limit=1000), ADMIN)


def test_a_record_in_chinese_words_and_letters_is_stored_once(run, write, monkeypatch):
    """GB 18030 with Chinese names of columns; in parts of two rows; a second run stores what is new and no more."""
    monkeypatch.setattr(import_history, "ROWS_OF_A_PART", 2)
    names = ["编号", "事件类别", "来源", "事件描述", "经度", "纬度", "发生时间", "状态"]
    rows = [ROW | {"external_id": f"A-{number}", "lon": f"102.71{number}"} for number in range(5)]
    first = run("import", "incidents", write(*rows[:3], encoding="gb18030", names=names), "--json")
    assert (first.exit_code, json.loads(first.stdout)["stored"]) == (0, 3), first.output
    again = run("import", "incidents", write(*rows, encoding="gb18030", names=names))
    assert again.stdout == "Stored 2 incidents of record.csv; 3 were there already.\n"
    stored = found(run.work)
    assert sorted(str(one.external_id) for one in stored) == ["A-0", "A-1", "A-2", "A-3", "A-4"]
    assert {one.description for one in stored} == {ROW["description"]}
    assert stored[0].occurred_at.isoformat() == "2023-05-04T01:30:00+00:00"  # without an offset: of GIS_TIMEZONE
    assert (stored[0].state, stored[0].version, stored[0].owner) == ("evaluated", 7, "D07A")


def test_the_same_number_of_another_system_is_another_incident(run, write):
    """Numbers belong to the source that is named."""
    file = write(ROW)
    for source, stored in (("hotline", 1), ("hotline", 0), ("patrol app", 1)):
        done = run("import", "incidents", file, "--source", source, "--json")
        assert json.loads(done.stdout)["stored"] == stored


def test_a_row_at_fault_is_named_and_nothing_is_stored(run, write):
    """Every row is read before the first is stored; the line is that of the file, and the value is told."""
    rows = [ROW, ROW | {"external_id": "", "lon": "abc"}, ROW | {"external_id": "A-3", "channel": "邮件"}]
    done = run("import", "incidents", write(*rows))
    assert done.exit_code == 2
    for told in ("line 3, external_id", "line 3, lon", "line 4, channel"):
        assert told in done.stderr, done.stderr
    assert found(run.work) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"category": "weather"}, "category weather is not known"),
        ({"final_state": "gone"}, "state gone is not known"),
        ({"occurred_at": "2999-01-01"}, "lies after the end of the record"),
        ({"lon": "25.01", "lat": "102.71"}, "lat"),
    ],
)
def test_what_the_service_does_not_know_is_refused(run, write, change, sentence):
    """A category, a state, a time to come, and a latitude that is a longitude."""
    done = run("import", "incidents", write(ROW | change))
    assert (done.exit_code, found(run.work)) == (2, [])
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "lacks the columns external_id"),
        (b"external_id,category\n1,hazard\n", "lacks the columns channel"),
        (b"\xff\xfe\x00\x81", "neither UTF-8 nor GB 18030"),
    ],
)
def test_a_file_that_is_no_record_is_refused(run, tmp_path, content, sentence):
    """Empty, without columns that are needed, and bytes of no text."""
    path = tmp_path / "record.csv"
    path.write_bytes(content)
    done = run("import", "incidents", path)
    assert done.exit_code == 2
    assert sentence in done.stderr


def test_a_rehearsal_leaves_nothing_behind(run, write):
    """It tells what it would do."""
    done = run("import", "incidents", write(ROW), "--dry-run")
    assert done.stdout.startswith("Stored 1 incidents of record.csv")
    assert "仅为试运行" in done.stdout
    assert found(run.work) == []


def test_the_months_of_a_record_can_be_set_aside_and_put_back(run, write):
    """May 2023 appears with the record, goes, and comes back; a month that is not there, or no month, is told."""
    run("import", "incidents", write(ROW))
    listed = json.loads(run("incidents", "months", "--json").stdout)
    assert listed[0] | {"bytes": 0} == {"month": "2023-05-01", "is_attached": True, "incidents": -1, "bytes": 0}
    assert "not counted yet" in run("incidents", "months").stdout
    assert run("incidents", "set-aside", "2023-05").exit_code == 0
    assert found(run.work) == []
    assert "set aside" in run("incidents", "months").stdout
    assert run("incidents", "put-back", "2023-05").exit_code == 0
    assert len(found(run.work)) == 1
    assert run("incidents", "set-aside", "1999-01").stderr == "there is no month 1999-01 of incidents\n"
    refused = run("incidents", "set-aside", "yesterday")
    assert (refused.exit_code, "write it as 2026-11" in refused.stderr) == (2, True)


def test_the_rows_of_a_month_lie_in_its_part(run, write):
    """Nothing of the record lies in the part for what has no month."""
    run("import", "incidents", write(ROW))
    with run.work as work:
        parts = set(work._session.scalars(text("SELECT tableoid::regclass::text FROM incident_event")))
    assert parts == {"incident_months.incident_event_2023_05"}
