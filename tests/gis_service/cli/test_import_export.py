"""``gis-service import``, ``export`` and ``plan``, from file to edition to file."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import shapely
from shapely.geometry import mapping
from typer.testing import CliRunner

from gis_service.cli.main import app
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.diff import compare
from gis_service.domain.level import STANDARD_LEVELS
from gis_service.files.grid_fields import FieldMapping, read_grids
from gis_service.files.vector_files import convert_to_degrees, read_vector_file
from grid_boundaries.partition import Grid, on_lattice
from tests.support.grid_files import write_geojson, write_with_gdal
from tests.support.ground import UNITS, square, tiny_tree

FIRST = next(iter(UNITS))


@pytest.fixture
def run(own_database):
    """Run a command on an empty database."""

    def act(*arguments):
        environment = {"GIS_DATABASE_URL": own_database, "COLUMNS": "200", "LANG": "C"}
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)

    return act


@pytest.fixture
def stored(own_database):
    """The grids of an edition in the database."""
    engine = make_engine(own_database, pool_size=1, statement_timeout_ms=60_000)

    def act(edition=1) -> list[Grid]:
        with UnitOfWork(make_session_factory(engine)) as work:
            return work.grids.of_edition(edition)

    yield act
    engine.dispose()


@pytest.fixture
def published(run, tmp_path):
    """The tiny tree as edition 1."""
    done = run(
        "import", "grids", write_geojson(tmp_path / "tree.geojson", tiny_tree()), "--publish", "--note", "首版"
    )
    assert done.exit_code == 0, done.output
    return done


def test_a_first_tree_is_imported_and_published_in_one_command(published, stored):
    """All levels in one file, into a database without even levels."""
    assert "Read 8 grids of tree.geojson: code from 网格编码, name from 网格名称, level from 层级" in published.stdout
    assert "8 grids tile their ground exactly" in published.stdout
    assert "Published as edition 1" in published.stdout
    assert compare(tiny_tree(), stored()) == []


def test_a_tree_can_come_level_by_level(run, tmp_path, stored):
    """Three files into one plan; what is not there yet is a finding, and exits 1."""
    tree = tiny_tree()
    upper = write_geojson(tmp_path / "upper.geojson", tree[:4])
    units = write_geojson(tmp_path / "units.geojson", tree[4:6])
    rest = write_with_gdal(tmp_path / "rest.shp", tree[6:], epsg=4543, encoding="GBK")

    results = [
        run("import", "grids", upper, "--title", "区级", "--json"),
        run("import", "grids", units, "--plan", 1, "--json"),
        run("import", "grids", rest, "--plan", 1, "--publish", "--note", "x", "--json"),
    ]

    assert [one.exit_code for one in results] == [0, 0, 0], results[-1].output
    told = [json.loads(one.stdout) for one in results]
    assert [one["change"]["position"] for one in told] == [1, 2, 3]
    assert told[0]["plan"]["title"] == "区级"
    assert [one["edition"] is None for one in told] == [True, True, False]
    assert {grid.code for grid in stored()} == {grid.code for grid in tree}


def test_a_rehearsal_stores_nothing(run, tmp_path):
    """The same report; no plan and no edition afterwards."""
    path = write_geojson(tmp_path / "tree.geojson", tiny_tree())

    done = run("import", "grids", path, "--publish", "--note", "x", "--dry-run")

    assert done.exit_code == 0
    assert "tile their ground exactly" in done.stdout
    assert "nothing is stored" in done.stdout
    assert json.loads(run("plan", "list", "--json").stdout) == []
    assert run("export", "grids", tmp_path / "out.geojson").exit_code == 2


def test_findings_exit_1_and_are_not_published(run, tmp_path):
    """A grid drawn over its neighbour; the plan stays for mending."""
    tree = tiny_tree()
    tree[4] = replace(tree[4], shape=square(0, 0, 1, 2))
    path = write_geojson(tmp_path / "bad.geojson", tree)

    done = run("import", "grids", path, "--publish", "--note", "x")

    assert done.exit_code == 1
    assert "8 grids, not valid: " in done.stdout
    assert "Not published. Next: mend the file and import it again with --plan 1" in done.stdout
    assert run("plan", "publish", 1, "--note", "x").exit_code == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--plan", "77"], "no plan has the id 77"),
        (["--level-field", "zz"], "has no field zz"),
        (["--crs", "gcj02"], "boundaries are not taken"),
        (["--layer", "x"], "is GeoJSON, which has no layers"),
    ],
)
def test_what_cannot_be_used_exits_2_with_one_line(run, tmp_path, more, words):
    """Nothing on standard output."""
    done = run("import", "grids", write_geojson(tmp_path / "tree.geojson", tiny_tree()), *more)

    assert done.exit_code == 2
    assert done.stdout == ""
    assert words in done.stderr


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "EPSG:4543", "EPSG:4522"])
@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".shp", ".parquet"])
def test_what_is_exported_and_imported_again_is_the_same(published, run, stored, tmp_path, ending, crs):
    """Every format and system, to the last step of the lattice; the plan that it would make changes nothing."""
    out = tmp_path / f"out{ending}"

    done = run("export", "grids", out, "--crs", crs)

    if ending == ".geojson" and crs in {"EPSG:4543", "EPSG:4522"}:
        assert done.exit_code == 2
        assert "GeoJSON is in degrees" in done.stderr
        return
    assert done.stdout == f"out{ending}: 8 grids of edition 1, {crs}.\n"
    (file,), _ = convert_to_degrees([read_vector_file(out)])
    again = read_grids(file, FieldMapping(), STANDARD_LEVELS).grids
    snapped = [as_stored(grid) for grid in again]
    assert compare(stored(), snapped) == []


def as_stored(grid: Grid) -> Grid:
    """The grid on the lattice; one polygon is no MultiPolygon, as the database hands it out."""
    shape = on_lattice(grid.shape)
    shape = shape.geoms[0] if len(shapely.get_parts(shape)) == 1 and shape.geom_type == "MultiPolygon" else shape
    return replace(grid, shape=shape)


def test_part_of_an_edition_can_be_exported(published, run, tmp_path):
    """By level and by subtree, parents first."""
    out = tmp_path / "part.geojson"

    run("export", "grids", out, "--under", FIRST[:12])
    below = [feature["id"] for feature in json.loads(out.read_text())["features"]]
    run("export", "grids", out, "--under", FIRST[:12], "--level", "unit_grid")
    units = [feature["id"] for feature in json.loads(out.read_text())["features"]]

    assert below == [FIRST[:12], *units]
    assert units == [code for code in sorted(UNITS) if code.startswith(FIRST[:12])]
    assert run("export", "grids", out, "--under", "nobody").exit_code == 2
    assert run("export", "grids", tmp_path / "x.csv").exit_code == 2
    assert run("export", "grids", out, "--at", "2000-01-01").exit_code == 2


@pytest.mark.parametrize("ending", [".geojson", ".shp"])
def test_a_part_that_was_exported_is_checked_by_itself(published, run, tmp_path, ending):
    """A community and its two grids: the street above is missed, unless the check is told where the part begins."""
    out, top = tmp_path / f"part{ending}", FIRST[:12]
    run("export", "grids", out, "--under", top)

    alone, told, wrong = run("check", out), run("check", out, "--under", top), run("check", out, "--under", "zz")

    assert alone.exit_code == 1
    assert "unknown-parent" in alone.stdout
    assert told.exit_code == 0, told.output
    assert "3 grids tile their ground exactly" in told.stdout
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "has no grid zz; --under names the grid at its top" in wrong.stderr


def test_a_day_of_a_planner_on_the_command_line(published, run, tmp_path):
    """Split, look, undo, redo, rename, set, publish; take the edition back."""
    line = tmp_path / "line.wkt"
    line.write_text("LINESTRING (102.699 25.015, 102.711 25.015)")

    plan = int(run("plan", "create", "--title", "重划").stdout)
    split = run("plan", "split", plan, FIRST, f"@{line}", "--new-codes", "A1,A2")
    assert split.exit_code == 0, split.output
    assert "retired 530103001001001" in split.stdout
    assert run("plan", "undo", plan).exit_code == 0
    assert run("plan", "undo", plan).exit_code == 2
    assert run("plan", "redo", plan).exit_code == 0
    assert run("plan", "rename", plan, "A1", "北网格").exit_code == 0
    assert run("plan", "set", plan, "A1", "--households", "150", "--kind", "dedicated").exit_code == 0
    assert run("plan", "set", plan, "A2", "--households", "unknown").exit_code == 0
    shown = json.loads(run("plan", "show", plan, "--json").stdout)
    assert [change["op"] for change in shown["changes"]] == ["split", "rename", "set", "set"]
    assert run("plan", "report", plan).exit_code == 0
    assert "A1" in run("plan", "impact", plan).stdout
    assert "edition 2" in run("plan", "publish", plan, "--note", "分格").stdout
    back = int(run("plan", "revert-edition", 2).stdout)
    assert json.loads(run("plan", "show", back, "--json").stdout)["reverts"] == 2
    assert run("plan", "withdraw", back).exit_code == 0
    assert "withdrawn" in run("plan", "list").stdout


def test_shapes_that_are_none_are_refused(published, run):
    """Neither GeoJSON nor WKT, and a polygon where a line is needed."""
    plan = int(run("plan", "create", "--title", "x").stdout)

    for shape, words in (
        ("hello", "neither GeoJSON nor WKT"),
        ("@nowhere", "not readable"),
        ("POINT (1 2)", "LineString"),
    ):
        done = run("plan", "split", plan, FIRST, shape)
        assert done.exit_code == 2, done.output
        assert words in done.stderr


def test_merge_retire_carve_and_move(published, run):
    """The other operations reach the same use case."""
    plan = int(run("plan", "create", "--title", "x").stdout)
    second = sorted(UNITS)[1]
    merged = run("plan", "merge", plan, FIRST, second, "--into", FIRST)
    assert merged.exit_code == 0, merged.output
    polygon = json.dumps(mapping(shapely.box(102.702, 25.002, 102.704, 25.004)))
    carved = run("plan", "carve", plan, polygon, "--name", "沿街商铺", "--json")
    assert carved.exit_code == 0, carved.output
    assert json.loads(carved.stdout)["change"]["op"] == "carve"
    assert run("plan", "move-parent", plan, FIRST, "--parent", "nobody").exit_code == 2
    assert run("plan", "retire", plan, FIRST).exit_code == 1
    assert run("plan", "move-edge", plan, FIRST, "nobody", "LINESTRING (0 0, 1 1)").exit_code == 2


def test_a_gap_is_repaired_on_the_command_line(published, run, tmp_path):
    """A unit grid loses its southern half to nobody; it gets it back, since it had it before."""
    whole = next(grid for grid in tiny_tree() if grid.code == FIRST)
    west, _, east, north = whole.shape.bounds
    half = replace(whole, shape=shapely.box(west, 25.015, east, north))
    torn = run("import", "grids", write_geojson(tmp_path / "half.geojson", [half]), "--title", "一半")
    assert torn.exit_code == 1

    proposed = run("plan", "repair", 2)
    assert proposed.exit_code == 0, proposed.output
    assert f"m² of nobody → {FIRST} (before): 0 buildings" in proposed.stdout
    assert not json.loads(run("plan", "report", 2, "--json").stdout)["valid"]

    taken = run("plan", "repair", 2, "--take")
    assert taken.exit_code == 0, taken.output
    assert json.loads(run("plan", "report", 2, "--json").stdout)["valid"]
    assert run("plan", "repair", 2, "--choice", "nonsense").exit_code == 2
