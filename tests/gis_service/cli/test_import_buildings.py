"""``gis-service import buildings`` and ``export buildings``: in, out, and in again."""

from __future__ import annotations

import csv
import json

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker
from typer.testing import CliRunner

from gis_service.cli.main import app
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.ground import add_levels, publish_tree, tiny_tree

ALL = text(
    "SELECT code, name, address, storeys, ST_AsText(point), ST_AsText(footprint), built_on FROM building ORDER BY 1"
)


@pytest.fixture
def run(own_database):
    """Run a command on a database with a small ground."""
    engine = create_engine(own_database)
    factory = sessionmaker(engine)
    add_levels(factory)
    publish_tree(UnitOfWork(factory), tiny_tree())

    def act(*arguments):
        environment = {"GIS_DATABASE_URL": own_database, "COLUMNS": "200", "LANG": "C"}
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)

    act.engine = engine
    yield act
    engine.dispose()


def test_buildings_come_in_go_out_and_come_in_again(run, tmp_path):
    """Two buildings of a GBK file with headings of its own; two formats bring them back to an empty registry."""
    sheet = "名字,地点,X坐标,Y坐标,层数,wkt\n=甲,路1号,102.705,25.005,6,\n"
    sheet += '乙,路2号,,,,"POLYGON((102.711 25.001,102.712 25.001,102.712 25.002,102.711 25.001))"\n'
    (tmp_path / "a.csv").write_bytes(sheet.encode("gbk"))
    named = [f"--map={pair}" for pair in ("name=名字", "address=地点", "lon=X坐标", "lat=Y坐标")]
    done = run("import", "buildings", tmp_path / "a.csv", *named)
    assert done.exit_code == 0, done.output
    assert "in GB18030" in done.output
    assert "Stored 2 buildings" in done.output
    with run.engine.connect() as connection:
        before = connection.execute(ALL).all()
    for name in ("out.csv", "out.gpkg"):
        told = run("export", "buildings", tmp_path / name, "--footprints", "--json")
        assert json.loads(told.stdout)["buildings"] == 2
        with run.engine.begin() as connection:
            connection.execute(text("DELETE FROM building"))
        again = run("import", "buildings", tmp_path / name)
        assert again.exit_code == 0, again.output
        with run.engine.connect() as connection:
            assert connection.execute(ALL).all() == before


def test_one_grid_is_handed_out_by_itself(run, tmp_path):
    """Of two buildings one lies in the community that is asked for."""
    (tmp_path / "a.csv").write_text("name,lon,lat\n甲,102.705,25.005\n乙,102.715,25.005\n", "utf-8")
    run("import", "buildings", tmp_path / "a.csv")
    assert "1 buildings" in run("export", "buildings", tmp_path / "b.csv", "--grid", "530103001002").output
    with (tmp_path / "b.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["name"], row["grid"]) for row in csv.DictReader(file)] == [("乙", "530103001002002")]
    assert run("export", "buildings", tmp_path / "b.csv", "--grid", "9").exit_code == 2


def test_rows_with_errors_end_in_one_and_a_report(run, tmp_path):
    """Nothing is stored, the report names the row; with --good-only the other row is stored."""
    (tmp_path / "a.csv").write_text("name,lon,lat\n甲,102.705,25.005\n乙,25.005,102.715\n", "utf-8")
    refused = run("import", "buildings", tmp_path / "a.csv", "--report", tmp_path / "r.csv")
    assert refused.exit_code == 1
    assert "row 3: error" in refused.output
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["row"], row["rule"]) for row in csv.DictReader(file)] == [("3", "swapped-coordinates")]
    rehearsed = run("import", "buildings", tmp_path / "a.csv", "--good-only", "--dry-run", "--json")
    assert (rehearsed.exit_code, json.loads(rehearsed.output)["stored"]) == (0, 0)
    done = run("import", "buildings", tmp_path / "a.csv", "--good-only", "--json")
    assert (done.exit_code, json.loads(done.output)["stored"]) == (0, 1)


@pytest.mark.parametrize("arguments", [["--map", "x"], ["--county", "53"], ["--report", "r.doc"], ["--map", "a=b"]])
def test_what_cannot_be_meant_ends_in_two(run, tmp_path, arguments):
    """No building is read."""
    (tmp_path / "a.csv").write_text("lon,lat\n102.705,25.005\n", "utf-8")
    assert run("import", "buildings", tmp_path / "a.csv", *arguments).exit_code == 2
