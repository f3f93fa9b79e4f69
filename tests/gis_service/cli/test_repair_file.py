"""``gis-service check FILE --fix OUT``: what is written, what is printed, what is refused."""

from __future__ import annotations

import json

import numpy as np
import pyogrio
import pytest
import shapely
import typer
from pyarrow import parquet
from pyproj import Transformer
from shapely.geometry import mapping
from typer.testing import CliRunner

from gis_service.cli.check import check
from gis_service.files.vector_files import read_vector_file
from grid_boundaries.check import check_grids
from grid_boundaries.partition import Grid, on_lattice
from tests.support.partitions import random_partition, square

app = typer.Typer()
app.command()(check)


def run(*arguments, lang="C"):
    """Run the command on a wide terminal."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200", "LANG": lang})


def write_geojson(path, grids):
    """Write grids as GeoJSON, with Chinese text, a number, a list and nothing in their attributes."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": grid.code, "名称": f"第{i}网格", "户数": i, "标签": ["甲", i], "备注": None},
            "geometry": mapping(grid.shape),
        }
        for i, grid in enumerate(grids)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


@pytest.fixture
def grown():
    """A partition of twelve, one of them 1.5 m too large on all sides."""
    return random_partition(3).redraw(4, lambda metres: shapely.buffer(metres, 1.5, join_style="mitre"))


def shapes_of(path):
    """Return the geometries of a file by code."""
    return [Grid(row.properties["code"], row.shape) for row in read_vector_file(path).features]


@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".shp", ".fgb"])
def test_the_repaired_file_keeps_all_attributes_and_is_valid(tmp_path, grown, ending):
    """Chinese names and values; the file that was read is as it was."""
    file = write_geojson(tmp_path / "in.geojson", grown)
    given = file.read_bytes()
    out = tmp_path / f"out{ending}"

    found = run(file, "--fix", out)

    assert found.exit_code == 0, found.output
    assert file.read_bytes() == given
    rows = {row.properties["code"]: row.properties for row in read_vector_file(out).features}
    assert [rows[grid.code]["名称"] for grid in grown] == [f"第{i}网格" for i in range(12)]
    assert [rows[grid.code]["户数"] for grid in grown] == list(range(12))
    assert check_grids(shapes_of(out)).valid
    assert all(shapely.equals_exact(grid.shape, on_lattice(grid.shape)) for grid in shapes_of(out))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_geoparquet_is_written_with_its_metadata(tmp_path, grown):
    """Columns by attribute, the geometry as WKB, the key geo as GeoParquet 1.1 asks."""
    out = tmp_path / "out.parquet"

    found = run(write_geojson(tmp_path / "in.geojson", grown), "--fix", out)

    table = parquet.read_table(out)
    geo = json.loads(table.schema.metadata[b"geo"])
    assert found.exit_code == 0
    assert table.column("名称").to_pylist()[:2] == ["第0网格", "第1网格"]
    assert geo["columns"][geo["primary_column"]]["encoding"] == "WKB"
    shapes = shapely.from_wkb(table.column("geometry").to_pylist())
    assert check_grids([Grid(str(i), shape) for i, shape in enumerate(shapes)]).valid


def test_a_projected_shapefile_comes_back_in_degrees_and_says_so(tmp_path, grown):
    """CGCS2000, 3-degree zone at 102 E; long field names get short ones of whole characters."""
    metres = Transformer.from_crs(4326, 4544, always_xy=True)
    shapes = [
        shapely.transform(grid.shape, lambda points: np.column_stack(metres.transform(*points.T))) for grid in grown
    ]
    file = tmp_path / "in.gpkg"
    pyogrio.raw.write(
        file,
        shapely.to_wkb(np.array(shapes, dtype=object)),
        [np.array([grid.code for grid in grown], dtype=object), np.array(["云南"] * len(grown), dtype=object)],
        ["code", "所在省份名称"],
        geometry_type="Polygon",
        crs="EPSG:4544",
    )

    found = run(file, "--fix", tmp_path / "out.shp")

    assert found.exit_code == 0, found.output
    assert "out.shp is in degrees, EPSG:4326, to nine decimals." in found.stdout
    assert "Field 所在省份名称 is called 所在省 in out.shp." in found.stdout
    assert read_vector_file(tmp_path / "out.shp").features[0].properties == {"code": "g00", "所在省": "云南"}
    assert check_grids(shapes_of(tmp_path / "out.shp")).valid


def test_what_moves_is_printed_by_grid(tmp_path, grown):
    """One row for each grid that gains or loses, with the rule; pieces larger than a shed are starred."""
    file = write_geojson(tmp_path / "in.geojson", grown)

    english = run(file, "--fix", tmp_path / "out.geojson")
    chinese = run(file, "--fix", tmp_path / "zh.geojson", lang="zh_CN.UTF-8")

    assert "8,701.52 m²" in english.stdout
    assert "longest-edge *" in english.stdout
    assert "out.geojson: 12 grids, 1 changed, 1 of them gain or lose ground." in english.stdout
    assert "公共边最长" in chinese.stdout
    assert "请人工确认" in chinese.stdout


def test_json_prints_the_proposal(tmp_path, grown):
    """With the report of the check after it."""
    found = run(write_geojson(tmp_path / "in.geojson", grown), "--fix", tmp_path / "out.geojson", "--json")

    told = json.loads(found.stdout)
    assert told["report_after"]["valid"]
    assert [row["properties"]["code"] for row in told["grids"]] == ["g04"]


def test_what_cannot_be_repaired_exits_1_and_is_said(tmp_path):
    """Two grids with one polygon, and an overlap that goes all the same."""
    grids = [square("a", 0, 0, 1.1, 1), square("b", 1, 0, 2, 1), square("c", 1, 0, 2, 1)]

    found = run(write_geojson(tmp_path / "in.geojson", grids), "--fix", tmp_path / "out.geojson")

    assert found.exit_code == 1
    assert "keeps the same polygon as b" in found.stdout
    assert "1 errors could not be repaired." in found.stdout
    assert (tmp_path / "out.geojson").exists()


def test_a_valid_file_exits_0(tmp_path):
    """Nothing to repair; the file is written all the same, so that a script finds it."""
    out = tmp_path / "out.geojson"

    found = run(write_geojson(tmp_path / "in.geojson", random_partition(3).grids), "--fix", out)

    assert found.exit_code == 0
    assert "out.geojson: 12 grids, 0 changed" in found.stdout
    assert len(shapes_of(out)) == 12


def test_no_file_is_overwritten_unasked(tmp_path, grown):
    """One that is there needs --force; the one that is read is never written to, whatever its name."""
    file = write_geojson(tmp_path / "in.geojson", grown)
    out = tmp_path / "out.geojson"
    out.write_text("mine")
    link = tmp_path / "link.geojson"
    link.symlink_to(file)

    there = run(file, "--fix", out)
    kept = out.read_text()
    forced = run(file, "--fix", out, "--force")
    own = [run(file, "--fix", path, "--force") for path in (file, link)]

    assert (there.exit_code, kept) == (2, "mine")
    assert "is there already; add --force" in there.stderr
    assert forced.exit_code == 0
    assert check_grids(shapes_of(out)).valid
    assert [found.exit_code for found in own] == [2, 2]
    assert "is the file that is read" in own[0].stderr


def test_what_cannot_be_written_is_refused(tmp_path, grown):
    """An unknown ending, a directory that is not there, text too long for a Shapefile."""
    file = write_geojson(tmp_path / "in.geojson", grown)
    wordy = tmp_path / "wordy.geojson"
    features = [
        {"type": "Feature", "properties": {"code": "a", "memo": "网" * 100}, "geometry": mapping(grown[0].shape)}
    ]
    wordy.write_text(json.dumps({"type": "FeatureCollection", "features": features}))

    ending = run(file, "--fix", tmp_path / "out.dxf")
    nowhere = run(file, "--fix", tmp_path / "none" / "out.geojson")
    cut = run(wordy, "--fix", tmp_path / "out.shp")

    assert [found.exit_code for found in (ending, nowhere, cut)] == [2, 2, 2]
    assert "an ending that is not known" in ending.stderr
    assert "There is no directory" in nowhere.stderr
    assert "write out.gpkg or GeoJSON" in cut.stderr
