from __future__ import annotations

import pytest
from pyproj import Transformer

from tests.support.tile_ground import BOUNDS, EDITION, LEVELS
from tiles.esri import ESRI_SETS, describe_service, service_style
from tiles.layers import LAYERS
from tiles.style import build_style

# Level, resolution and scale that Esri publishes of World_Basemap_v2, and of its maps in degrees, whose level is one
# less than here: their level 0 is two tiles.
PUBLISHED = [
    ("WebMercatorQuad", 0, 78271.516964, 295828763.7958547),
    ("CGCS2000Quad", 1, 0.3515625, 147748796.52937502),
    ("CGCS2000Quad", 2, 0.17578125, 73874398.264687508),
]


@pytest.mark.parametrize(("name", "level", "resolution", "scale"), PUBLISHED)
def test_levels_have_the_published_figures(name: str, level: int, resolution: float, scale: float):
    """To a part in a hundred million."""
    service = describe_service(EDITION, [LAYERS["grids"]], ESRI_SETS[name], "")
    found = service["tileInfo"]["lods"][level]
    assert found["level"] == level
    assert found["resolution"] == pytest.approx(resolution, rel=1e-9)
    assert found["scale"] == pytest.approx(scale, rel=1e-8)


@pytest.mark.parametrize("name", list(ESRI_SETS))
def test_level_0_is_one_tile_that_holds_the_world(name: str):
    """QGIS takes it for that: of any other pyramid it would ask for the western part alone."""
    tile_info = describe_service(EDITION, [LAYERS["grids"]], ESRI_SETS[name], "")["tileInfo"]
    side = tile_info["lods"][0]["resolution"] * tile_info["rows"]
    half = {"WebMercatorQuad": 20037508.342789244, "CGCS2000Quad": 180.0}[name]
    assert tile_info["lods"][0]["level"] == 0
    assert side == pytest.approx(2 * half)
    assert tile_info["origin"]["x"] == pytest.approx(-half)
    assert tile_info["rows"] == tile_info["cols"] == 512


def test_the_extent_is_that_of_the_edition_in_the_system_of_the_service():
    """In metres as PROJ has them, to the micrometre; of CGCS2000 the degrees that are stored."""
    extents = {
        name: describe_service(EDITION, [LAYERS["grids"]], one, "©")["fullExtent"] for name, one in ESRI_SETS.items()
    }
    to_metres = Transformer.from_crs(4326, 3857, always_xy=True)
    found = [extents["WebMercatorQuad"][name] for name in ("xmin", "ymin", "xmax", "ymax")]
    assert found == pytest.approx(to_metres.transform_bounds(*BOUNDS), abs=1e-6)
    assert extents["WebMercatorQuad"]["spatialReference"] == {"wkid": 102100, "latestWkid": 3857}
    assert [extents["CGCS2000Quad"][name] for name in ("xmin", "ymin", "xmax", "ymax")] == list(BOUNDS)
    assert extents["CGCS2000Quad"]["spatialReference"]["wkid"] == 4490


def test_a_service_says_what_esri_clients_ask_for():
    """Row before column, tiles only, no tile map, JSON that they know."""
    service = describe_service(EDITION, [LAYERS["grids"], LAYERS["buildings"]], ESRI_SETS["CGCS2000Quad"], "©")
    assert service["tiles"] == ["tile/{z}/{y}/{x}.pbf"]
    assert (service["type"], service["capabilities"], service["name"]) == (
        "indexedVector",
        "TilesOnly",
        "grids,buildings",
    )
    assert service["tileInfo"]["format"] == "pbf"
    assert "tileMap" not in service
    assert service["minScale"] > service["maxScale"] > 0


def test_the_style_of_a_service_draws_what_it_has():
    """Of grids and labels: fill, line and names from the one source, and no outlines, which need other tiles."""
    names = {level.code: level.code for level in LEVELS}
    style = build_style("light", "zh", LEVELS, names, lambda layers, query: f"{layers}?{query}")
    shown = service_style(style, {"grids", "grid_labels"}, "http://a/VectorTileServer")
    assert shown["sources"] == {"esri": {"type": "vector", "url": "http://a/VectorTileServer"}}
    assert [layer["id"] for layer in shown["layers"]] == ["background", "grid-fill", "grid-line", "grid-label"]
    assert {layer["source"] for layer in shown["layers"][1:]} == {"esri"}
    assert style["layers"][1]["source"] == "ground"
