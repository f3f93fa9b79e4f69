"""MapLibre on a page of another origin draws the styles of the service, and finds what the tiles hold."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Page, Route
from shapely.geometry import box, mapping

from tiles.layers import LAYERS, SINGLE_ZOOM

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000
MAPLIBRE = Path(__file__).resolve().parents[2] / "gis_service" / "console" / "node_modules" / "maplibre-gl" / "dist"
DOWNTOWN = [102.73, 25.05]
ZOOMS = (8, 10.5, 12.5, 14.5, 17.5)
"""One for each level that the styles draw, the last with names of buildings."""

PAGE = """<!doctype html>
<meta charset="utf-8"><title>map</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="maplibre-gl.css">
<style>body { margin: 0 } #map { height: 100vh }</style>
<div id="map"></div>
<script type="module">
  import * as maplibregl from "./maplibre-gl.mjs";
  window.maplibregl = maplibregl;
</script>
"""

SHOW = """([style, center, zoom]) => {
  window.map = new maplibregl.Map({ container: "map", style, center, zoom, fadeDuration: 0 });
  window.errors = [];
  map.on("error", (event) => errors.push(String(event.error)));
  return new Promise((settled) => map.once("idle", settled)).then(() => errors);
}"""

REVEAL = """() => {
  const hidden = map.getStyle().layers.filter((layer) => layer.layout?.visibility === "none").map(({ id }) => id);
  for (const id of hidden) map.setLayoutProperty(id, "visibility", "visible");
  return new Promise((settled) => map.once("idle", settled)).then(() => hidden);
}"""
"""Shows what a style hides until somebody chooses it, the choropleths of indicators."""

MOVE = """(zoom) => {
  map.jumpTo({ zoom });
  return new Promise((settled) => map.once("idle", settled)).then(() => errors);
}"""


LAYER_STYLES = {
    "polygon": {"type": "fill", "paint": {"fill-color": "#88aacc", "fill-opacity": 0.3}},
    "line": {"type": "line", "paint": {"line-color": "#7733aa", "line-width": 2}},
    "point": {"type": "circle", "paint": {"circle-color": "#cc4411", "circle-radius": 4}},
}
"""How a page of its own draws the layers, by their geometry."""

SHOW_AS_SOMEONE = """([style, center, zoom, token]) => {
  const transformRequest = (url) => ({ url, headers: { Authorization: `Bearer ${token}` } });
  window.map = new maplibregl.Map({ container: "map", style, center, zoom, fadeDuration: 0, transformRequest });
  window.errors = [];
  map.on("error", (event) => errors.push(String(event.error)));
  return new Promise((settled) => map.once("idle", settled)).then(() => errors);
}"""

SHOW_BOUNDS = """([style, bounds]) => {
  window.map = new maplibregl.Map({ container: "map", style, bounds, fadeDuration: 0 });
  window.errors = [];
  map.on("error", (event) => errors.push(String(event.error)));
  return new Promise((settled) => map.once("idle", settled)).then(() => errors);
}"""

DRAWN = """() => map.getStyle().layers.filter((layer) => layer.source).map((layer) => ({
  layer: layer.id,
  features: map.queryRenderedFeatures({ layers: [layer.id] })
    .map((feature) => ({ id: feature.id, source: feature.sourceLayer, properties: feature.properties })),
}))"""


class Files(SimpleHTTPRequestHandler):
    """The page, and MapLibre as it is installed for the console."""

    extensions_map = {".mjs": "text/javascript", ".css": "text/css"}  # noqa: RUF012 - the name is the base class's

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name is the base class's
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the page, which is not that of the service."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(MAPLIBRE)))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


def serve_page(page: Page, origin: str) -> str:
    """Let a page of the service's own origin be there, as a token's tiles are for no other; return its address."""
    types = {".mjs": "text/javascript", ".css": "text/css"}

    def answer(route: Route) -> None:
        file = MAPLIBRE / Path(urlsplit(route.request.url).path).name
        if file.is_file():
            route.fulfill(body=file.read_bytes(), content_type=types[file.suffix])
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    page.route(f"{origin}/page/**", answer)
    return f"{origin}/page/"


def style_of_all(server: str) -> dict[str, Any]:
    """Return a style with every layer of the registry and nothing else, an indicator among them that few may see."""
    share = ["interpolate", ["linear"], ["coalesce", ["get", "disputes_settled"], 0], 0, "#ffffff", 100, "#225588"]
    own = {"indicators": {"fill-color": share, "fill-opacity": 0.7}}
    return {
        "version": 8,
        "sources": {name: {"type": "vector", "url": f"{server}/tiles/current/{name}.json"} for name in LAYERS},
        "layers": [
            {
                "id": name,
                "source": name,
                "source-layer": name,
                **LAYER_STYLES[layer.geometry],
                **({"paint": own[name]} if name in own else {}),
            }
            for name, layer in sorted(LAYERS.items(), key=lambda item: "polygon line point".index(item[1].geometry))
        ],
    }


def style_of_lookup(described: dict[str, Any]) -> dict[str, Any]:
    """Return a style with every layer of a lookup's TileJSON, grids first."""
    likely = [
        "interpolate",
        ["linear"],
        ["coalesce", ["get", "probability"], ["get", "share"], 0],
        0,
        "#fff",
        1,
        "#258",
    ]
    paints = {"fill": {"fill-color": likely, "fill-opacity": 0.7, "fill-outline-color": "#225588"}}
    kinds = {"uncertainty": "line", "nearest": "line", "position": "point", "area": "line"}
    names = [layer["id"] for layer in described["vector_layers"]]
    styles = {name: LAYER_STYLES[kinds.get(name, "polygon")] for name in names}
    return {
        "version": 8,
        "sources": {"lookup": {"type": "vector", "tiles": described["tiles"], "bounds": described["bounds"]}},
        "layers": [
            {"id": name, "source": "lookup", "source-layer": name, **styled, **paint}
            for name, styled in sorted(styles.items(), key=lambda item: "fill line circle".index(item[1]["type"]))
            for paint in [{"paint": paints[styled["type"]]} if styled["type"] in paints else {}]
        ],
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_layer_of_a_style_is_drawn(
    page: Page, faults: list[str], site: str, demo_server: str, demo_tokens: dict[str, str], theme: str
):
    """From the whole district down to houses each layer shows features; nothing fails, nobody else is asked."""
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(site)
    page.wait_for_function("window.maplibregl", timeout=PATIENCE_MS)
    page.set_default_timeout(PATIENCE_MS)
    style = f"{demo_server}/styles/{theme}.json"
    drawn: dict[str, list[dict[str, Any]]] = {}
    for place, zoom in enumerate(ZOOMS):
        told = page.evaluate(SHOW, [style, DOWNTOWN, zoom]) if place == 0 else page.evaluate(MOVE, zoom)
        assert told == []
        for entry in page.evaluate(DRAWN):
            drawn.setdefault(entry["layer"], []).extend(entry["features"])
    hidden = page.evaluate(REVEAL)
    assert {name.partition("-")[0] for name in hidden} == {"indicator"}
    for entry in page.evaluate(DRAWN):
        drawn[entry["layer"]] += entry["features"] if entry["layer"] in hidden else []
    layers = [layer["id"] for layer in httpx2.get(style).json()["layers"] if "source" in layer]
    assert set(drawn) == set(layers)
    assert {layer for layer, features in drawn.items() if not features} == set()
    levels = {one["properties"]["level"] for one in drawn["grid-fill"]}
    assert levels >= {"district", "street", "community", "unit_grid"}
    assert all(one["id"] > 0 for features in drawn.values() for one in features)
    assert hosts - {""} == {urlsplit(site).netloc, urlsplit(demo_server).netloc}
    assert faults == []


def test_every_layer_of_the_registry_is_drawn_for_who_may_see_it(
    page: Page, faults: list[str], demo_server: str, demo_tokens: dict[str, str]
):
    """A dispatcher at two zooms: clusters from afar and incidents one by one, values of indicators, all else."""
    page.goto(serve_page(page, demo_server))
    page.wait_for_function("window.maplibregl", timeout=PATIENCE_MS)
    page.set_default_timeout(PATIENCE_MS)
    shown = [style_of_all(demo_server), DOWNTOWN, 13.2, demo_tokens["dispatcher"]]
    assert page.evaluate(SHOW_AS_SOMEONE, shown) == []
    from_afar = {entry["layer"]: entry["features"] for entry in page.evaluate(DRAWN)}
    assert page.evaluate(MOVE, SINGLE_ZOOM + 0.1) == []
    near = {entry["layer"]: entry["features"] for entry in page.evaluate(DRAWN)}
    assert set(from_afar) == set(near) == set(LAYERS)
    assert {name for name in LAYERS if not from_afar[name]} == set()
    assert any(one["properties"].get("count", 1) > 1 for one in from_afar["incidents"])
    assert near["incidents"]
    assert all("incident" in one["properties"] for one in near["incidents"])
    assert all("disputes_settled" in one["properties"] for one in from_afar["indicators"])
    assert all(one["id"] > 0 for features in (*from_afar.values(), *near.values()) for one in features)
    assert faults == []


@pytest.mark.parametrize(
    ("layers", "query"),
    [
        ("position,uncertainty,candidates", {"lon": 102.7312, "lat": 25.0512, "accuracy_m": 400}),
        ("position,candidates,nearest", {"lon": 102.5, "lat": 25.0}),
        ("area/area,affected", {"area": json.dumps(mapping(box(102.72, 25.04, 102.75, 25.06)))}),
    ],
)
def test_what_a_lookup_saw_is_drawn(
    page: Page, faults: list[str], site: str, demo_server: str, layers: str, query: dict[str, Any]
):
    """From its TileJSON alone: within the bounds that it tells every layer has features, and nothing fails."""
    described = httpx2.get(f"{demo_server}/tiles/lookup/{layers}.json", params=query).json()
    page.goto(site)
    page.wait_for_function("window.maplibregl", timeout=PATIENCE_MS)
    page.set_default_timeout(PATIENCE_MS)
    assert page.evaluate(SHOW_BOUNDS, [style_of_lookup(described), described["bounds"]]) == []
    drawn = {entry["layer"]: {one["id"] for one in entry["features"]} for entry in page.evaluate(DRAWN)}
    assert set(drawn) == set(layers.rpartition("/")[2].split(","))
    assert all(drawn.values())
    assert faults == []
