"""The description of tiles that are cut in another system than Web Mercator, for which TileJSON has no word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiles.address import Bounds, project
from tiles.layers import TileEdition, TileLayer
from tiles.matrix_sets import TileMatrixSet, crs_uri

_MVT = "application/vnd.mapbox-vector-tile"
_TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_DIMENSIONS = {"point": 0, "line": 1, "polygon": 2}


def describe_tileset(
    edition: TileEdition,
    layers: Sequence[TileLayer],
    matrix_set: TileMatrixSet,
    *,
    tiles_url: str,
    matrix_set_url: str,
    attribution: str,
    exact: bool,
) -> dict[str, Any]:
    """Return the metadata of a tileset: some layers of one edition in a set that is cut in degrees.

    ``tiles_url`` is the template with {tileMatrix}, {tileCol} and {tileRow}; it names the edition.  Limits are given
    for every zoom, also where no layer is drawn: clients take the place in the list for the zoom.  ``exact`` says
    that incidents are shown one by one.

    Source:
        OGC 17-083r4 (Two Dimensional Tile Matrix Set and Tile Set Metadata), clause 7.
    """
    west, south, east, north = edition.bounds
    told = {
        "title": ",".join(layer.name for layer in layers),
        "description": f"Edition {edition.number}",
        "edition": edition.number,
        "dataType": "vector",
        "crs": crs_uri(matrix_set),
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": _CRS84},
        "tileMatrixSetLimits": [
            tile_limits(edition.bounds, matrix_set, zoom) for zoom in range(matrix_set.max_zoom + 1)
        ],
        "layers": [describe_layer(layer, matrix_set, exact=exact) for layer in layers],
        "links": [
            {"rel": "item", "type": _MVT, "href": tiles_url, "templated": True},
            {"rel": _TILING_SCHEME, "type": "application/json", "href": matrix_set_url},
        ],
    }
    return told | ({"attribution": attribution} if attribution else {})


def tile_limits(bounds: Bounds, matrix_set: TileMatrixSet, zoom: int) -> dict[str, Any]:
    """Return the first and last column and row of the tiles of one zoom that hold a box in degrees.

    Of a set that is not shifted.  A box that ends on the edge of a tile may take the next one in.
    """
    west, south, east, north = bounds if matrix_set.is_geographic else project(bounds)
    side = matrix_set.side / (1 << zoom)
    columns, rows = matrix_set.columns << zoom, matrix_set.rows << zoom
    return {
        "tileMatrix": str(zoom),
        "minTileRow": _within(matrix_set.north - north, side, rows),
        "maxTileRow": _within(matrix_set.north - south, side, rows),
        "minTileCol": _within(west - matrix_set.west, side, columns),
        "maxTileCol": _within(east - matrix_set.west, side, columns),
    }


def _within(distance: float, side: float, count: int) -> int:
    return min(max(int(distance // side), 0), count - 1)


def describe_layer(layer: TileLayer, matrix_set: TileMatrixSet, *, exact: bool) -> dict[str, Any]:
    """Return what the metadata of a tileset says of a layer; ``exact`` as for ``describe_tileset``."""
    described = {name: {"title": name, "description": words} for name, words in layer.fields_for(exact=exact).items()}
    return {
        "id": layer.name,
        "description": layer.description,
        "dataType": "vector",
        "geometryDimension": _DIMENSIONS[layer.geometry],
        "minTileMatrix": str(max(layer.min_zoom - matrix_set.finer_by, 0)),
        "maxTileMatrix": str(min(layer.max_zoom - matrix_set.finer_by, matrix_set.max_zoom)),
        "propertiesSchema": {"type": "object", "properties": described},
    }
