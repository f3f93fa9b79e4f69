from __future__ import annotations

import morecantile
import pytest
from starlette.testclient import TestClient

from gis_service.api.matrix_tiles import MATRIX_OPENAPI_PATHS, matrix_set_routes, matrix_tile_routes
from grid_boundaries.locate.shifts import CHINA
from tests.support.tile_ground import features
from tiles.matrix_sets import MATRIX_SETS

IN_DEGREES = "/tiles/1/grids/CGCS2000Quad/13/12869/2956.mvt"
IN_GCJ02 = "/tiles/1/grids/GCJ02WebMercatorQuad/14/12869/7009.mvt"


def test_a_tile_in_degrees_is_answered_as_any_other(demo_client: TestClient):
    """Immutable, with a tag of its own, 304 by it; of current the same."""
    answer = demo_client.get(IN_DEGREES)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-edition"] == "1"
    assert len(features(answer.content, "grids")) > 3
    tag = answer.headers["etag"]
    assert demo_client.get(IN_DEGREES, headers={"If-None-Match": tag}).status_code == 304
    assert demo_client.get(IN_DEGREES.replace("/1/", "/current/", 1)).headers["etag"] == tag


def test_each_set_has_tags_of_its_own(demo_client: TestClient):
    """The same numbers name three tiles; Web Mercator called by its name is the tile without a name."""
    place = "9/402/219.mvt"
    answers = {name: demo_client.get(f"/tiles/1/grids/{name}/{place}") for name in MATRIX_SETS}
    tags = {name: answer.headers.get("etag") for name, answer in answers.items()}
    assert answers["CGCS2000Quad"].status_code == 404
    assert tags["WebMercatorQuad"] == demo_client.get(f"/tiles/1/grids/{place}").headers["etag"]
    assert tags["GCJ02WebMercatorQuad"] not in {None, tags["WebMercatorQuad"]}


def test_a_gcj02_tile_is_asked_for_twice_and_drawn_once(demo_client: TestClient):
    """The second answer is the first."""
    first, again = demo_client.get(IN_GCJ02), demo_client.get(IN_GCJ02)
    assert first.status_code == 200
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/tiles/1/grids/Tianditu/13/12869/2956.mvt", 404, "no-matrix-set"),
        ("/tiles/1/grids/CGCS2000Square/13/12869/2956.mvt", 404, "no-matrix-set"),
        ("/tiles/1/grids/cgcs2000quad.json", 404, "no-matrix-set"),
        ("/tiles/matrix-sets/c.json", 404, "no-matrix-set"),
        ("/tiles/1/grids/CGCS2000Quad/13/12869/8192.mvt", 400, "bad-address"),
        ("/tiles/1/grids/CGCS2000Quad/13/16384/1.mvt", 400, "bad-address"),
        ("/tiles/1/grids/CGCS2000Quad/13/-1/1.mvt", 400, "bad-address"),
        ("/tiles/1/grids/CGCS2000Quad/22/0/0.mvt", 404, "not-found"),
        ("/tiles/1/grids/CGCS2000Quad/9999999999/0/0.mvt", 404, "not-found"),
        ("/tiles/1/grids/CGCS2000Quad/13/0/0.mvt", 404, "not-found"),
        ("/tiles/1/grids/GCJ02WebMercatorQuad/14/0/0.mvt", 404, "not-found"),
        ("/tiles/1/buildings/CGCS2000Quad/11/3217/739.mvt", 404, "not-found"),
        ("/tiles/1/roads/CGCS2000Quad/13/12869/2956.mvt", 404, "no-layer"),
        ("/tiles/9/grids/CGCS2000Quad/13/12869/2956.mvt", 404, "no-edition"),
        ("/tiles/1/grids/CGCS2000Quad/13/12869/2956.mvt?level=village", 422, "unknown-level"),
        ("/tiles/1/grids/CGCS2000Quad.json?kind=odd", 422, "invalid-input"),
        ("/tiles/plans/1/grids/12/3216/1753.mvt", 401, "unauthenticated"),
        ("/tiles/plans/1/grids.json", 401, "unauthenticated"),
    ],
)
def test_a_refusal_says_which(demo_client: TestClient, path: str, status: int, code: str):
    """As in Web Mercator; and tiles of plans are not taken for those of a set."""
    answer = demo_client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["cache-control"] == "no-store"


def test_a_tileset_leads_to_its_tiles_and_to_its_set(demo_client: TestClient):
    """Both links are followed; the limits name the tile that is there; the filter goes along."""
    told = demo_client.get("/tiles/current/grids/CGCS2000Quad.json?kind=standard").json()
    item, scheme = (link["href"] for link in told["links"])
    limits = told["tileMatrixSetLimits"][11]
    tile = item.format(tileMatrix=11, tileCol=limits["minTileCol"], tileRow=limits["minTileRow"])
    assert tile.startswith("http://testserver/tiles/1/grids/CGCS2000Quad/11/")
    assert demo_client.get(tile).status_code in {200, 204}
    assert tile.endswith("?kind=standard")
    described = morecantile.TileMatrixSet.model_validate(demo_client.get(scheme).json())
    assert described.id == "CGCS2000Quad"
    assert demo_client.get(f"/tiles/1/grids/CGCS2000Quad/11/{limits['maxTileCol'] + 1}/0.mvt").status_code == 404


def test_the_tilejson_of_gcj02_tells_the_shifted_bounds(demo_client: TestClient):
    """A hundred metres and more east of the plain ones; its middle tile is there."""
    plain = demo_client.get("/tiles/1/grids.json").json()
    told = demo_client.get("/tiles/1/grids/GCJ02WebMercatorQuad.json").json()
    assert told["tilejson"] == "3.0.0"
    assert told["tiles"] == ["http://testserver/tiles/1/grids/GCJ02WebMercatorQuad/{z}/{x}/{y}.mvt"]
    assert 0.001 < told["bounds"][2] - plain["bounds"][2] < 0.003
    assert CHINA[0] < told["center"][0] < CHINA[2]


def test_web_mercator_by_its_name_has_a_tilejson(demo_client: TestClient):
    """The same as without the name but for the address of its tiles."""
    plain = demo_client.get("/tiles/1/grids.json").json()
    told = demo_client.get("/tiles/1/grids/WebMercatorQuad.json").json()
    assert told | {"tiles": plain["tiles"]} == plain


@pytest.mark.parametrize("name", list(MATRIX_SETS))
def test_a_matrix_set_is_there_for_everyone(demo_client: TestClient, name: str):
    """Read by morecantile, allowed to every origin."""
    answer = demo_client.get(f"/tiles/matrix-sets/{name}.json")
    assert morecantile.TileMatrixSet.model_validate(answer.json()).id == name
    assert answer.headers["access-control-allow-origin"] == "*"


def test_openapi_describes_every_route():
    """Each path of the description is a path that is served."""
    assert set(MATRIX_OPENAPI_PATHS) == {route.path for route in (*matrix_set_routes, *matrix_tile_routes)}
