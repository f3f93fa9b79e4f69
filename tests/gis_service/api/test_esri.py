from __future__ import annotations

import json
from pathlib import Path

import pyogrio
import pytest
import shapely
from starlette.testclient import TestClient

from gis_service.api.esri import ESRI_OPENAPI_PATHS, esri_routes

SERVICES = ["/esri/grids,grid_labels/VectorTileServer", "/esri/grids,grid_labels/CGCS2000Quad/VectorTileServer"]


def middle_tile(service: dict, level: int) -> tuple[int, int]:
    """Column and row of the tile in the middle of a service, counted as its description has them."""
    origin, extent = service["tileInfo"]["origin"], service["fullExtent"]
    side = service["tileInfo"]["lods"][level]["resolution"] * service["tileInfo"]["cols"]
    across, down = (extent["xmin"] + extent["xmax"]) / 2, (extent["ymin"] + extent["ymax"]) / 2
    return int((across - origin["x"]) // side), int((origin["y"] - down) // side)


@pytest.mark.parametrize("path", SERVICES)
def test_a_client_finds_tiles_by_the_description_alone(demo_client: TestClient, tmp_path: Path, path: str):
    """GDAL reads the tile with the origin and size that the description tells, and its grids lie in the extent."""
    service = demo_client.get(path, params={"f": "pjson"}).json()
    level = 12
    column, row = middle_tile(service, level)
    # QGIS has 2 ** level columns, whatever it is told.
    assert column < 2**level
    answer = demo_client.get(f"{path}/{service['tiles'][0].format(z=level, x=column, y=row)}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    file = tmp_path / str(level) / str(column) / f"{row}.pbf"
    file.parent.mkdir(parents=True)
    file.write_bytes(answer.content)
    info = service["tileInfo"]
    (tmp_path / "metadata.json").write_text(
        json.dumps(
            {
                "crs": f"EPSG:{info['spatialReference']['latestWkid']}",
                "tile_origin_upper_left_x": info["origin"]["x"],
                "tile_origin_upper_left_y": info["origin"]["y"],
                "tile_dimension_zoom_0": info["lods"][0]["resolution"] * info["cols"],
            }
        ),
        encoding="utf-8",
    )
    meta, _, shapes, _ = pyogrio.raw.read(file, layer="grids", METADATA_FILE=str(tmp_path / "metadata.json"))
    assert meta["crs"] == f"EPSG:{info['spatialReference']['latestWkid']}"
    extent = service["fullExtent"]
    drawn = shapely.union_all(shapely.from_wkb(shapes))
    reach = shapely.box(extent["xmin"], extent["ymin"], extent["xmax"], extent["ymax"])
    side = info["lods"][level]["resolution"] * info["cols"]
    assert drawn.within(reach.buffer(side / 100))
    assert drawn.area > side**2 / 2


def test_the_tiles_are_those_of_the_other_addresses(demo_client: TestClient):
    """In Web Mercator under the same tag; in CGCS2000 level 14, which is Tianditu's, has the bytes of zoom 13."""
    plain = demo_client.get("/tiles/current/grids/14/12869/7009.mvt")
    mine = demo_client.get("/esri/grids/VectorTileServer/tile/14/7009/12869.pbf")
    assert (mine.content, mine.headers["etag"]) == (plain.content, plain.headers["etag"])
    quad = demo_client.get("/tiles/current/grids/CGCS2000Quad/13/12869/2956.mvt")
    square = demo_client.get("/esri/grids/CGCS2000Quad/VectorTileServer/tile/14/2956/12869.pbf")
    assert square.content == quad.content != b""


@pytest.mark.parametrize(
    "path", ["/esri/grids/VectorTileServer", "/esri/grids/VectorTileServer/tile/14/7009/12869.pbf"]
)
def test_at_is_read_as_of_current(demo_client: TestClient, path: str):
    """The edition in force then; what is no instant, or before the first edition, is refused as of all tiles."""
    answer = demo_client.get(path, params={"at": "2100-01-01T00:00:00Z"})
    assert (answer.status_code, answer.headers["x-edition"]) == (200, "1")
    bad = demo_client.get(path, params={"at": "yesterday"})
    assert (bad.status_code, bad.json()["errors"][0]["parameter"]) == (422, "at")
    early = demo_client.get(path, params={"at": "1900-01-01T00:00:00Z"})
    assert (early.status_code, early.json()["code"]) == (404, "no-edition")


@pytest.mark.parametrize("path", SERVICES)
@pytest.mark.parametrize("end", ["resources/styles", "resources/styles/root.json"])
def test_the_style_leads_back_to_the_service(demo_client: TestClient, path: str, end: str):
    """QGIS asks its one source, esri, for the description when it is given the style."""
    answer = demo_client.get(f"{path}/{end}", params={"f": "json"})
    style = answer.json()
    source = style["sources"]["esri"]["url"]
    assert source == f"http://testserver{path}"
    assert demo_client.get(source).json()["name"] == "grids,grid_labels"
    assert {layer.get("source-layer") for layer in style["layers"]} == {None, "grids", "grid_labels"}
    tag = answer.headers["etag"]
    assert demo_client.get(f"{path}/{end}", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/esri/roads/VectorTileServer", 404, "no-layer"),
        ("/esri/grids,grids/VectorTileServer", 400, "bad-address"),
        ("/esri/roads/VectorTileServer/resources/styles/root.json", 404, "no-layer"),
        ("/esri/grids/GCJ02WebMercatorQuad/VectorTileServer", 404, "no-matrix-set"),
        ("/esri/grids/4490/VectorTileServer/resources/styles", 404, "no-matrix-set"),
        ("/esri/grids/VectorTileServer/tile/2/4/0.pbf", 400, "bad-address"),
        ("/esri/grids/VectorTileServer/tile/23/0/0.pbf", 404, "not-found"),
        ("/esri/grids/VectorTileServer/tile/14/0/0.pbf", 404, "not-found"),
        ("/esri/grids/VectorTileServer/tile/14/7009/x.pbf", 400, "bad-address"),
        ("/esri/grids/VectorTileServer/tilemap", 404, "not-found"),
    ],
)
def test_a_refusal_says_which(demo_client: TestClient, path: str, status: int, code: str):
    """As for all tiles; GCJ-02 is no system that such a client knows."""
    answer = demo_client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_openapi_describes_every_route():
    """Each path of the description is a path that is served."""
    assert set(ESRI_OPENAPI_PATHS) == {route.path for route in esri_routes}
