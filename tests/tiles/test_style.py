from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import astuple
from pathlib import Path

import pytest

from tiles.choropleth import RAMPS, Choropleth
from tiles.layers import LAYERS, LevelBand
from tiles.palette import PALETTES
from tiles.style import LANGUAGES, build_style

CONSOLE = Path(__file__).resolve().parents[2] / "gis_service" / "console"
LEVELS = (
    LevelBand("unit_grid", 4, 14, 22),
    LevelBand("district", 1, 0, 9),
    LevelBand("street", 2, 10, 11),
    LevelBand("community", 3, 12, 13),
)
NAMES = {"district": "区", "street": "街道", "community": "社区", "unit_grid": "网格"}
CHOROPLETHS = (
    Choropleth("elderly_share", "老人占比", "%", (10.0, 20.0, 30.0)),
    Choropleth("activities", "活动", "次", ()),
    Choropleth("unsorted", "乱", "件", (5.0, 1.0, 5.0, 2.0, 3.0, 4.0)),
)
VALIDATE = """
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
let told = "";
for await (const part of process.stdin) told += part;
console.log(JSON.stringify(JSON.parse(told).map((style) => validateStyleMin(style).map((error) => error.message))));
"""


def style_of(theme: str = "light", lang: str = "zh", levels: tuple[LevelBand, ...] = LEVELS) -> dict:
    def url_of(layers: str, query: str) -> str:
        return f"http://service.test/{layers}.json?{query}"

    return build_style(theme, lang, levels, NAMES, url_of, CHOROPLETHS)


def test_every_style_keeps_the_specification():
    """Both themes, both languages, a tree of one level, and one style with a fault: MapLibre's own validator."""
    styles = [style_of(theme, lang) for theme in PALETTES for lang in LANGUAGES]
    styles.append(style_of(levels=LEVELS[:1]))
    wrong = style_of()
    wrong["layers"][1]["paint"]["fill-colour"] = "red"
    node = shutil.which("node")
    assert node is not None, "node is missing; make setup needs it too"
    command = [node, "--input-type=module", "--eval", VALIDATE]
    done = subprocess.run(
        command,
        cwd=CONSOLE,
        input=json.dumps([*styles, wrong]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    *kept, broken = json.loads(done.stdout)
    assert kept == [[]] * 5
    assert broken == ['layers[1].paint.fill-colour: unknown property "fill-colour"']


@pytest.mark.parametrize("theme", PALETTES)
def test_a_style_needs_nothing_but_the_service(theme):
    """No glyphs, no sprite; every source is a TileJSON."""
    style = style_of(theme)
    assert {"glyphs", "sprite", "font-faces"}.isdisjoint(style)
    assert {name: source["url"] for name, source in style["sources"].items()} == {
        "ground": "http://service.test/grids,grid_labels.json?",
        "outline-district": "http://service.test/grids.json?level=district",
        "outline-street": "http://service.test/grids.json?level=street",
        "outline-community": "http://service.test/grids.json?level=community",
        "buildings": "http://service.test/buildings.json?",
        "incidents": "http://service.test/incidents.json?",
        "resources": "http://service.test/resources.json?",
        "indicators": "http://service.test/indicators.json?",
    }


def test_what_a_style_reads_is_in_the_tiles():
    """Each ["get", …] and ["has", …] names a field of its source layer that the public receives."""
    read = 0
    for layer in style_of()["layers"]:
        if "source-layer" not in layer:
            continue
        fields = re.findall(r'\["(?:get|has)", "(\w+)"\]', json.dumps(layer))
        measured = {one.field for one in CHOROPLETHS} if layer["source-layer"] == "indicators" else set()
        assert set(fields) <= set(LAYERS[layer["source-layer"]].fields) | measured, layer["id"]
        read += len(fields)
    assert read > 10


def test_a_line_grows_with_its_distance_from_the_level_shown():
    """A street is one level above the communities from zoom 12 on, two above the unit grids from 14 on."""
    outline = next(layer for layer in style_of()["layers"] if layer["id"] == "outline-street")
    assert outline["minzoom"] == 12
    assert outline["paint"]["line-width"] == ["step", ["zoom"], 1.8, 14, 2.6]
    order = [layer["id"] for layer in style_of()["layers"] if layer["id"].startswith("outline-")]
    assert order == ["outline-community", "outline-street", "outline-district"]


def test_the_legend_explains_the_layers_in_the_language_asked_for():
    """Each entry names a layer of the style and a colour that it uses."""
    for lang, word in (("zh", "楼栋"), ("en", "Building")):
        style = style_of("dark", lang)
        legend = style["metadata"]["gis-service:legend"]
        by_id = {layer["id"]: json.dumps(layer) for layer in style["layers"]}
        assert all(entry["color"] in by_id[entry["layer"]] for entry in legend)
        assert [entry["label"] for entry in legend][:4] == ["区", "街道", "社区", "网格"]
        assert word in [entry["label"] for entry in legend]


@pytest.mark.parametrize("theme", PALETTES)
def test_an_indicator_is_a_hidden_layer_with_its_steps_in_the_legend(theme):
    """Three thresholds, four tones; without one a single tone; unsorted ones in order, as many as there are tones."""
    style = style_of(theme)
    layers = {layer["id"]: layer for layer in style["layers"]}
    legend = {entry["layer"]: entry for entry in style["metadata"]["gis-service:legend"]}
    pale, *rest = RAMPS[theme]
    for one in CHOROPLETHS:
        assert layers[f"indicator-{one.field}"]["layout"] == {"visibility": "none"}
    elderly = layers["indicator-elderly_share"]["paint"]["fill-color"]
    assert elderly == ["step", ["get", "elderly_share"], rest[0], 10.0, rest[1], 20.0, rest[2], 30.0, rest[3]]
    assert legend["indicator-elderly_share"]["colors"] == rest
    assert legend["indicator-elderly_share"]["thresholds"] == [10.0, 20.0, 30.0]
    assert layers["indicator-activities"]["paint"]["fill-color"] == rest[3]
    assert legend["indicator-unsorted"]["thresholds"] == [1.0, 2.0, 3.0, 4.0]
    assert legend["indicator-unsorted"]["colors"] == [pale, *rest]


def test_a_tree_without_indicators_has_no_source_of_them():
    """A source that nothing is drawn from would be a fault."""
    style = build_style("light", "zh", LEVELS, NAMES, lambda layers, _: layers)
    assert "indicators" not in style["sources"]


def test_the_colours_are_those_of_the_console():
    """In the same order as its palettes write them: one map, whoever draws it."""
    text = (CONSOLE / "src" / "map" / "palette.ts").read_text(encoding="utf-8")
    for theme, palette in PALETTES.items():
        block = re.search(rf"const {theme.upper()}: Palette = \{{(.*?)\n\}};", text, re.DOTALL)
        assert block is not None
        apart = {"hover", "selected", "selectedCasing", "severity"}
        lines = [line for line in block[1].splitlines() if line.strip().split(":")[0] not in apart]
        flat = [one for part in astuple(palette) for one in (part if isinstance(part, tuple) else (part,))]
        assert re.findall(r"#[0-9a-f]{6}", "\n".join(lines)) == flat
