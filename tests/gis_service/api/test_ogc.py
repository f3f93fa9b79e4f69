from __future__ import annotations

import httpx2
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis_service.api.paging import decode_cursor, encode_cursor

GRIDS = "/ogc/collections/grids/items"
BUILDINGS = "/ogc/collections/buildings/items"
INCIDENTS = "/ogc/collections/incidents/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
TILE = (14, 12869, 7006)  # z, x, y: in the middle of the district


@pytest.fixture
def dispatcher(demo_tokens):
    return {"Authorization": f"Bearer {demo_tokens['dispatcher']}"}


def codes(client, path=GRIDS, headers=None, **query):
    """The ids of all features that match, in order, page after page."""
    found, address = [], f"{path}"
    answer = client.get(address, params={"limit": "1000", **query}, headers=headers)
    while True:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["numberReturned"] == len(body["features"])
        found += [feature["id"] for feature in body["features"]]
        following = [one["href"] for one in body["links"] if one["rel"] == "next"]
        if not following:
            assert body["numberMatched"] == len(found)
            return found
        answer = client.get(following[0], headers=headers)


def test_every_link_of_the_landing_page_leads_somewhere(demo_client):
    """Itself, the API's description, conformance, collections, tilesets, tile matrix sets; and from there on."""
    collections = demo_client.get("/ogc/collections").json()["collections"]
    tilesets = demo_client.get("/ogc/tiles").json()["tilesets"]
    links = [
        one for document in (demo_client.get("/ogc").json(), *collections, *tilesets) for one in document["links"]
    ]

    assert len(links) > 15
    for one in links:
        if one["rel"] != "service-doc":  # needs the console to be built
            answer = demo_client.get(one["href"])
            assert answer.status_code == 200, one
            assert answer.headers["content-type"] == one["type"]


def test_what_is_restricted_is_told_to_tokens_alone(demo_client, dispatcher):
    """Without a token two collections, and 401 where the third is; features of it hold nothing of persons."""
    public = demo_client.get("/ogc/collections").json()["collections"]
    told = demo_client.get("/ogc/collections", headers=dispatcher).json()["collections"]

    assert [one["id"] for one in public] == ["grids", "buildings"]
    assert [one["id"] for one in told] == ["grids", "buildings", "incidents"]
    for path in ("", "/queryables", "/items", "/items/x", "/tiles", "/tiles/WebMercatorQuad"):
        assert demo_client.get(f"/ogc/collections/incidents{path}").status_code == 401
    z, x, y = TILE
    assert demo_client.get(f"/ogc/collections/incidents/tiles/WebMercatorQuad/{z}/{y}/{x}").status_code == 401

    [feature] = demo_client.get(f"{INCIDENTS}?limit=1", headers=dispatcher).json()["features"]
    assert set(feature["properties"]) == {
        "category", "severity", "state", "channel", "owner", "department", "response_class",
        "occurred_at", "reported_at", "due_at",
    }  # fmt: skip


def test_incidents_are_those_of_the_list(demo_client, demo_tokens):
    """A worker of one street sees the ids that /v1/incidents shows, in the same order, page after page."""
    token = {"Authorization": f"Bearer {demo_tokens['worker']}"}
    listed = demo_client.get("/v1/incidents?limit=150", headers=token).json()["incidents"]

    first = demo_client.get(f"{INCIDENTS}?limit=100", headers=token).json()
    second = demo_client.get(next(one["href"] for one in first["links"] if one["rel"] == "next"), headers=token)

    seen = [one["id"] for one in first["features"] + second.json()["features"]]
    assert seen[:150] == [one["id"] for one in listed]
    assert demo_client.get(f"{INCIDENTS}/{seen[0]}", headers=token).json()["id"] == seen[0]


def test_pages_join_without_loss_or_repeat(demo_client):
    """325 grids in pages of 100, by code; the count is told on each page."""
    everything = codes(demo_client)

    assert codes(demo_client, limit="100") == everything == sorted(everything)
    assert len(everything) == 325


@pytest.mark.parametrize(
    ("query", "like"),
    [
        ({"level": "street"}, {"filter": "level = 'street'"}),
        ({"level": "street", "kind": "standard"}, {"filter": "level='street' AND kind='standard'"}),
        ({"bbox": "102.7,25.0,102.76,25.08"}, {"filter": "S_INTERSECTS(geometry,BBOX(102.7,25.0,102.76,25.08))"}),
        (
            {"bbox": "25.0,102.7,25.08,102.76", "bbox-crs": f"{EPSG}4490"},
            {"filter": "S_INTERSECTS(geometry,BBOX(102.7,25.0,102.76,25.08))"},
        ),
        (
            {"bbox": "102.7,25.0,-10,102.76,25.08,9000", "level": "street"},
            {
                "filter": "S_INTERSECTS(geometry,BBOX(25.0,102.7,25.08,102.76)) AND level='street'",
                "filter-crs": f"{EPSG}4326",
                "filter-lang": "cql2-text",
            },
        ),
        ({"households": "300"}, {"filter": "households >= 300 AND NOT households <> 300"}),
    ],
)
def test_parameters_and_filters_find_the_same(demo_client, query, like):
    """Equality of properties and boxes in any axis order, each written as CQL2 too."""
    found = codes(demo_client, **query)

    assert found == codes(demo_client, **like)
    assert len(found) < 325


@pytest.mark.parametrize(
    ("crs", "first"),
    [(CRS84, "lon"), (f"{EPSG}4326", "lat"), (f"{EPSG}4490", "lat"), (f"{EPSG}3857", None), (f"{EPSG}4543", None)],
)
def test_coordinates_are_answered_in_the_system_asked_for(demo_client, crs, first):
    """Content-Crs names it; what comes back is asked for again as a box of that system."""
    answer = demo_client.get(f"{GRIDS}/530103", params={"crs": crs})
    shape = shapely.from_geojson(answer.text)

    assert answer.headers["content-crs"] == f"<{crs}>"
    assert answer.headers["content-type"] == "application/geo+json"
    if first is not None:
        assert shape.bounds[0] > 100 if first == "lon" else shape.bounds[0] < 90
    west, south, east, north = shape.bounds
    middle = f"{(west + east) / 2},{(south + north) / 2}"
    found = codes(demo_client, **{"bbox": f"{middle},{middle}", "bbox-crs": crs})
    assert "530103" in found


def test_a_limit_above_the_most_is_taken_for_the_most(demo_client):
    """10,911 buildings, 10,000 at once: OGC 17-069r4 wants no error."""
    body = demo_client.get(f"{BUILDINGS}?limit=99999").json()

    assert (body["numberMatched"], body["numberReturned"]) == (10911, 10_000)
    for limit in ("9" * 20, "9" * 5000):
        assert demo_client.get(f"{GRIDS}?limit={limit}").json()["numberReturned"] == 325


def test_answers_tell_their_edition_and_the_next_page(demo_client, dispatcher):
    """Grids, buildings and tilesets do; incidents are of none.  The header Link is the link next."""
    for path in (f"{GRIDS}?limit=2", f"{BUILDINGS}?limit=2", f"{GRIDS}/530103"):
        answer = demo_client.get(path)
        assert (answer.headers["x-edition"], answer.json()["edition"]) == ("1", 1)
        following = [one["href"] for one in answer.json()["links"] if one["rel"] == "next"]
        assert [answer.links["next"]["url"]] == following if following else "next" not in answer.links
    assert "link" in demo_client.get(f"{GRIDS}?limit=2").headers
    assert demo_client.get("/ogc/tiles/WebMercatorQuad").json()["edition"] == 1
    incidents = demo_client.get(f"{INCIDENTS}?limit=2", headers=dispatcher)
    assert "x-edition" not in incidents.headers
    assert "edition" not in incidents.json()


def test_a_cursor_serves_the_list_that_it_was_given_with(demo_client):
    """Page and system may change; another filter, box, time or collection, or an edition that is not, is a 400."""
    first = demo_client.get(GRIDS, params={"limit": 2, "level": "street"})
    cursor = httpx2.URL(first.links["next"]["url"]).params["cursor"]
    asked = {"level": "street", "cursor": cursor}

    second = demo_client.get(GRIDS, params=asked | {"limit": 3, "crs": f"{EPSG}4490"}).json()
    assert (second["numberMatched"], second["numberReturned"]) == (8, 3)
    digest, *position = decode_cursor(cursor, str, int, int, int, str)
    for path, query in (
        (GRIDS, {"cursor": cursor}),
        (GRIDS, asked | {"kind": "standard"}),
        (GRIDS, asked | {"bbox": "102,25,103,26"}),
        (GRIDS, asked | {"datetime": "2100-01-01"}),
        (BUILDINGS, {"cursor": cursor}),
        (GRIDS, asked | {"cursor": encode_cursor(*position)}),
        (GRIDS, asked | {"cursor": encode_cursor(digest, 9, 9, *position[2:])}),
        (GRIDS, asked | {"cursor": encode_cursor(digest, 1, 9, *position[2:])}),
        (GRIDS, asked | {"cursor": "WzEsMSwzMjUsIjUzMDEwMyJd"}),
    ):
        answer = demo_client.get(path, params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad-cursor"), query


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/ogc", "x=1", "x"),
        ("/ogc/conformance", "f=html", "f"),
        (GRIDS, "foo=1", "foo"),
        (GRIDS, "limit=0", "limit"),
        (GRIDS, "limit=-1", "limit"),
        (GRIDS, "limit=ten", "limit"),
        (GRIDS, "limit=1&limit=2", "limit"),
        (GRIDS, "bbox=1,2,3", "bbox"),
        (GRIDS, "bbox=102,25,nan,26", "bbox"),
        (GRIDS, "bbox=25,102,26,103", "bbox"),
        (GRIDS, "bbox=1,2,3,4&bbox-crs=EPSG:4326", "bbox-crs"),
        (GRIDS, "crs=http://www.opengis.net/def/crs/EPSG/0/2343", "crs"),
        (GRIDS, "datetime=yesterday", "datetime"),
        (GRIDS, "datetime=2026-02-01/2026-01-01", "datetime"),
        (GRIDS, "cursor=xyz", "cursor"),
        (GRIDS, "households=many", "households"),
        (GRIDS, "name=%00", "name"),
        (GRIDS, "filter=nope%3D1", "filter"),
        (GRIDS, "filter=code%3D'x'&filter-lang=cql-text", "filter-lang"),
        (f"{GRIDS}/530103", "limit=1", "limit"),
        ("/ogc/tiles/WebMercatorQuad/14/7006/12869", "collections=incidents", "collections"),
        (
            "/ogc/tiles/WebMercatorQuad/14/7006/12869",
            "collections=http://elsewhere/ogc/collections/grids",
            "collections",
        ),
        ("/ogc/tiles/WebMercatorQuad", "collections=incidents", "collections"),
        ("/ogc/tiles", "collections=", "collections"),
        ("/ogc/tiles/WebMercatorQuad/14/7006/12869", "kind=odd", "kind"),
        ("/ogc/tiles/WebMercatorQuad/14/7006/12869", "foo=1", "foo"),
    ],
)
def test_a_wrong_parameter_is_a_400_that_names_it(demo_client, path, query, name):
    """Also one that the address does not have: OGC 17-069r4, 7.1."""
    answer = demo_client.get(f"{path}?{query}")

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["parameter"] == name


@pytest.mark.parametrize(
    "path",
    [
        "/ogc/collections/roads",
        f"{GRIDS}/nope",
        f"{GRIDS}/%00",
        "/ogc/tileMatrixSets/Mars",
        "/ogc/tiles/Mars",
        "/ogc/tiles/WebMercatorQuad/23/0/0",
        "/ogc/collections/roads/tiles/WebMercatorQuad/1/0/0",
    ],
)
def test_what_is_not_there_is_a_404(demo_client, path):
    """Collections, features, matrix sets, zooms."""
    assert demo_client.get(path).status_code == 404


FILTERS = st.recursive(
    st.sampled_from(
        [
            "code = '530103'",
            "name LIKE '%'' OR 1=1 --%'",
            "level IN ('street', '; DROP TABLE grid')",
            "households BETWEEN -1e300 AND 1e300",
            "area_m2 > households",
            "parent IS NULL",
            "TRUE",
            "'a' < 'b'",
            "1 = 1",
            "S_INTERSECTS(geometry, geometry)",
            "S_WITHIN(geometry, POLYGON((102 24,103 24,103 26,102 26,102 24)))",
            "S_CROSSES(LINESTRING(102 25,103 25.1), geometry)",
            "S_OVERLAPS(geometry, MULTIPOINT(102.7 25, 102.8 25))",
            "S_TOUCHES(POINT(180 90), geometry)",
            "S_DISJOINT(geometry, GEOMETRYCOLLECTION(POINT(102.7 25.1), LINESTRING(102 25,103 25)))",
            "S_EQUALS(geometry, BBOX(102.7,25,102.7,25))",
            "T_MEETS(INTERVAL('..','2026-01-01'), DATE('2026-01-02'))",
            "DATE('2026-01-01') < TIMESTAMP('2026-01-02T00:00:00Z')",
            "name LIKE '\\\\%'",
        ]
    ),
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=5,
)


@given(FILTERS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_filter_and_its_negation_share_the_grids_among_them(demo_client, written):
    """None is in both; with those for which it is unknown they are all 325; whatever is written, no 500."""
    holds = codes(demo_client, filter=written)
    holds_not = codes(demo_client, filter=f"NOT ({written})")

    assert not set(holds) & set(holds_not)
    assert len(holds) + len(holds_not) <= 325
    if "parent" not in written and "households" not in written:
        assert len(holds) + len(holds_not) == 325


@pytest.mark.parametrize("name", ["grids", "buildings"])
def test_tiles_are_those_of_the_tile_routes(demo_client, name):
    """Row before column; the same bytes, tag and lifetime, and 304 for who has them."""
    z, x, y = TILE
    address = f"/ogc/collections/{name}/tiles/WebMercatorQuad/{z}/{y}/{x}"

    ours, theirs = demo_client.get(address), demo_client.get(f"/tiles/current/{name}/{z}/{x}/{y}.mvt")

    assert ours.status_code == theirs.status_code == 200
    assert ours.content == theirs.content
    for header in ("etag", "cache-control", "content-type", "vary", "x-edition"):
        assert ours.headers[header] == theirs.headers[header]
    assert demo_client.get(address, headers={"If-None-Match": ours.headers["etag"]}).status_code == 304


def test_the_tiles_of_several_collections_are_chosen_by_name(demo_client, dispatcher):
    """All that the caller sees, or those named; filters as everywhere."""
    z, x, y = TILE
    address = f"/ogc/tiles/WebMercatorQuad/{z}/{y}/{x}"

    def same(query, layers, headers=None, filters=""):
        ours = demo_client.get(f"{address}{query}", headers=headers)
        theirs = demo_client.get(f"/tiles/current/{layers}/{z}/{x}/{y}.mvt{filters}", headers=headers)
        assert ours.status_code == 200
        return ours.content == theirs.content

    assert same("", "grids,buildings")
    assert same("", "grids,buildings,incidents", dispatcher)
    assert same("?collections=grids", "grids")
    assert same("?collections=grids&level=street", "grids", filters="?level=street")


def test_tilesets_are_of_the_collections_that_are_named(demo_client):
    """By id or by address, once each; the links carry the choice on, so that the tiles are of it."""
    z, x, y = TILE
    place = {"{tileMatrix}": str(z), "{tileRow}": str(y), "{tileCol}": str(x)}
    for named in (
        "grids",
        "http://testserver/ogc/collections/grids",
        "grids,http://testserver/ogc/collections/grids",
    ):
        listed = demo_client.get("/ogc/tiles", params={"collections": named}).json()
        assert listed["links"][0]["href"] == "http://testserver/ogc/tiles?collections=grids"
        tileset = demo_client.get(listed["tilesets"][0]["links"][0]["href"]).json()
        assert [layer["id"] for layer in tileset["layers"]] == ["grids"]
        template = next(one["href"] for one in tileset["links"] if one["rel"] == "item")
        for part, number in place.items():
            template = template.replace(part, number)
        tile = demo_client.get(template)
        assert tile.content == demo_client.get(f"/tiles/current/grids/{z}/{x}/{y}.mvt").content
    whole = demo_client.get("/ogc/tiles/WebMercatorQuad").json()
    assert [layer["id"] for layer in whole["layers"]] == ["grids", "buildings"]


def test_the_limits_of_a_tileset_are_where_its_tiles_are(demo_client):
    """At each zoom of grids the corner tiles within the limits are answered, those one step outside are not."""
    tileset = demo_client.get("/ogc/collections/grids/tiles/WebMercatorQuad").json()
    template = next(one["href"] for one in tileset["links"] if one["rel"] == "item")

    def status(limit, row, column):
        address = template.replace("{tileMatrix}", limit["tileMatrix"])
        return demo_client.get(address.replace("{tileRow}", str(row)).replace("{tileCol}", str(column))).status_code

    assert [limit["tileMatrix"] for limit in tileset["tileMatrixSetLimits"]] == [str(zoom) for zoom in range(23)]
    for limit in tileset["tileMatrixSetLimits"][8:12]:
        assert status(limit, limit["minTileRow"], limit["minTileCol"]) in {200, 204}
        assert status(limit, limit["maxTileRow"], limit["maxTileCol"]) in {200, 204}
        assert status(limit, limit["minTileRow"] - 1, limit["minTileCol"]) == 404
        assert status(limit, limit["maxTileRow"], limit["maxTileCol"] + 1) == 404
