"""Input that nobody should send: each is a finding or a clear refusal, through every door; nothing raises or hangs.

Sizes far beyond were measured, not asserted: see docs/boundaries.md.
"""

from __future__ import annotations

import json
import math

import numpy as np
import pyogrio
import pytest
import shapely
import typer
from shapely.geometry import mapping
from typer.testing import CliRunner

from gis_service.api.geojson import parse_partition
from gis_service.cli.check import check as check_command
from gis_service.errors import RuleBrokenError
from gis_service.use_cases.check_boundaries import check_boundaries
from grid_boundaries.check import CheckRules, check_grids, check_tree
from grid_boundaries.check.second_opinions import second_opinions
from grid_boundaries.partition import Grid
from tests.support.partitions import rules_of, square

HOLE = [(102.7203, 25.0403), (102.7206, 25.0403), (102.7206, 25.0406), (102.7203, 25.0406)]
SHELL = [(102.72, 25.04), (102.721, 25.04), (102.721, 25.041), (102.72, 25.041)]
FAR_HOLE = [(103.0, 26.0), (103.1, 26.0), (103.1, 26.1)]


def with_corner(lon):
    """Return a square with one longitude put in the place of another."""
    with np.errstate(invalid="ignore"):
        return shapely.Polygon([*SHELL[:2], (lon, 25.041), SHELL[3]])


BAD_SHAPES = {
    "bow-tie": (shapely.Polygon([(102, 25), (103, 26), (103, 25), (102, 26)]), "crosses itself"),
    "not a number": (with_corner(math.nan), "not a finite number"),
    "endless": (with_corner(math.inf), "not a finite number"),
    "collection": (shapely.GeometryCollection([square("", 0, 0, 1, 1).shape]), "is not a polygon or multipolygon"),
    "point": (shapely.Point(102.72, 25.04), "is not a polygon or multipolygon"),
    "line": (shapely.LineString(SHELL), "is not a polygon or multipolygon"),
    "ring": (shapely.LinearRing(SHELL), "is not a polygon or multipolygon"),
    "empty": (shapely.Polygon(), "is empty"),
    "empty parts": (shapely.MultiPolygon(), "is empty"),
    "nothing": (None, "has no geometry"),
    "metres": (shapely.box(500_000, 2_770_000, 500_100, 2_770_100), "outside longitude ±180"),
    "latitude first": (shapely.box(25.04, 102.72, 25.041, 102.721), "outside longitude ±180"),
    "no area": (shapely.Polygon([SHELL[0], SHELL[1], SHELL[0]]), "has no area"),
    "hole outside": (shapely.Polygon(SHELL, [FAR_HOLE]), "hole outside its outer ring"),
    "hole as large as the shell": (shapely.Polygon(SHELL, [SHELL]), "crosses itself"),
    "part within a part": (
        shapely.MultiPolygon([shapely.Polygon(SHELL), shapely.Polygon(HOLE)]),
        "a part within another part",
    ),
    "thinner than the lattice": (
        shapely.Polygon([(102.72, 25.04), (102.73, 25.04), (102.73, 25.04 + 2e-10)]),
        "thinner than 0.1 mm",
    ),
    "round the Earth": (
        shapely.Polygon([(179.9, 10), (-179.9, 10), (-179.9, 11), (179.9, 11)]),
        "180th meridian",
    ),
}


@pytest.mark.parametrize("name", BAD_SHAPES)
def test_a_shape_that_is_none_is_a_finding_with_its_reason(name):
    """As a grid among others, as the parent, in a tree, and to the second opinions; in both languages."""
    shape, words = BAD_SHAPES[name]
    good = square("good", 5, 0, 6, 1)

    among, outer, tree = (
        check_grids([good, Grid("bad", shape)]),
        check_grids([good], shape, parent_code="bad") if shape is not None else None,
        check_tree([Grid("bad", shape), Grid("kid", good.shape, parent="bad")], CheckRules(), ()),
    )

    for report in (among, outer, tree):
        if report is None:
            continue
        (finding,) = (one for one in report.findings if one.rule == "invalid-geometry")
        assert finding.severity == "error"
        assert finding.grids == ("bad",)
        assert words in finding.message
        assert finding.message_zh.startswith("网格 bad ")
        assert report.certificate is None
        json.dumps(report.as_dict(), allow_nan=False)
    assert second_opinions([good, Grid("bad", shape)]) == []


def test_heights_are_dropped():
    """Squares with heights that differ on their common edge."""
    flat = [square("a", 0, 0, 1, 1), square("b", 1, 0, 2, 1)]
    tall = [Grid(one.code, shapely.force_3d(one.shape, z=height)) for height, one in enumerate(flat)]

    assert check_grids(tall).as_dict() == check_grids(flat).as_dict()


def test_heights_that_are_no_numbers_do_no_harm():
    """NaN in the third place is no coordinate of ground."""
    tall = shapely.from_wkt("POLYGON Z ((102 25 1, 102.1 25 NaN, 102.1 25.1 1, 102 25 1))")

    assert check_grids([Grid("a", tall)]).findings == ()


def test_a_code_of_two_grids_is_told_once():
    """And the ground of both is checked."""
    report = check_grids([square("a", 0, 0, 1, 1), square("a", 0.5, 0, 2, 1)])

    assert rules_of(report.findings) == {"duplicate-code", "overlap"}


def test_points_that_come_twice_in_a_ring_do_no_harm():
    """Each corner three times over."""
    ring = [corner for corner in SHELL for _ in range(3)]

    assert check_grids([Grid("a", shapely.Polygon(ring))], shapely.Polygon(SHELL)).certificate is not None


def test_the_ends_of_the_earth_are_degrees():
    """A cap at the pole and a square at 180 degrees: valid, and as large as they are."""
    grids = [Grid("a", shapely.box(-180, 89, -90, 90)), Grid("b", shapely.box(179, 0, 180, 1))]

    assert not {one.severity for one in check_grids(grids).findings} & {"error"}


def test_a_grid_of_300_000_vertices_is_proved_in_its_outline():
    """Nothing is left over, so time and memory are those of sorting its edges."""
    angle = np.linspace(0, 2 * math.pi, 300_000, endpoint=False)
    reach = 0.3 + 0.01 * np.sin(37 * angle)
    points = np.column_stack([102.7 + reach * np.cos(angle), 25 + reach * np.sin(angle)])
    shape = shapely.Polygon(np.rint(points * 1e9) / 1e9)

    report = check_grids([Grid("a", shape)], shape)

    assert report.findings == ()
    assert report.certificate["edges"] == 300_000


# -------------------------------------------------------------------------------------------------------------- HTTP
def body(geometry, **members):
    """Return a FeatureCollection of one grid as the body of a request."""
    row = {"type": "Feature", "properties": {"code": "a"}, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [row], **members}).encode()


SQUARE = {"type": "Polygon", "coordinates": [[*SHELL, SHELL[0]]]}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (body({"type": "MultiSurface", "coordinates": []}), "not-a-polygon"),
        (body({"type": "CurvePolygon", "coordinates": []}), "not-a-polygon"),
        (body({"type": "GeometryCollection", "geometries": [SQUARE]}), "not-a-polygon"),
        (body({"type": "Point", "coordinates": [102, 25]}), "not-a-polygon"),
        (body(None), "invalid-geojson"),
        (body({"type": "Polygon", "coordinates": [[SHELL[0], [1, "x"], SHELL[2], SHELL[0]]]}), "invalid-geojson"),
        (body({"type": "Polygon", "coordinates": [SHELL]}), "invalid-geojson"),
        (body({"type": "Polygon", "coordinates": [[SHELL[0], SHELL[1], SHELL[0]]]}), "invalid-geojson"),
        (body({"type": "Polygon", "coordinates": [[[500_000, 2_770_000]] * 4]}), "coordinate-out-of-range"),
        (body(SQUARE, crs={"type": "name", "properties": {"name": "EPSG:3857"}}), "unknown-crs"),
        (body(SQUARE).replace(b"102.72,", b"NaN,"), "invalid-json"),
        (b"", "invalid-json"),
        (b"\xff\xfe", "invalid-json"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_by_a_code(sent, code):
    """422 with the place of the fault; no half of it is checked."""
    with pytest.raises(RuleBrokenError) as refused:
        parse_partition(sent)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("geometry", "rules"),
    [
        ({"type": "Polygon", "coordinates": []}, {"invalid-geometry"}),
        ({"type": "MultiPolygon", "coordinates": []}, {"invalid-geometry"}),
        (mapping(BAD_SHAPES["bow-tie"][0]), {"invalid-geometry"}),
        (mapping(BAD_SHAPES["round the Earth"][0]), {"invalid-geometry"}),
        ({"type": "Polygon", "coordinates": [[[*corner, 1890.5] for corner in (*SHELL, SHELL[0])]]}, set()),
    ],
)
def test_a_body_that_can_be_read_is_checked(geometry, rules):
    """What is a polygon and not valid is the check's to tell."""
    grids, parent, code = parse_partition(body(geometry))

    assert rules_of(check_boundaries(grids, parent, code, CheckRules()).findings) == rules


# ------------------------------------------------------------------------------------------------------- command line
app = typer.Typer()
app.command()(check_command)


def run(path, *words):
    """Run the command on a file."""
    return CliRunner().invoke(app, [str(path), *words], env={"COLUMNS": "200", "LANG": "C"})


def write(path, shapes, crs, kind="Polygon"):
    """Write shapes with codes in the format of the ending."""
    codes = np.array([f"g{number}" for number in range(len(shapes))], dtype=object)
    wkb = shapely.to_wkb(np.array(shapes, dtype=object))
    pyogrio.raw.write(
        path, wkb, [codes], ["code"], geometry_type=kind, crs=crs, promote_to_multi=kind.startswith("M")
    )
    return path


def test_multisurfaces_are_read_as_polygons(tmp_path):
    """As GML has them, with an arc or without: the half disc overlaps the square by half a disc's ground."""
    square_ring = "102.72 25.04 102.73 25.04 102.73 25.05 102.72 25.05 102.72 25.04"
    rings = {
        "a": f"<gml:LinearRing><gml:posList>{square_ring}</gml:posList></gml:LinearRing>",
        "b": "<gml:Ring><gml:curveMember><gml:Curve><gml:segments><gml:Arc><gml:posList>102.73 25.05 102.725 25.045 "
        "102.73 25.04</gml:posList></gml:Arc><gml:LineStringSegment><gml:posList>102.73 25.04 102.73 25.05"
        "</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve></gml:curveMember></gml:Ring>",
    }
    members = "".join(
        f"<gml:featureMember><grid><code>{code}</code><gml:MultiSurface><gml:surfaceMember><gml:Polygon><gml:exterior>"
        f"{ring}</gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></grid></gml:featureMember>"
        for code, ring in rings.items()
    )
    path = tmp_path / "surfaces.gml"
    path.write_text(
        f'<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml">{members}</gml:FeatureCollection>'
    )

    found = run(path, "--json")

    report = json.loads(found.stdout)
    assert found.exit_code == 1
    assert report["summary"]["overlap_area_m2"] == pytest.approx(math.pi * 5**2 / 2 * 11_177, rel=0.01)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_shapefile_without_prj_is_read_in_degrees_or_refused(tmp_path):
    """Degrees can be told by their size; metres cannot be told apart, so a line says what to add."""
    degrees = run(write(tmp_path / "degrees.shp", [square("", 0, 0, 1, 1).shape], None))
    metres = run(write(tmp_path / "metres.shp", [shapely.box(500_000, 2_770_000, 500_100, 2_770_100)], None))

    assert degrees.exit_code == 0
    assert metres.exit_code == 2
    assert "does not say its coordinate system" in metres.stderr


def test_degrees_under_the_name_of_a_projected_system_are_refused(tmp_path):
    """Taken as metres, a city would be some square metres off the equator: the line says which tag is wrong."""
    found = run(write(tmp_path / "wrong.gpkg", [square("", 0, 0, 1, 1).shape], "EPSG:4543"))

    assert found.exit_code == 2
    assert "its numbers are like 102.7" in found.stderr


def test_metres_under_the_name_of_degrees_are_refused(tmp_path):
    """The other way round."""
    found = run(write(tmp_path / "wrong.gpkg", [shapely.box(500_000, 2_770_000, 500_100, 2_770_100)], "EPSG:4326"))

    assert found.exit_code == 2
    assert "declares degrees, but its numbers are like 5" in found.stderr
