from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from gis_service.api.geojson import parse_line, parse_partition
from gis_service.errors import RuleBrokenError

SQUARE = {"type": "Polygon", "coordinates": [[[102, 25], [102.1, 25], [102.1, 25.1], [102, 25.1], [102, 25]]]}


def collection(geometry=SQUARE, properties=None, **members):
    feature = {"type": "Feature", "properties": properties or {"code": "1"}, "geometry": geometry}
    return orjson.dumps({"type": "FeatureCollection", "features": [feature], **members})


def test_a_feature_becomes_a_grid():
    """Code, level, parent, name and shape are taken over; the code may be a number in the file."""
    [grid], parent, parent_code = parse_partition(
        collection(properties={"code": 530103, "level": "district", "parent": "5301", "name": "盘龙区"})
    )

    assert (grid.code, grid.level, grid.parent, grid.name) == ("530103", "district", "5301", "盘龙区")
    assert grid.shape.equals(box(102, 25, 102.1, 25.1))
    assert parent is None
    assert parent_code is None


def test_the_parent_comes_beside_the_features():
    """A Feature as a top-level member."""
    given_parent = {"type": "Feature", "properties": {"code": "0"}, "geometry": SQUARE}

    _, parent, code = parse_partition(collection(parent=given_parent))

    assert code == "0"
    assert parent.equals(box(102, 25, 102.1, 25.1))


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"{", "invalid-json", None),
        (b"[]", "invalid-geojson", ""),
        (b'{"type": "Feature"}', "invalid-geojson", ""),
        (b'{"type": "FeatureCollection", "features": []}', "invalid-geojson", "/features"),
        (collection({"type": "Point", "coordinates": [102, 25]}), "not-a-polygon", "/features/0/geometry/type"),
        (collection({"type": "GeometryCollection", "geometries": []}), "not-a-polygon", "/features/0/geometry/type"),
        (collection(None), "invalid-geojson", "/features/0/geometry"),
        (collection(properties={"name": "no code"}), "invalid-geojson", "/features/0/properties/code"),
        (
            collection({"type": "Polygon", "coordinates": [[[102, 95], [103, 25], [103, 26], [102, 95]]]}),
            "coordinate-out-of-range",
            "/features/0/geometry/coordinates/0/0",
        ),
        (
            collection({"type": "Polygon", "coordinates": [[["a", 25], [103, 25], [103, 26], [102, 25]]]}),
            "invalid-geojson",
            "/features/0/geometry/coordinates/0/0",
        ),
        (collection({"type": "Polygon", "coordinates": [[[102, 25], [103, 25]]]}), "invalid-geojson", None),
        (
            collection({"type": "Polygon", "coordinates": [[[102, 25], [103, 25], [102, 25]]]}),
            "invalid-geojson",
            "/features/0/geometry/coordinates/0",
        ),
        (
            collection({"type": "Polygon", "coordinates": [[[102, 25], [103, 25], [103, 26], [102, 26]]]}),
            "invalid-geojson",
            "/features/0/geometry/coordinates/0",
        ),
        (
            collection({"type": "Polygon", "coordinates": [SQUARE["coordinates"]]}),
            "invalid-geojson",
            "/features/0/geometry/coordinates/0/0",
        ),
        (collection({"type": "MultiPolygon", "coordinates": SQUARE["coordinates"]}), "invalid-geojson", None),
        (collection(properties={"code": "1", "name": [[]]}), "invalid-geojson", "/features/0/properties/name"),
        (collection(crs={"properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}), "unknown-crs", "/crs"),
        (collection(crs={"properties": {"name": "EPSG::43260"}}), "unknown-crs", "/crs"),
        (collection(crs={"properties": []}), "unknown-crs", "/crs"),
    ],
)
def test_what_is_no_partition_is_refused_with_its_place(body, code, pointer):
    """Each refusal has a stable code, and points into the body where it can."""
    with pytest.raises(RuleBrokenError) as refused:
        parse_partition(body)

    assert refused.value.code == code
    if pointer is not None:
        assert refused.value.faults[0].pointer == pointer


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490"])
def test_names_of_degrees_are_accepted(name):
    """The last part is compared, whole."""
    grids, _, _ = parse_partition(collection(crs={"type": "name", "properties": {"name": name}}))

    assert len(grids) == 1


@pytest.mark.parametrize("kind", ["Polygon", "MultiPolygon"])
def test_deeply_nested_coordinates_are_refused(kind):
    """900 arrays within each other."""
    text = b'{"type": "%s", "coordinates": %s}' % (kind.encode(), b"[" * 900 + b"]" * 900)

    with pytest.raises(RuleBrokenError, match="must be a position") as refused:
        parse_partition(collection("GEOMETRY").replace(b'"GEOMETRY"', text))

    assert refused.value.code == "invalid-geojson"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-400, 400) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.sampled_from(["Polygon", "MultiPolygon"]), JSON)
def test_no_geometry_breaks_the_parser(kind, coordinates):
    """Any JSON as coordinates: a grid or a refusal, nothing else."""
    try:
        grids, _, _ = parse_partition(collection({"type": kind, "coordinates": coordinates}))
    except RuleBrokenError as error:
        assert error.faults
    else:
        assert grids[0].shape.geom_type == kind


@given(st.binary(max_size=200))
def test_no_body_breaks_the_parser(body):
    """Any bytes: a refusal."""
    with pytest.raises(RuleBrokenError):
        parse_partition(body)


@pytest.mark.parametrize("households", [-4, -1, 1.5, 2**31, "many", "338", True, [3]])
def test_households_that_are_no_number_of_households_are_refused(households):
    """Neither stored as they are nor taken for unknown without a word."""
    with pytest.raises(RuleBrokenError) as refused:
        parse_partition(collection(properties={"code": "1", "households": households}))

    assert [fault.pointer for fault in refused.value.faults] == ["/features/0/properties/households"]


@pytest.mark.parametrize(("given_number", "understood"), [(0, 0), (338, 338), (338.0, 338), (None, None)])
def test_households_are_whole_numbers(given_number, understood):
    """Also as the float that a table of numbers with blanks writes."""
    [grid], _, _ = parse_partition(collection(properties={"code": "1", "households": given_number}))

    assert grid.households == understood


@pytest.mark.parametrize("member", ["name", "level", "parent", "kind"])
def test_text_with_the_character_zero_is_refused(member):
    """No database stores it."""
    with pytest.raises(RuleBrokenError) as refused:
        parse_partition(collection(properties={"code": "1", member: "a\0b"}))

    assert [fault.pointer for fault in refused.value.faults] == [f"/features/0/properties/{member}"]


def test_a_line_with_heights_here_and_there_is_refused():
    """With and without a height in one line: GEOS takes neither the one nor the other."""
    with pytest.raises(RuleBrokenError) as refused:
        parse_line({"type": "LineString", "coordinates": [[102, 25, 5], [102.1, 25]]}, "/line")

    assert (refused.value.code, refused.value.faults[0].pointer) == ("invalid-geojson", "/line")
