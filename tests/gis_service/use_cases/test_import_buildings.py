"""Files of buildings: what is found row by row, what is stored, and going on after a kill."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from sqlalchemy import func, select

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.tables import building, building_import, building_owner
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.building import Building
from gis_service.domain.building_code import make_building_code, parse_building_code
from gis_service.errors import ClashError, RuleBrokenError
from gis_service.use_cases.check_building_file import Demands
from gis_service.use_cases.import_buildings import BuildingImport, import_buildings
from gis_service.use_cases.read_building_file import Reading
from gis_service.use_cases.register_buildings import register_buildings
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from grid_boundaries.partition import Grid
from tests.support.ground import add_levels, publish_tree, square, tiny_tree

CLERK = Principal(name="clerk", role="planner")
ASKED = BuildingImport(Reading({}))
GOOD_ONLY = replace(ASKED, good_only=True)
CODES = [make_building_code("530103", serial) for serial in range(20)]


@pytest.fixture
def ground(work, open_session) -> UnitOfWork:
    """Four unit grids from 102.70 E, 25.00 N, a hundredth of a degree each."""
    add_levels(open_session)
    publish_tree(work, tiny_tree())
    return work


def write(path: Path, rows: list[dict[str, object]], encoding: str = "utf-8") -> Path:
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(sheet.getvalue().encode(encoding))
    return path


def told(done) -> list[tuple[int, str]]:
    return [(remark["row"], remark["rule"]) for remark in done.report["remarks"]]


def stored(work) -> list:
    with work:
        query = (
            select(building, func.ST_X(building.c.point).label("lon"), building_owner.c.grid_code)
            .join(building_owner, building_owner.c.building_code == building.c.code)
            .order_by("lon")
        )
        return list(work._session.execute(query).mappings())


@pytest.mark.parametrize(("encoding", "name"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gbk", "gb18030")])
def test_a_sheet_with_chinese_headings_is_stored(ground, tmp_path, encoding, name):
    """One building with a code and one without; the encoding is found out and said."""
    rows = [
        {"楼栋编码": CODES[1], "楼栋名称": "1栋", "详细地址": "小龙路1号", "层数": "6", "户数": "24",
         "经度": "102.705", "纬度": "25.005", "竣工日期": "1998年5月", "用途": "住宅"},
        {"楼栋编码": "", "楼栋名称": "2栋", "详细地址": "小龙路2号", "层数": "", "户数": "", "经度": "102.715",
         "纬度": "25.015", "竣工日期": "2001/2/3", "用途": ""},
    ]  # fmt: skip
    done = import_buildings(write(tmp_path / "楼栋.csv", rows, encoding), ASKED, CLERK, ground)
    assert (done.stored, told(done), done.encoding) == (2, [], name)
    assert done.fields["code"] == "楼栋编码"
    first, second = stored(ground)
    assert (first.code, first.name, first.storeys, first.households, first.use) == (CODES[1], "1栋", 6, 24, "住宅")
    assert (str(first.built_on), str(second.built_on)) == ("1998-05-01", "2001-02-03")
    assert (first.grid_code, second.grid_code) == ("530103001001002", "530103001002001")
    assert parse_building_code(second.code).startswith("530103")


def test_each_fault_is_told_with_its_row(ground, tmp_path):
    """Row 2 is right; each other row has one thing wrong with it or odd about it."""
    register_buildings([Building(CODES[0], "", "旧路9号", "", 102.7190, 25.0190)], ground)
    place = {"lon": 102.705, "lat": 25.005}
    rows = [
        {"code": CODES[1], "address": "a", **place},
        {"code": CODES[1], "address": "b", "lon": 102.706, "lat": 25.005},  # 3: a code twice
        {"code": CODES[2], "address": "c", "lon": 102.70502, "lat": 25.005},  # 4: two metres from row 2
        {"code": CODES[3], "address": "a", "lon": 102.707, "lat": 25.005},  # 5: the address of row 2
        {"code": CODES[4][:-1] + "#", "address": "d", "lon": 102.708, "lat": 25.005},  # 6
        {"code": CODES[0], "address": "e", "lon": 102.709, "lat": 25.005},  # 7: in the registry
        {"code": CODES[5], "address": "f", "lon": 102.71901, "lat": 25.019},  # 8: one metre from that building
        {"code": CODES[6], "address": "旧路9号", "lon": 102.711, "lat": 25.005},  # 9: at its address
        {"code": CODES[7], "address": "g", "lon": 25.005, "lat": 102.712},  # 10: no latitude
        {"code": CODES[8], "address": "h", "lon": 102.721, "lat": 25.005},  # 11: 101 m east of all
        {"code": CODES[9], "address": "i", "lon": "", "lat": ""},  # 12
        {"code": CODES[10], "address": "j", "lon": "east", "lat": "25"},  # 13
    ]
    path = write(tmp_path / "a.csv", rows)
    done = import_buildings(path, ASKED, CLERK, ground)
    assert done.is_refused
    assert told(done) == [
        (3, "duplicate-code"),
        (4, "duplicate-place"),
        (5, "duplicate-address"),
        (6, "bad-code"),
        (7, "duplicate-code"),
        (8, "duplicate-place"),
        (9, "duplicate-address"),
        (10, "swapped-coordinates"),
        (11, "outside-grids"),
        (12, "no-place"),
        (13, "not-a-place"),
    ]
    by_row = {remark["row"]: remark for remark in done.report["remarks"]}
    assert by_row[3]["other_row"] == 2
    assert (by_row[8]["other_code"], by_row[8]["distance_m"]) == (CODES[0], pytest.approx(1.0, abs=0.1))
    assert (by_row[11]["grid"], by_row[11]["distance_m"]) == ("530103001002002", pytest.approx(101, abs=1))
    assert len(stored(ground)) == 1
    done = import_buildings(path, GOOD_ONLY, CLERK, ground)
    assert (done.stored, done.report["rows_with_errors"]) == (4, 8)
    assert {row.code for row in stored(ground)} == {CODES[number] for number in (0, 1, 3, 6, 8)}


def test_a_dry_run_stores_nothing_and_says_the_same(ground, tmp_path):
    """The report of the rehearsal is that of the import."""
    path = write(tmp_path / "a.csv", [{"code": CODES[1], "lon": 102.721, "lat": 25.005}])
    rehearsed = import_buildings(path, replace(ASKED, dry_run=True), CLERK, ground)
    assert stored(ground) == []
    assert import_buildings(path, ASKED, CLERK, ground).report == rehearsed.report
    assert told(rehearsed) == [(2, "outside-grids")]


def test_the_same_file_again_stores_nothing(ground, tmp_path):
    """Its codes were issued, so that it is known by its places."""
    path = write(tmp_path / "a.csv", [{"lon": 102.705, "lat": 25.005}, {"lon": 102.706, "lat": 25.005}])
    assert import_buildings(path, ASKED, CLERK, ground).stored == 2
    again = import_buildings(path, ASKED, CLERK, ground)
    assert (again.is_refused, told(again)) == (True, [(2, "duplicate-place"), (3, "duplicate-place")])
    assert len(stored(ground)) == 2


def shifted_sheet(path: Path) -> Path:
    """Four hundred buildings all over the district, as a GCJ-02 map shows them."""
    steps = np.arange(20) / 1000 + 0.0005
    lons, lats = (axis.ravel() for axis in np.meshgrid(102.70 + steps, 25.00 + steps))
    lons, lats = wgs84_to_gcj02(lons, lats)
    return write(path, [{"lon": lon, "lat": lat} for lon, lat in zip(lons.tolist(), lats.tolist(), strict=True)])


def test_a_file_in_gcj02_that_is_not_declared_is_told(ground, tmp_path):
    """The declared system is doubted, nothing is stored; with crs=gcj02 all lie in grids."""
    path = shifted_sheet(tmp_path / "a.csv")
    done = import_buildings(path, ASKED, CLERK, ground)
    assert done.is_refused
    assert done.report["summary"]["looks-shifted"] == 1
    assert done.report["remarks"][0]["row"] == 0
    assert "looks like gcj02" in done.report["remarks"][0]["message"]
    right = replace(ASKED, reading=Reading({}, crs="gcj02"))
    assert import_buildings(path, right, CLERK, ground).report["summary"] == {}
    first = stored(ground)[0]
    assert first.lon == pytest.approx(102.7005, abs=1e-7)


def test_who_says_the_system_gets_a_warning_only(ground, tmp_path):
    """The doubt stands in the report all the same."""
    asked = replace(ASKED, reading=Reading({}, crs="EPSG:4326"), demands=Demands(crs_is_certain=True), dry_run=True)
    done = import_buildings(shifted_sheet(tmp_path / "a.csv"), asked, CLERK, ground)
    assert not done.is_refused
    assert done.report["remarks"][0]["severity"] == "warning"


def test_points_in_the_right_system_are_not_doubted(ground, tmp_path):
    """The same buildings in WGS 84."""
    steps = np.arange(20) / 1000 + 0.0005
    rows = [{"lon": 102.70 + x, "lat": 25.00 + y} for x in steps.tolist() for y in steps.tolist()]
    done = import_buildings(write(tmp_path / "a.csv", rows), replace(ASKED, dry_run=True), CLERK, ground)
    assert done.report["summary"] == {}


def test_a_footprint_over_a_boundary_is_told(ground, tmp_path):
    """Half of the second footprint lies in the grid to the east; the first lies in one grid."""
    square = "POLYGON(({0} 25.005,{1} 25.005,{1} 25.006,{0} 25.006,{0} 25.005))"
    rows = [{"轮廓": square.format("102.703", "102.704")}, {"轮廓": square.format("102.7095", "102.7105")}]
    done = import_buildings(write(tmp_path / "a.csv", rows), ASKED, CLERK, ground)
    assert told(done) == [(3, "cut-by-boundary")]
    assert "50%" in done.report["remarks"][0]["message"]
    assert "530103001002002" in done.report["remarks"][0]["message"]
    assert [row.lon for row in stored(ground)] == pytest.approx([102.7035, 102.71])


def test_a_workbook_with_dates_and_numbers_is_read(ground, tmp_path):
    """Excel keeps codes as text, dates as dates, and numbers as numbers."""
    book = openpyxl.Workbook()
    book.active.append(["编码", "名称", "经度", "纬度", "楼层数", "建成日期", "备注"])
    book.active.append([CODES[3], "甲座", 102.705, 25.005, 18.0, __import__("datetime").date(2011, 3, 4), "x"])
    book.active.append([None] * 7)
    book.active.append([CODES[4], "乙座", 102.706, 25.005, None, None, None])
    book.save(tmp_path / "a.xlsx")
    done = import_buildings(tmp_path / "a.xlsx", ASKED, CLERK, ground)
    assert (done.stored, told(done)) == (2, [])
    first = stored(ground)[0]
    assert (first.name, first.storeys, str(first.built_on)) == ("甲座", 18, "2011-03-04")


def test_outside_the_grids_of_one_county_that_county_issues_codes(ground, tmp_path):
    """All grids begin with 530103."""
    done = import_buildings(write(tmp_path / "a.csv", [{"lon": 102.721, "lat": 25.005}]), ASKED, CLERK, ground)
    assert told(done) == [(2, "outside-grids")]
    assert stored(ground)[0].code.startswith("530103")


def test_nobody_writes_outside_the_own_ground(ground, tmp_path):
    """The clerk of a community gets an error for the building in the other one, and for the one in none."""
    rows = [{"lon": 102.705, "lat": 25.005}, {"lon": 102.715, "lat": 25.005}, {"lon": 102.721, "lat": 25.005}]
    clerk = replace(CLERK, scope="530103001001")
    asked = replace(GOOD_ONLY, demands=Demands(county="530103"))
    done = import_buildings(write(tmp_path / "a.csv", rows), asked, clerk, ground)
    assert [entry for entry in told(done) if entry[1] == "outside-scope"] == [
        (3, "outside-scope"),
        (4, "outside-scope"),
    ]
    assert done.stored == 1


def test_a_code_that_needs_a_county_is_not_issued_without_one(ground, tmp_path):
    """Outside the grids of two counties nobody says who issues codes, until the caller does."""
    publish_tree(ground, [Grid("530102", square(3, 0, 4, 1), "district", None, "五华区")])
    path = write(tmp_path / "a.csv", [{"lon": 102.721, "lat": 25.005}])
    assert (2, "no-county") in told(import_buildings(path, ASKED, CLERK, ground))
    done = import_buildings(path, replace(ASKED, demands=Demands(county="530111")), CLERK, ground)
    assert done.stored == 1
    assert stored(ground)[0].code.startswith("530111")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe\x00", "unknown-encoding"),
        (b"", "no-header"),
        (b"name,address\nx,y\n", "no-place-columns"),
        (b"lon,lat\n", "no-features"),
        (b"lon,lat\n1,2,3\n", "unreadable-file"),
        (b"lon,lat,lon\n1,2,3\n", "ambiguous-field"),
    ],
)
def test_what_cannot_be_read_is_refused(ground, tmp_path, content, code):
    """Each with a code of its own."""
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(RuleBrokenError) as refusal:
        import_buildings(tmp_path / "a.csv", ASKED, CLERK, ground)
    assert refusal.value.code == code


def test_before_the_first_edition_nothing_is_imported(work, tmp_path):
    """There is nobody to own a building."""
    with pytest.raises(ClashError, match="no edition"):
        import_buildings(write(tmp_path / "a.csv", [{"lon": 1, "lat": 2}]), ASKED, CLERK, work)


KILLED = """
import os, signal, sys
from pathlib import Path
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.files import building_tables
from gis_service.use_cases.import_buildings import STORING, BuildingImport, import_buildings
from gis_service.use_cases.read_building_file import Reading

building_tables.ROWS_OF_A_PART = 10

def progress(step, rows, total):
    if step == STORING and rows == 20:
        os.kill(os.getpid(), signal.SIGKILL)

engine = make_engine(sys.argv[1], pool_size=1, statement_timeout_ms=30000)
asked = BuildingImport(Reading({}), good_only=True)
work = UnitOfWork(make_session_factory(engine))
import_buildings(Path(sys.argv[2]), asked, Principal("clerk", "planner"), work, progress)
"""


def test_killed_half_way_and_run_again_no_row_is_lost_or_doubled(own_database, tmp_path):
    """45 rows in parts of ten, one of them wrong: killed after 20, the second run stores the rest and no other."""
    engine = make_engine(own_database, pool_size=2, statement_timeout_ms=30_000)
    factory = make_session_factory(engine)
    add_levels(factory)
    work = UnitOfWork(factory)
    publish_tree(work, tiny_tree())
    rows = [{"name": f"{number}栋", "lon": 102.7005 + number / 2500, "lat": 25.005} for number in range(45)]
    rows[30]["lon"] = "?"
    path = write(tmp_path / "a.csv", rows)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, own_database, str(path)], check=False, cwd=Path.cwd(), env={**os.environ}
    )
    assert ended.returncode == -signal.SIGKILL
    assert len(stored(work)) == 20
    done = import_buildings(path, GOOD_ONLY, CLERK, work)
    assert (done.went_on_after, done.stored, done.report["rows_with_errors"]) == (21, 44, 1)
    assert sorted(row.name for row in stored(work)) == sorted(row["name"] for row in rows if row["lon"] != "?")
    with work:
        job = work._session.execute(select(building_import)).one()
    assert (job.stored, job.last_row, job.ended_at is not None) == (44, 46, True)
    engine.dispose()
