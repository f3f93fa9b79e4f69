from __future__ import annotations

import mapbox_vector_tile
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box, shape

from tests.support.effort import examples
from tests.support.strict_tiles import faults_of
from tests.support.tile_ground import features, grids, shapes_by_code, tile_at, vertices
from tiles.address import EXTENT, TileAddress
from tiles.encoding import TileFeature, encode_layer, join_layers, to_tile_units

ADDRESS = tile_at(15, 102.7195, 25.0205)
TO_DEGREES = Transformer.from_crs(3857, 4326, always_xy=True)


def in_tile(*units: tuple[float, float]) -> list[tuple[float, float]]:
    """Return places in degrees from tile units of the address."""
    west, _, east, north = ADDRESS.bounds_3857
    unit_m = (east - west) / EXTENT
    return [TO_DEGREES.transform(west + x * unit_m, north - y * unit_m) for x, y in units]


def test_places_become_tile_units_as_proj_has_it():
    """Corners, the middle and one beyond the edge, to the unit."""
    units = [(0, 0), (EXTENT, EXTENT), (2048, 1), (-100, 5000)]
    found = shapely.get_coordinates(to_tile_units(MultiPoint(in_tile(*units)), ADDRESS))
    assert [tuple(one) for one in found] == units


def test_a_feature_keeps_id_and_properties():
    """None is left out, the other kinds of value stay as they are."""
    told = {"name": "网格", "count": 3, "share": 0.5, "hidden": True, "parent": None}
    made = encode_layer("notes", [TileFeature(2**53, Point(in_tile((10, 20))[0]), told)], ADDRESS)
    (found,) = features(made, "notes")
    assert found["id"] == 2**53
    assert found["properties"] == {"name": "网格", "count": 3, "share": 0.5, "hidden": True}
    assert found["geometry"]["coordinates"] == [10, 20]


def test_neighbours_keep_the_vertices_of_their_common_edge():
    """U1 and U2 of the wavy edge overlap by nothing, and each vertex of the edge belongs to both."""
    drawn = [TileFeature(1, one.shape, {"code": one.code}) for one in grids() if one.code in {"U1", "U2"}]
    made = shapes_by_code(encode_layer("grids", drawn, ADDRESS))
    edge = shapely.intersection(made["U1"], made["U2"])
    along = {one for shape in made.values() for one in vertices(shape) if shapely.intersects_xy(edge, *one)}
    inside = {one for one in along if shapely.intersects_xy(box(1, 1, EXTENT - 1, EXTENT - 1), *one)}
    assert edge.area == 0
    assert len(inside) > 15
    assert inside <= vertices(made["U1"]) & vertices(made["U2"])


def test_a_shape_is_cut_at_the_buffer():
    """A square four tiles wide becomes the tile and 64 units around it."""
    around = Polygon(in_tile((-9000, -9000), (9000, -9000), (9000, 9000), (-9000, 9000)))
    (found,) = features(encode_layer("a", [TileFeature(1, around)], ADDRESS), "a")
    assert shape(found["geometry"]).equals(box(-64, -64, EXTENT + 64, EXTENT + 64))


def test_a_bow_tie_is_drawn_as_its_two_halves():
    """An outline that crosses itself is no valid polygon; it comes out as two triangles."""
    tie = Polygon(in_tile((0, 0), (100, 100), (100, 0), (0, 100)))
    (found,) = features(encode_layer("a", [TileFeature(1, tie)], ADDRESS), "a")
    drawn = shape(found["geometry"])
    assert drawn.is_valid
    assert isinstance(drawn, MultiPolygon)
    assert drawn.area == pytest.approx(5000)


def test_lines_and_the_rest_come_in_the_order_given():
    """A line, then a point; one outside the tile and one too small to draw are left out."""
    drawn = [
        TileFeature(3, LineString(in_tile((0, 0), (50, 0)))),
        TileFeature(2, Point(in_tile((9000, 0))[0])),
        TileFeature(4, Polygon(in_tile((0, 0), (0.2, 0), (0.2, 0.2)))),
        TileFeature(1, Point(in_tile((5, 5))[0])),
    ]
    assert [one["id"] for one in features(encode_layer("a", drawn, ADDRESS), "a")] == [3, 1]


def test_a_layer_without_features_is_not_written():
    """No bytes at all."""
    assert encode_layer("a", [], ADDRESS) == b""


def test_the_poles_are_outside_every_tile():
    """The projection has no pole; a feature there is left out, not an error."""
    assert encode_layer("a", [TileFeature(1, Point(0, 90))], TileAddress(0, 0, 0)) == b""


def test_joined_layers_are_one_tile():
    """Two layers put end to end are read as both; an empty one adds nothing."""
    point = [TileFeature(1, Point(in_tile((5, 5))[0]))]
    tile = join_layers([encode_layer("a", point, ADDRESS), b"", encode_layer("b", point, ADDRESS)])
    assert list(mapbox_vector_tile.decode(tile)) == ["a", "b"]


UNITS = st.tuples(st.integers(0, EXTENT), st.integers(0, EXTENT))
SHAPES = st.one_of(
    UNITS.map(Point),
    st.lists(UNITS, min_size=2, max_size=5, unique=True).map(LineString),
    st.lists(UNITS, min_size=3, max_size=8, unique=True)
    .map(lambda places: MultiPoint(places).convex_hull)
    .filter(lambda hull: hull.area > 0),
)
VALUES = st.one_of(st.text(max_size=9), st.integers(-(2**53), 2**53), st.booleans(), st.floats(allow_nan=False))
FEATURES = st.lists(st.tuples(SHAPES, st.dictionaries(st.text(max_size=4), VALUES, max_size=3)), max_size=5)


@examples(60)
@given(FEATURES, st.text(min_size=1, max_size=9))
def test_what_is_encoded_is_decoded(drawn: list[tuple], name: str):
    """Shapes on tile units, ids, keys and values of every kind come back, and true is not confused with 1."""
    given_features = [
        TileFeature(number, shapely.transform(units, lambda places: in_tile(*places)), told)
        for number, (units, told) in enumerate(drawn)
    ]
    tile = encode_layer(name, given_features, ADDRESS)
    assert faults_of(tile) == []
    found = features(tile, name)
    assert [one["id"] for one in found] == list(range(len(drawn)))
    for one, (units, told) in zip(found, drawn, strict=True):
        decoded = shape(one["geometry"])
        assert decoded.geom_type == units.geom_type
        assert decoded.equals(units)
        assert one["properties"] == told
        assert all(isinstance(one["properties"][key], bool) == isinstance(told[key], bool) for key in told)
