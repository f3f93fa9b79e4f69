"""``gis-service locate``: words in, files and sentences out."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from gis_service.bulk.locator_file import write_locator
from gis_service.cli.main import app
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from tests.support.bulk import tree_ownership, write_tree
from tests.support.editions import NEW_YEAR, store_ranks
from tests.support.lookups import store_two_editions
from tests.support.tree import at

INSIDE, NOWHERE = "{},{}".format(*at(0.5, 2.5)), "{},{}".format(*at(9, 9))


@pytest.fixture
def points(tmp_path):
    """A point of B1, one of nobody, and a bad one."""
    path = tmp_path / "points.csv"
    path.write_text(f"经度,纬度\n{INSIDE}\n{NOWHERE}\n,1\n", encoding="utf-8")
    write_tree(tmp_path / "grids.geojson")
    return path


def run(*arguments, **environment):
    return CliRunner().invoke(
        app, ["locate", *map(str, arguments)], env={"COLUMNS": "200", "LANG": "C"} | environment
    )


def test_points_are_located_by_a_file_of_grids(points, tmp_path):
    """Beside the input; the bad row is told on standard error, the summary on standard output."""
    result = run(points, "--grids", tmp_path / "grids.geojson", "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == f"{points}, row 3: no coordinates 无坐标\n"
    told = json.loads(result.stdout)
    out = tmp_path / "points-located.csv"
    assert {name: told[name] for name in ("out", "edition", "engine", "points", "owned", "outside", "bad")} == {
        "out": str(out),
        "edition": None,
        "engine": "local",
        "points": 3,
        "owned": 1,
        "outside": 1,
        "bad": 1,
    }
    assert told["bad_rows"] == [{"part": "", "row": 3, "reason": "no coordinates 无坐标"}]
    assert out.read_text(encoding="utf-8").splitlines()[1] == f"{INSIDE},B1,A,B,B1,,,"


def test_points_are_located_by_a_locator_file(points, tmp_path):
    write_locator(tmp_path / "tree.locator", tree_ownership())
    result = run(points, "-o", tmp_path / "out.csv", "--locator", tmp_path / "tree.locator")
    assert result.stdout.startswith(f"{tmp_path / 'out.csv'}: 3 points, 1 owned, 1 outside, 1 without usable coord")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1] == f"{INSIDE},B1,A,B,B1,,7,"


def test_the_edition_is_that_of_the_database(points, tmp_path, own_database):
    """In force now is the second, one district X; the first by number and by date.

    Each is kept as a file, as the service keeps it, and a file that is there is mapped.
    """
    engine = make_engine(own_database, pool_size=1, statement_timeout_ms=60_000)
    sessions = make_session_factory(engine)
    store_ranks(sessions)
    store_two_editions(lambda: UnitOfWork(sessions))
    engine.dispose()
    found, kept = [], []
    for asked in ((), ("--edition", 1), ("--at", f"{NEW_YEAR.date()}T12:00")):
        result = run(points, "--force", *asked, GIS_DATABASE_URL=own_database, GIS_HOME=str(tmp_path / "home"))
        assert result.exit_code == 0, result.output
        kept.append({path.name: path.stat().st_ino for path in (tmp_path / "home" / "snapshots").glob("*.snapshot")})
        line = (tmp_path / "points-located.csv").read_text(encoding="utf-8").splitlines()[1]
        found.append((line.split(",")[2], line.split(",")[-2]))
    assert datetime.now(UTC) > NEW_YEAR
    assert found == [("X", "2"), ("B1", "1"), ("B1", "1")]
    assert [len(files) for files in kept] == [1, 2, 2]
    assert kept[1] == kept[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--edition", "1", "--grids", "a"], "give one of --edition and --grids"),
        (["--level", "street"], "it is for --grids"),
        (["--scheduler", "tcp://a:1", "--grids", "a"], "it is for --engine dask"),
        (["--engine", "dask", "--grids", "GRIDS"], "takes Parquet"),
        (["--crs", "EPSG:3857", "--grids", "GRIDS"], "EPSG:3857' is not known here"),
        (["--grids", "nowhere.geojson"], "There is no file nowhere.geojson"),
        (["--locator", "GRIDS"], "no locator file"),
        (["--at", "soon"], "a date such as 2026-05-01 is needed"),
        (["--lon", "a", "--lat", "b", "--grids", "GRIDS"], "has no column a; its columns are: 经度, 纬度"),
    ],
)
def test_a_wrong_use_is_one_line_and_exit_code_2(points, tmp_path, words, said):
    result = run(points, *(word.replace("GRIDS", str(tmp_path / "grids.geojson")) for word in words))
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "points-located.csv").exists()


def test_no_usable_row_ends_with_1(points, tmp_path):
    """Degrees, said to be metres: twelve rows, ten told one by one, all counted; the output is there."""
    points.write_text("lon,lat\n" + f"{INSIDE}\n" * 11 + ",\n", encoding="utf-8")
    result = run(points, "--crs", "EPSG:4543", "--grids", tmp_path / "grids.geojson", "--json")
    assert result.exit_code == 1
    *told, more, last = result.stderr.splitlines()
    assert len(told) == 10
    assert "11 looks like degrees" in more
    assert "1 no coordinates" in more
    assert last.startswith(f"No row of {points} has usable coordinates; look at --lon, --lat and --crs.")
    counted = json.loads(result.stdout)
    assert (counted["bad"], sorted(counted["bad_by_reason"].values())) == (12, [1, 11])
    assert (tmp_path / "points-located.csv").exists()


def test_a_file_without_rows_ends_with_0(points, tmp_path):
    points.write_text("lon,lat\n", encoding="utf-8")
    assert run(points, "--grids", tmp_path / "grids.geojson").exit_code == 0


def test_strict_ends_with_1_and_a_missing_file_with_2(points, tmp_path):
    grids = tmp_path / "grids.geojson"
    result = run(points, "--strict", "--grids", grids)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "row 3" in result.stderr
    result = run(tmp_path / "never", "--grids", grids)
    assert (result.exit_code, result.stderr) == (2, f"There is no file {tmp_path / 'never'}.\n")


def test_an_invalid_grid_is_refused_with_what_to_do(points, tmp_path):
    """A bow tie."""
    ring = [at(0, 0), at(1, 1), at(1, 0), at(0, 1), at(0, 0)]
    shape = {"type": "Polygon", "coordinates": [ring]}
    features = [{"type": "Feature", "properties": {"code": "A"}, "geometry": shape}]
    (tmp_path / "bow.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    result = run(points, "--grids", tmp_path / "bow.geojson", "--level", "street")
    assert result.exit_code == 2
    assert "Grid A of" in result.stderr
    assert "see gis-service check" in result.stderr
