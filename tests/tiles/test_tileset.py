from __future__ import annotations

import pytest

from tests.support.tile_ground import EDITION
from tiles.layers import LAYERS
from tiles.matrix_sets import CGCS2000_QUAD
from tiles.tileset import describe_tileset, tile_limits


def test_a_tileset_tells_its_system_its_tiles_and_its_layers():
    """Buildings begin at zoom 12 of the quad, which is as fine as 13 in Web Mercator."""
    told = describe_tileset(
        EDITION,
        [LAYERS["grids"], LAYERS["buildings"]],
        CGCS2000_QUAD,
        tiles_url="http://a/{tileMatrix}/{tileCol}/{tileRow}.mvt",
        matrix_set_url="http://a/set",
        attribution="©",
        exact=False,
    )
    assert told["crs"] == "http://www.opengis.net/def/crs/EPSG/0/4490"
    assert (told["dataType"], told["title"], told["attribution"]) == ("vector", "grids,buildings", "©")
    assert told["boundingBox"]["lowerLeft"] == [102.70, 25.00]
    grids, buildings = told["layers"]
    assert (grids["geometryDimension"], grids["minTileMatrix"], grids["maxTileMatrix"]) == (2, "0", "21")
    assert (buildings["geometryDimension"], buildings["minTileMatrix"]) == (0, "12")
    assert set(buildings["propertiesSchema"]["properties"]) == set(LAYERS["buildings"].fields)
    assert [link["rel"] for link in told["links"]] == [
        "item",
        "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
    ]
    # One for each zoom: OpenLayers takes the place in the list for the zoom.
    assert [one["tileMatrix"] for one in told["tileMatrixSetLimits"]] == [str(zoom) for zoom in range(22)]


@pytest.mark.parametrize(
    ("bounds", "zoom", "columns", "rows"),
    [
        ((102.70, 25.00, 102.78, 25.08), 0, (1, 1), (0, 0)),
        ((102.70, 25.00, 102.78, 25.08), 11, (3216, 3217), (738, 739)),
        ((-180.0, -90.0, 180.0, 90.0), 1, (0, 3), (0, 1)),
    ],
)
def test_limits_are_the_tiles_that_hold_the_ground(
    bounds: tuple[float, float, float, float], zoom: int, columns: tuple[int, int], rows: tuple[int, int]
):
    """At zoom 11 a tile is 0.0879 degrees wide: (102.70 + 180) / 0.0879 = 3216.5; the world ends at its last tile."""
    told = tile_limits(bounds, CGCS2000_QUAD, zoom)
    assert (told["minTileCol"], told["maxTileCol"]) == columns
    assert (told["minTileRow"], told["maxTileRow"]) == rows
