"""Tiles and archives read by programs of others: GDAL, and the reader of PMTiles in JavaScript."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import mapbox_vector_tile
import pyogrio
import pytest
import shapely
from shapely.affinity import affine_transform
from shapely.geometry import shape
from starlette.testclient import TestClient

from gis_service.api.tile_cache import TileCache
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.export_tiles import Wanted, export_tiles
from tests.support.nginx import proxy_before
from tests.support.planted_tiles import CALLERS, layers_shown, worker_of
from tests.support.server import running_server
from tests.support.strict_tiles import faults_of
from tests.support.tile_ground import BOUNDS, tile_at
from tiles.address import EXTENT, TileAddress
from tiles.layers import LAYERS

PROJECT = Path(__file__).resolve().parents[2]
READER = PROJECT / "tests" / "support" / "read_archive.mjs"
PACKAGE = PROJECT / "gis_service" / "console" / "node_modules" / "pmtiles" / "dist" / "esm" / "index.js"
NODE = shutil.which("node") or "node"
DOWNTOWN = (102.73, 25.05)
LAYERS_OF_ARCHIVE = "grids,grid_labels,buildings"


def pan_and_zoom() -> list[TileAddress]:
    """What a map asks for that zooms in on the demo district and pans two tiles east at each zoom."""
    path = [tile_at(zoom, *DOWNTOWN) for zoom in range(4, 19)]
    return [TileAddress(one.z, one.x + east, one.y) for one in path for east in range(3)]


def test_every_tile_on_the_way_is_one_by_the_letter(demo_client: TestClient, demo_tokens: dict[str, str]):
    """45 tiles of all layers, for the public and for a dispatcher, by the strict reader of the specification."""
    read = 0
    for headers in ({}, {"Authorization": f"Bearer {demo_tokens['dispatcher']}"}):
        names = ",".join(layer.name for layer in layers_shown(demo_client, headers))
        for address in pan_and_zoom():
            answer = demo_client.get(f"/tiles/1/{names}/{address}.mvt", headers=headers)
            if answer.status_code == 200:
                assert faults_of(answer.content) == [], address
                read += 1
    assert read > 50


@pytest.mark.parametrize("caller", sorted(CALLERS))
def test_what_is_remembered_is_what_is_fresh(
    planted: TestClient, callers: dict[str, dict[str, str]], planted_url: str, tmp_path: Path, caller: str
):
    """Every layer at six zooms: rendered, from memory, from disk and by a worker that has nothing: equal bytes."""
    headers = callers[caller]
    paths = [
        f"/tiles/1/{layer.name}/{tile_at(zoom, 102.7199, 25.0199)}.mvt"
        for layer in layers_shown(planted, headers)
        for zoom in (5, 9, 11, 13, 15, 18)
        if layer.is_drawn_at(zoom)
    ]
    with worker_of(planted_url, tmp_path) as other:
        fresh = [other.get(path, headers=headers).content for path in paths]
    planted.app_state["tile_cache"] = TileCache(1_000_000)
    for _ in range(2):
        assert [planted.get(path, headers=headers).content for path in paths] == fresh
    planted.app_state["tile_cache"] = TileCache(1_000_000)
    assert [planted.get(path, headers=headers).content for path in paths] == fresh
    assert sum(map(bool, fresh)) > 10


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_gdal_reads_every_layer_as_it_was_meant(demo_client: TestClient, tmp_path: Path, name: str):
    """Ids, fields and places of three tiles, as another decoder finds them, within a tile unit."""
    if name not in {layer.name for layer in layers_shown(demo_client, {})}:
        pytest.skip("not for the public")
    for address in (tile_at(zoom, *DOWNTOWN) for zoom in (10, 13, 16)):
        if not LAYERS[name].is_drawn_at(address.z):
            continue
        tile = demo_client.get(f"/tiles/1/{name}/{address}.mvt").content
        if not tile:
            continue
        (decoded,) = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True}).values()
        file = tmp_path / str(address.z) / str(address.x) / f"{address.y}.mvt"
        file.parent.mkdir(parents=True)
        file.write_bytes(tile)
        meta, _, shapes, columns = pyogrio.raw.read(file, layer=name, CLIP="NO")
        fields = dict(zip(meta["fields"], columns, strict=True))
        read = dict(zip(fields.pop("mvt_id").tolist(), shapely.from_wkb(shapes), strict=True))
        west, _, east, north = address.bounds_3857
        unit_m = (east - west) / EXTENT
        for row, one in enumerate(decoded["features"]):
            assert list(read)[row] == one["id"]
            meant = affine_transform(shape(one["geometry"]), [unit_m, 0, 0, -unit_m, west, north])
            assert shapely.hausdorff_distance(meant, read[one["id"]]) <= unit_m
            for key, value in one["properties"].items():
                assert fields[key][row] == value, (address, key)


@pytest.fixture(scope="module")
def archive(planted_url: str, planted_work: UnitOfWork, callers: object) -> Iterator[tuple[Path, Path]]:
    """A home with an archive of the planted ground, where nginx may read it too."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        home = Path(made)
        home.chmod(0o755)
        file = home / "archives" / "planted.pmtiles"
        file.parent.mkdir()
        wanted = Wanted(edition=1, layers=LAYERS_OF_ARCHIVE, max_zoom=14)
        export_tiles(file, wanted, planted_work, attribution="© 测试", on_tiles=lambda *_: None)
        file.chmod(0o644)
        yield home, file


def read_by_node(url: str, *addresses: object) -> dict:
    """Return what the reader of the pmtiles package finds at an address."""
    command = [NODE, str(READER), PACKAGE.as_uri(), url, *map(str, addresses)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_archive_is_opened_by_its_own_reader(archive: tuple[Path, Path], planted_url: str):
    """Over HTTP in ranges, from the service and from nginx: bounds, metadata, and tiles byte for byte."""
    home, file = archive
    addresses = [tile_at(zoom, 102.7199, 25.0199) for zoom in (0, 6, 10, 14)]
    outside = tile_at(14, 103.5, 25)
    with running_server(planted_url, GIS_HOME=str(home)) as service:
        served = {
            str(one): httpx2.get(f"{service}/tiles/1/{LAYERS_OF_ARCHIVE}/{one}.mvt").content for one in addresses
        }
        found = [read_by_node(f"{service}/tiles/archives/{file.name}", *addresses, outside)]
        with proxy_before(int(urlsplit(service).port or 0), file.parent) as (port, log):
            found.append(read_by_node(f"http://127.0.0.1:{port}/tiles/archives/{file.name}", *addresses, outside))
            told = [json.loads(line) for line in log.read_text().splitlines()]
    tags = [one["header"].pop("etag") for one in found]
    assert all(tags)
    assert found[0] == found[1]
    assert {entry["status"] for entry in told if entry["path"].endswith(".pmtiles")} == {206}
    tiles = {one: body and base64.b64decode(body) for one, body in found[0]["tiles"].items()}
    assert tiles.pop(str(outside)) is None
    assert tiles == served
    assert all(len(body) > 100 for body in tiles.values())
    header, metadata = found[0]["header"], found[0]["metadata"]
    assert [header[side] for side in ("minLon", "minLat", "maxLon", "maxLat")] == pytest.approx(BOUNDS)
    assert (header["minZoom"], header["maxZoom"]) == (0, 14)
    assert metadata["attribution"] == "© 测试"
    assert {one["id"] for one in metadata["vector_layers"]} == set(LAYERS_OF_ARCHIVE.split(","))
