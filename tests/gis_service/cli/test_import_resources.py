"""``gis-service import resources`` and ``gis-service positions sweep``."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from typer.testing import CliRunner

from gis_service.cli.main import app
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.position import Position
from gis_service.domain.staff import StaffMember
from tests.support.desk import prepare

HEAD = "编码,名称,种类,数量,单位,有效期至,经度,纬度,数据分级"
GOOD = "R1,一号仓库,帐篷,20,顶,2030/1/5,102.705,25.005,general"


@pytest.fixture
def run(own_database):
    engine = create_engine(own_database)
    work = UnitOfWork(sessionmaker(engine))
    prepare(work)

    def act(*arguments):
        environment = {"GIS_DATABASE_URL": own_database, "COLUMNS": "200", "LANG": "C"}
        environment["GIS_POSITIONS_KEPT_DAYS"] = "90"
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)

    act.work = work
    yield act
    engine.dispose()


@pytest.fixture
def kinds(tmp_path):
    path = tmp_path / "kinds.csv"
    path.write_text("code,name,name_en\ntent,帐篷,Tents\n", encoding="utf-8")
    return path


def stored(work):
    with work:
        return work.resources.by_codes(["R1", "R2"])


def test_a_sheet_of_a_chinese_office_is_stored(run, kinds, tmp_path):
    """GBK, Chinese names, a Chinese kind: looked at first, then stored, then as it was."""
    path = tmp_path / "stock.csv"
    path.write_text(f"{HEAD}\n{GOOD}\n", encoding="gbk")

    rehearsal = run("import", "resources", path, "--kinds", kinds, "--dry-run")
    assert (rehearsal.exit_code, stored(run.work)) == (0, {})
    assert "rehearsal" in rehearsal.stdout
    assert run("import", "resources", path, "--kinds", kinds).exit_code == 0
    told = json.loads(run("import", "resources", path, "--json").stdout)
    assert (told["added"], told["changed"], told["unchanged"]) == (0, 0, 1)
    one = stored(run.work)["R1"]
    assert (one.kind, one.quantity, one.expires_on, one.lon) == ("tent", 20, date(2030, 1, 5), 102.705)


def test_faults_are_told_by_their_lines(run, kinds, tmp_path):
    """Lines 3 and 4 are wrong, so that line 2 is not stored either, nor the kinds."""
    path = tmp_path / "stock.csv"
    rows = GOOD, GOOD.replace("R1", "R2").replace(",20,", ",many,"), GOOD.replace("帐篷", "刀")
    path.write_text("\n".join((HEAD, *rows)), encoding="utf-8")

    told = run("import", "resources", path, "--kinds", kinds, "--json")

    assert told.exit_code == 2
    assert [one["row"] for one in json.loads(told.stdout)["faults"]] == ["/3/quantity", "/4/kind"]
    assert "/3/quantity: " in run("import", "resources", path, "--kinds", kinds).stderr
    with run.work as work:
        assert work.resources.kinds() == []
    path.write_text("编码,名称\n", encoding="utf-8")
    assert "lacks the columns kind (种类)" in run("import", "resources", path).stderr


def test_features_of_a_vector_file_are_stored(run, kinds, tmp_path):
    """GeoJSON points, one without a place."""
    row = {"编码": "R1", "名称": "仓库", "种类": "tent", "数量": 3, "单位": "顶", "颜色": "red"}
    point = {"type": "Point", "coordinates": [102.705, 25.005]}

    def write(*geometries):
        features = [{"type": "Feature", "properties": row, "geometry": one} for one in geometries]
        path = tmp_path / "stock.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        return path

    assert run("import", "resources", write(point), "--kinds", kinds).exit_code == 0
    assert (stored(run.work)["R1"].lat, stored(run.work)["R1"].data_class) == (25.005, "important")
    assert "/1/lon: " in run("import", "resources", write(None)).stderr
    line = {"type": "LineString", "coordinates": [[102, 25], [103, 25]]}
    assert "LineString where Point is needed" in run("import", "resources", write(line)).stderr


def test_sweep_deletes_what_is_older_than_is_kept(run):
    """Ninety days are kept: of yesterday and a year ago one goes."""
    now = datetime.now(UTC)
    with run.work as work:
        someone = work.staff.add(StaffMember("x", "worker", "D07A", date(2020, 1, 1)))
        places = [now - timedelta(days=days) for days in (1, 365)]
        work.positions.add_many([Position(someone.id, at, at.date(), 102.7, 25.0) for at in places])
        work.commit()

    first, second = run("positions", "sweep", "--json"), run("positions", "sweep")

    assert json.loads(first.stdout)["deleted"] == 1
    assert second.stdout.startswith("0 positions deleted")
