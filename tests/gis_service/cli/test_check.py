"""``gis-service check``: files of several formats, what is printed, how it exits."""

from __future__ import annotations

import json

import numpy as np
import pyogrio
import pytest
import shapely
import typer
from pyproj import Transformer
from shapely.geometry import box, mapping
from typer.testing import CliRunner

from gis_service.cli.check import check
from tests.support.partitions import kunming, random_partition, square

app = typer.Typer()
app.command()(check)


def run(*arguments):
    """Run the command on a wide terminal."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200", "LANG": "C"})


def write_geojson(path, grids, **members):
    """Write grids as GeoJSON, with more top-level members."""
    features = [
        {"type": "Feature", "properties": {"code": grid.code}, "geometry": mapping(grid.shape)} for grid in grids
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **members}), encoding="utf-8")
    return path


def write_any(path, shapes, crs, names=None, **fields):
    """Write shapes and text fields in the format of the path's ending."""
    columns = [np.array(values, dtype=object) for values in fields.values()]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(shapes, dtype=object)),
        columns,
        list(fields),
        geometry_type="MultiPolygon",
        promote_to_multi=True,
        crs=crs,
        **(names or {}),
    )
    return path


@pytest.fixture
def overlapping(tmp_path):
    """Two squares that share a tenth."""
    return write_geojson(tmp_path / "two.geojson", [square("a", 0, 0, 1, 1), square("b", 0.9, 0, 2, 1)])


def test_a_valid_file_exits_0(tmp_path):
    """The fourteen districts."""
    found = run(write_geojson(tmp_path / "districts.geojson", kunming()))

    assert found.exit_code == 0
    assert found.stdout == "districts.geojson: 14 grids keep apart and leave no gaps.\n"


def test_a_file_that_fills_its_parent_is_proved(tmp_path):
    """The parent in a file of its own."""
    partition = random_partition(1)
    file = write_geojson(tmp_path / "grids.geojson", partition.grids)
    parent = tmp_path / "parent.geojson"
    parent.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": mapping(partition.parent)}))

    found = run(file, "--parent", parent)

    assert found.exit_code == 0
    assert "12 grids tile their ground exactly: all " in found.stdout


def test_a_parent_may_come_in_the_file_itself(tmp_path):
    """As in the body of POST /v1/boundaries/check; its code appears in the sentence."""
    parent = {"type": "Feature", "properties": {"code": "p"}, "geometry": mapping(square("p", 0, 0, 2, 1).shape)}
    file = write_geojson(tmp_path / "grids.geojson", [square("a", 0, 0, 1, 1)], parent=parent)

    found = run(file)

    assert found.exit_code == 1
    assert "along the edge of p beside a" in found.stdout


def test_findings_exit_1_and_are_told_with_place_and_size(overlapping):
    """A table, a sentence for each, and a verdict."""
    found = run(overlapping)

    assert found.exit_code == 1
    assert "│ error │ overlap │ a b   │ 1,117.89 m² │ 10.1 m │ 102.72095 25.04050 │" in found.stdout
    assert "Grids a and b overlap by 1,117.89 m² (10.1 m wide, 110.8 m long) at 102.72095, 25.04050." in found.stdout
    assert found.stdout.endswith("two.geojson: 2 grids, not valid: 1 overlap; 1,117.89 m² owned more than once.\n")


def test_sentences_are_chinese_where_the_terminal_is(overlapping):
    """LANG decides."""
    found = CliRunner().invoke(app, [str(overlapping)], env={"LANG": "zh_CN.UTF-8", "COLUMNS": "200"})

    assert "网格 a、b 重叠 1,117.89 平方米" in found.stdout


def test_json_is_the_report_of_the_interface(overlapping):
    """The exit code is the same; nothing else on standard output."""
    found = run(overlapping, "--json")

    report = json.loads(found.stdout)
    assert found.exit_code == 1
    assert report["valid"] is False
    assert report["summary"]["overlap"] == 1


def test_the_tolerance_decides_the_class(tmp_path):
    """Squares that share 10 cm: a sliver by default, misaligned where 20 cm is tolerated."""
    file = write_geojson(tmp_path / "two.geojson", [square("a", 0, 0, 1, 1), square("b", 0.999, 0, 2, 1)])

    classes = [
        json.loads(run(file, "--json", *more).stdout)["findings"][0]["class"]
        for more in ([], ["--tolerance-m", "0.2"])
    ]

    assert classes == ["sliver", "misaligned"]


def test_more_findings_than_fit_are_counted(tmp_path):
    """Sixty squares that overlap in a row: 59 findings, of which 50 are shown."""
    row = [square(f"g{i:02d}", i, 0, i + 1.1, 1) for i in range(60)]

    found = run(write_geojson(tmp_path / "row.geojson", row))

    assert "… and 9 more; --json prints all of them." in found.stdout


def test_a_tree_is_checked_level_by_level(tmp_path):
    """A street with two communities that leave a tenth of it open."""
    rows = [
        ({"code": "s", "level": "street"}, square("", 0, 0, 2, 1)),
        ({"code": "a", "level": "community", "parent": "s"}, square("", 0, 0, 1, 1)),
        ({"code": "b", "level": "community", "parent": "s"}, square("", 1, 0, 1.8, 1)),
    ]
    features = [{"type": "Feature", "properties": row, "geometry": mapping(grid.shape)} for row, grid in rows]
    file = tmp_path / "tree.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))

    report = json.loads(run(file, "--json").stdout)

    assert report["summary"]["uncovered-parent"] == 1
    assert "overlap" not in report["summary"]
    assert report["summary"]["coverage_ratio"] == pytest.approx(0.9)


@pytest.mark.parametrize("field", ["code", "GridCode", "adcode", "ID", "网格编码"])
def test_the_field_of_the_codes_is_guessed(tmp_path, field):
    """Usual names in any case."""
    file = tmp_path / "one.geojson"
    properties = {"name": "x", field: 530102}
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": mapping(shapely.Polygon([(1, 1), (2, 2), (2, 1), (1, 2)])),
    }
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))

    assert json.loads(run(file, "--json").stdout)["findings"][0]["grids"] == ["530102"]


def test_a_grid_without_a_code_is_called_by_its_number(tmp_path):
    """The second of two; a row that is no feature at all is the third."""
    file = tmp_path / "two.geojson"
    first = {"type": "Feature", "properties": {"code": "a"}, "geometry": mapping(square("", 0, 0, 1, 1).shape)}
    second = {"type": "Feature", "properties": {"code": None}, "geometry": {"type": "Polygon"}}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [first, second, 7]}))

    messages = [finding["message"] for finding in json.loads(run(file, "--json").stdout)["findings"]]

    assert messages == ["Grid #2 has no geometry.", "Grid #3 has no geometry."]


def test_a_projected_file_is_converted(tmp_path):
    """The districts in CGCS2000 three-degree zones, to the millimetre, as GeoPackage."""
    plane = Transformer.from_crs("EPSG:4326", "EPSG:4543", always_xy=True)
    shapes = [
        shapely.transform(grid.shape, lambda points: np.column_stack(plane.transform(*points.T)).round(3))
        for grid in kunming()
    ]
    file = write_any(tmp_path / "districts.gpkg", shapes, "EPSG:4543", code=[grid.code for grid in kunming()])

    assert run(file).stdout == "districts.gpkg: 14 grids keep apart and leave no gaps.\n"


def test_long_edges_of_a_projected_file_do_not_open_when_it_is_converted(tmp_path):
    """Children of 4 km in a parent of four corners, in separate files: without noding, 8 m2 would seem uncovered."""
    east, north = 500_000, 2_770_000
    children = [box(east + 4000 * i, north, east + 4000 * i + 4000, north + 4000) for i in range(2)]
    file = write_any(tmp_path / "grids.gpkg", children, "EPSG:4543", code=["a", "b"])
    parent = write_any(
        tmp_path / "parent.gpkg", [box(east, north, east + 8000, north + 4000)], "EPSG:4543", name=["p"]
    )

    found = run(file, "--parent", parent)

    assert found.exit_code == 0
    assert "2 vertices were set on long edges where neighbours meet them" in found.stderr
    assert "tile their ground exactly" in found.stdout


def test_degrees_of_cgcs2000_are_taken_as_they_stand(tmp_path):
    """EPSG:4490: the squares meet as they do in EPSG:4326."""
    grids = [square("a", 0, 0, 1, 1), square("b", 1, 0, 2, 1)]
    file = write_any(tmp_path / "two.gpkg", [grid.shape for grid in grids], "EPSG:4490", code=["a", "b"])

    assert run(file).exit_code == 0


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_text_of_a_shapefile_is_read_whatever_its_encoding(tmp_path, encoding):
    """Codes in Chinese characters, with the .cpg taken away that would name their encoding."""
    grids = [square("a", 0, 0, 1, 1), square("b", 0.9, 0, 2, 1)]
    file = write_any(
        tmp_path / "two.shp",
        [grid.shape for grid in grids],
        "EPSG:4326",
        {"encoding": encoding},
        code=["盘龙一号网格", "盘龙二号网格"],
    )
    (tmp_path / "two.cpg").unlink()

    report = json.loads(run(file, "--json").stdout)

    assert report["findings"][0]["grids"] == ["盘龙一号网格", "盘龙二号网格"]


def unusable(tmp_path):
    """Return arguments that cannot be used, by the words that say so."""
    plain = write_geojson(tmp_path / "plain.geojson", [square("a", 0, 0, 1, 1)])
    empty = write_geojson(tmp_path / "empty.geojson", [])
    two = write_geojson(tmp_path / "two.geojson", [square("a", 0, 0, 1, 1), square("b", 1, 0, 2, 1)])
    (tmp_path / "broken.geojson").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "object.json").write_text("{}")
    (tmp_path / "text.xyz").write_text("hello")
    nameless = tmp_path / "nameless.geojson"
    nameless.write_text(json.dumps({"type": "Feature", "properties": {"label": 1}, "geometry": None}))
    shapeless = tmp_path / "shapeless.geojson"
    shapeless.write_text(json.dumps({"type": "Feature", "properties": {"code": 1}, "geometry": None}))
    odd = write_geojson(tmp_path / "odd.geojson", [square("a", 0, 0, 1, 1)], crs={"properties": {"name": "EPSG:1"}})
    far = write_any(tmp_path / "far.shp", [box(500_000, 2_770_000, 500_100, 2_770_100)], None, code=["a"])
    return {
        "There is no file": [tmp_path / "nowhere.geojson"],
        "holds no features": [empty],
        "is not readable as GeoJSON": [tmp_path / "broken.geojson"],
        "its top level is no object": [tmp_path / "list.json"],
        "no GeoJSON FeatureCollection or Feature": [tmp_path / "object.json"],
        "is not readable: ": [tmp_path / "text.xyz"],
        "has no field x; its fields are: code.": [plain, "--code-field", "x"],
        "name the one that holds the codes with --code-field; its fields are: label.": [nameless],
        "has a coordinate system that is not known: EPSG:1": [odd],
        "does not say its coordinate system": [far],
        "holds 2 features; the parent is one polygon": [plain, "--parent", two],
        "has no geometry": [plain, "--parent", shapeless],
        **unusable_geometries(tmp_path),
        "is GeoJSON, which has no layers": [plain, "--layer", "zz"],
    }


def unusable_geometries(tmp_path):
    """Return files of one feature that cannot be used, by the words that say so."""
    polygon = json.dumps(mapping(square("a", 0, 0, 1, 1).shape))
    nested = '{"type": "Polygon", "coordinates": ' + "[" * 900 + "]" * 900 + "}"
    collections = '{"type": "GeometryCollection", "geometries": [' * 490 + "]}" * 490
    files = {
        "coordinates that are nested too deeply": (nested, "null"),
        "contents are nested too deeply": (collections, "null"),
        "does not name a coordinate system": (polygon, '{"type": "name", "properties": []}'),
        "holds Point where Polygon or MultiPolygon is needed": (
            '{"type": "Point", "coordinates": [102, 25]}',
            "null",
        ),
        "latitude 95.0 is out of range": (json.dumps(mapping(box(102, 95, 103, 96))), "null"),
    }
    for number, (geometry, crs) in enumerate(files.values()):
        (tmp_path / f"unusable{number}.geojson").write_text(
            f'{{"type": "Feature", "properties": {{"code": "a"}}, "geometry": {geometry}, "crs": {crs}}}'
        )
    return {words: [tmp_path / f"unusable{number}.geojson"] for number, words in enumerate(files)}


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize(
    "words",
    [
        "There is no file",
        "holds no features",
        "is not readable as GeoJSON",
        "its top level is no object",
        "no GeoJSON FeatureCollection or Feature",
        "is not readable: ",
        "has no field x; its fields are: code.",
        "name the one that holds the codes with --code-field; its fields are: label.",
        "has a coordinate system that is not known: EPSG:1",
        "does not say its coordinate system",
        "holds 2 features; the parent is one polygon",
        "has no geometry",
        "coordinates that are nested too deeply",
        "contents are nested too deeply",
        "does not name a coordinate system",
        "holds Point where Polygon or MultiPolygon is needed",
        "latitude 95.0 is out of range",
        "is GeoJSON, which has no layers",
    ],
)
def test_input_that_cannot_be_used_exits_2_with_one_line(tmp_path, words):
    """The line says what is wrong; standard output stays empty."""
    found = run(*unusable(tmp_path)[words])

    assert found.exit_code == 2
    assert words in found.stderr
    assert found.stderr.count("\n") == 1
    assert found.stdout == ""


@pytest.mark.parametrize("tolerance", ["-1", "nan", "inf"])
def test_a_tolerance_that_is_no_length_exits_2(overlapping, tolerance):
    """Negative, not a number, endless."""
    assert run(overlapping, "--tolerance-m", tolerance).exit_code == 2


@pytest.fixture
def certified(tmp_path):
    """Return a street tiled by two squares, and the report on it."""
    street = {"type": "Feature", "properties": {"code": "s"}, "geometry": mapping(STREET)}
    file = write_geojson(tmp_path / "grids.geojson", HALVES, parent=street)
    report = tmp_path / "report.json"
    report.write_text(run(file, "--json").stdout, encoding="utf-8")
    return file, report, street


STREET = shapely.coverage_union_all([square("", 0, 0, 1, 1).shape, square("", 1, 0, 2, 1).shape])
HALVES = [square("a", 0, 0, 1, 1), square("b", 1, 0, 2, 1)]


@pytest.mark.parametrize(
    "wrap", [lambda report: report, lambda report: report["certificate"]], ids=["report", "bare"]
)
def test_a_file_is_what_was_certified(certified, wrap):
    """The report whole, as an edition has it too, and the certificate by itself."""
    file, report, _ = certified
    report.write_text(json.dumps(wrap(json.loads(report.read_text()))), encoding="utf-8")

    found = run(file, "--certificate", report)

    assert found.exit_code == 0
    assert found.stdout == "grids.geojson is exactly what was certified.\n"


def test_a_file_that_is_not_what_was_certified_exits_1(certified, tmp_path):
    """Two grids that have changed their codes: the same ground, another owner."""
    _, report, street = certified
    swapped = [square("b", 0, 0, 1, 1), square("a", 1, 0, 2, 1)]

    found = run(write_geojson(tmp_path / "swapped.geojson", swapped, parent=street), "--certificate", report)

    assert found.exit_code == 1
    assert found.stdout.startswith("Certified is the hash of edges, owners and codes ")
    assert found.stdout.endswith("swapped.geojson is not what was certified.\n")


def test_differences_can_be_read_by_machines(certified, tmp_path):
    """A square is missing: no proof, and every figure differs."""
    _, report, street = certified
    half = write_geojson(tmp_path / "half.geojson", HALVES[:1], parent=street)

    found = run(half, "--certificate", report, "--json")

    told = json.loads(found.stdout)
    assert (found.exit_code, told["certified"]) == (1, False)
    assert [one["what"] for one in told["differences"]] == [
        "proof",
        "families",
        "grids",
        "edges",
        "doubled_area",
        "hash",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not readable as JSON"),
        ('{"certificate": null}', "holds no certificate; nothing was proved there."),
        ("[]", "holds no certificate"),
        ('{"form": "edge-cancellation/1"}', "can be verified"),
    ],
)
def test_what_is_no_certificate_exits_2(certified, text, reason):
    """Broken JSON, the report on something faulty, a list, an older form."""
    file, report, _ = certified
    report.write_text(text, encoding="utf-8")

    found = run(file, "--certificate", report)

    assert found.exit_code == 2
    assert reason in found.stderr
