"""Clients of others read the OGC API: GDAL's OAPIF driver and OWSLib."""

from __future__ import annotations

import httpx2
import pyogrio
import pyogrio.raw
import pytest
from owslib.ogcapi.features import Features

CRS84_BOX = (102.70, 25.00, 102.76, 25.08)


def read(address, layer, **asked):
    """The field names and the columns that GDAL reads."""
    meta, _, geometries, columns = pyogrio.raw.read(f"OAPIF:{address}/ogc", layer=layer, **asked)
    return dict(zip(meta["fields"], columns, strict=True)), geometries


@pytest.mark.parametrize(("layer", "count", "kind"), [("grids", 325, "MultiPolygon"), ("buildings", 10911, "Point")])
def test_gdal_reads_all_features_in_pages(demo_server, layer, count, kind):
    """The count without reading, then all of them, each once, 1000 at a time."""
    source = f"OAPIF:{demo_server}/ogc"
    info = pyogrio.read_info(source, layer=layer, force_feature_count=True)
    assert (info["features"], info["geometry_type"]) == (count, kind)

    columns, geometries = read(demo_server, layer)

    assert len(geometries) == count
    assert len(set(columns["code"])) == count


def test_gdal_asks_for_boxes_and_filters(demo_server):
    """As many as the service itself counts."""
    box = ",".join(map(str, CRS84_BOX))
    matched = httpx2.get(f"{demo_server}/ogc/collections/grids/items?bbox={box}&limit=1").json()["numberMatched"]

    _, geometries = read(demo_server, "grids", bbox=CRS84_BOX)
    columns, _ = read(demo_server, "grids", where="level = 'street' AND households > 0")

    assert len(geometries) == matched
    assert 0 < matched < 325
    assert set(columns["level"]) == {"street"}


def test_owslib_reads_collections_filters_and_tilesets(demo_server):
    """Conformance, two public collections, queryables, items by box and by CQL2, one feature."""
    client = Features(f"{demo_server}/ogc")

    assert "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text" in client.conformance()["conformsTo"]
    assert client.feature_collections() == ["grids", "buildings"]
    assert "households" in client.collection_queryables("grids")["properties"]
    assert client.collection("grids")["extent"]["spatial"]["bbox"]
    found = client.collection_items("grids", filter="level = 'street'", limit=3)
    assert (found["numberMatched"], found["numberReturned"]) == (8, 3)
    assert client.collection_items("grids", bbox=CRS84_BOX)["numberMatched"] < 325
    assert client.collection_item("grids", "530103")["properties"]["name"] == "盘龙区"
    # OWSLib 0.35 has no class for tiles; its door for any path has.
    tileset = client._request(path="collections/grids/tiles/WebMercatorQuad")
    assert tileset["tileMatrixSetURI"].endswith("WebMercatorQuad")
