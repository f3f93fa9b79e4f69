from __future__ import annotations

import pytest
from shapely.geometry import Point, Polygon, box

from tests.support.tile_ground import DRAWN, EDITION, features, grids, shapes_by_code, tile_at
from tiles.address import TileAddress
from tiles.drawing import Drawing
from tiles.encoding import TileFeature, encode_layer, hashed_id
from tiles.layers import choose_level
from tiles.tree_cut import cut_tree


@pytest.mark.parametrize("zoom", DRAWN)
def test_the_cut_in_memory_is_that_of_the_statement(zoom: int):
    """Coarse grids without children and fine ones under a skipped level stand in, at every level."""
    level = choose_level(EDITION.present_levels(), zoom)
    assert {one.code for one in cut_tree(grids(), level.code, EDITION.coarser_than(level))} == DRAWN[zoom]


@pytest.mark.parametrize("address", [tile_at(14, 102.73, 25.03), TileAddress(0, 0, 0), tile_at(16, 102.7401, 25.02)])
def test_a_tile_from_the_tree_is_that_of_all_features(address: TileAddress):
    """What the tree of boxes leaves out would not have been in the tile; the order is by id."""
    all_of_them = [TileFeature(number, one.shape, {"code": one.code}) for number, one in enumerate(grids(), 1)]
    drawing = Drawing(reversed(all_of_them))
    made = drawing.encode("grids", address, 64)
    assert made == encode_layer("grids", all_of_them, address, 64)
    assert address.z == 0 or 0 < len(shapes_by_code(made)) < len(all_of_them)


def test_what_touches_only_the_buffer_is_in_the_tile():
    """A point 60 units north of a tile of zoom 14, where a degree of latitude is wider than one of longitude."""
    tile = tile_at(14, 102.73, 60.0)
    west, _, east, north = tile.bounds
    beyond = Point((west + east) / 2, north + (north - tile.bounds[1]) * 60 / 4096)
    assert features(Drawing([TileFeature(1, beyond)]).encode("a", tile, 64), "a")
    assert not features(Drawing([TileFeature(1, beyond)]).encode("a", tile, 50), "a")


def test_a_drawing_of_nothing_is_an_empty_layer():
    """No features, or one without a place."""
    assert Drawing([]).encode("a", TileAddress(0, 0, 0), 64) == b""
    assert Drawing([TileFeature(1, Polygon())]).encode("a", TileAddress(0, 0, 0), 64) == b""


def test_a_mark_stands_for_a_polygon_that_is_too_small():
    """A metre at zoom 10 is a point, at zoom 20 a square."""
    feature = TileFeature(1, box(102.71, 25.01, 102.71001, 25.01001), {}, Point(102.710005, 25.010005))
    for zoom, kind in ((10, "Point"), (20, "Polygon")):
        (drawn,) = features(encode_layer("a", [feature], tile_at(zoom, 102.710005, 25.010005)), "a")
        assert drawn["geometry"]["type"] == kind


def test_an_id_made_of_words_is_stable_and_beyond_those_given_out():
    """From 2**52 up to below 2**53, which is what a browser can count."""
    assert hashed_id("grid", "530103001001003") == hashed_id("grid", "530103001001003")
    ids = {hashed_id("grid", str(number)) for number in range(1000)}
    assert len(ids) == 1000
    assert 2**52 <= min(ids) < max(ids) < 2**53
