"""What OpenAPI says of the OGC API where FastAPI cannot see it: parameters read by hand, and the tiles."""

from __future__ import annotations

from typing import Any

from gis_service.api.ogc_links import GEOJSON, MVT, SCHEMA
from gis_service.api.ogc_parameters import DEFAULT_LIMIT, FILTER_LANGUAGE
from gis_service.api.openapi_words import BINARY, EDITION_HEADER, array_of, object_of, query_parameter
from gis_service.domain.feature import COLLECTIONS
from gis_service.domain.feature_crs import CRS84
from tiles.address import MAX_ZOOM
from tiles.matrix_sets import OGC_MATRIX_SETS

_TEXT: dict[str, Any] = {"type": "string"}
_URI: dict[str, Any] = {"type": "string", "format": "uri", "default": CRS84}
_MOST = max(one.most for one in COLLECTIONS.values())

_F = query_parameter("f", {"type": "string", "enum": ["json"]}, "the only format there is")
FORMAT = {"parameters": [_F]}

_COLLECTIONS = query_parameter("collections", _TEXT, "ids or addresses joined by commas; all when absent")
TILESETS_PARAMETERS = {"parameters": [_COLLECTIONS, _F]}

_CRS = query_parameter("crs", _URI, "in which to answer; the axes in the order of the system's authority")
_DATETIME = query_parameter(
    "datetime",
    _TEXT,
    "an instant, a date, or two with a slash between, .. for no end: of grids and buildings the edition in force "
    "then, of incidents when they happened",
)

ITEM_PARAMETERS = {"parameters": [_CRS, _DATETIME, _F]}

ITEMS_PARAMETERS = {
    "parameters": [
        query_parameter("bbox", _TEXT, "lower corner, upper corner: four numbers, or six with heights"),
        query_parameter("bbox-crs", _URI, "the system of bbox"),
        _DATETIME,
        query_parameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": _MOST, "default": DEFAULT_LIMIT},
            "; ".join(f"{one.name}: {one.most} at most" for one in COLLECTIONS.values()),
        ),
        query_parameter("cursor", {"type": "string"}, "where the page begins; from the link next"),
        _CRS,
        query_parameter("filter", _TEXT, "CQL2 text; /queryables tells the names"),
        query_parameter("filter-lang", {"type": "string", "enum": [FILTER_LANGUAGE]}, "the only language"),
        query_parameter("filter-crs", _URI, "the system of geometries in the filter"),
        *(
            query_parameter(name, _TEXT, "features in which this property has this value")
            for name in sorted({one.name for collection in COLLECTIONS.values() for one in collection.properties})
        ),
        _F,
    ]
}

_LINKS = array_of(object_of({"rel": _TEXT, "href": _TEXT}))
_EDITION = {"type": "integer", "minimum": 1, "description": "the edition shown; incidents are of none"}
_FEATURE = object_of(
    {
        "type": {"const": "Feature"},
        "id": _TEXT,
        "properties": {"type": "object"},
        "geometry": {"type": ["object", "null"]},
        "links": _LINKS,
        "edition": _EDITION,
    },
    "links",
    "edition",
)
_COUNT = {"type": "integer", "minimum": 0}
_FEATURES = object_of(
    {
        "type": {"const": "FeatureCollection"},
        "timeStamp": {"type": "string", "format": "date-time"},
        "numberMatched": _COUNT,
        "numberReturned": _COUNT,
        "links": _LINKS,
        "features": array_of(_FEATURE),
        "edition": _EDITION,
    },
    "edition",
)


def items_responses(*, one: bool) -> dict[int | str, dict[str, Any]]:
    """Return what an answer with one feature or several is."""
    headers: dict[str, Any] = {
        "Content-Crs": {"description": "the system of the coordinates, in angle brackets", "schema": _TEXT},
        **EDITION_HEADER,
    }
    if not one:
        headers["Link"] = {"description": "the next page, if there is one", "schema": _TEXT}
    content = {GEOJSON: {"schema": _FEATURE if one else _FEATURES}}
    return {200: {"description": "Found.", "headers": headers, "content": content}}


QUERYABLES_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "A JSON Schema.", "content": {SCHEMA: {"schema": {"type": "object"}}}}
}


def _path(name: str, schema: dict[str, Any], description: str, example: str | int) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": schema,
        "description": description,
        "example": example,
    }


_TILE_PLACE = [
    _path(
        "tile_matrix_set", {"type": "string", "enum": list(OGC_MATRIX_SETS)}, "Tile matrix set.", "WebMercatorQuad"
    ),
    _path("tile_matrix", {"type": "integer", "minimum": 0, "maximum": MAX_ZOOM}, "Zoom.", 14),
    _path("tile_row", {"type": "integer", "minimum": 0}, "Row from the north.", 7014),
    _path("tile_col", {"type": "integer", "minimum": 0}, "Column from the west.", 12866),
]
_COLLECTION = _path("collection", {"type": "string", "enum": list(COLLECTIONS)}, "Collection.", "grids")
_FILTERS = [
    query_parameter(name, _TEXT, "as of /tiles") for name in ("level", "kind", "category", "state", "since", "until")
]


def _tile(name: str, summary: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "get": {
            "tags": ["ogc"],
            "operationId": name,
            "summary": summary,
            "description": "The same bytes as of /tiles/current; the row stands before the column.",
            "security": [{}, {"token": []}],
            "parameters": parameters,
            "responses": {
                "200": {"description": "The tile.", "content": {MVT: BINARY}},
                "204": {"description": "Inside the bounds of the edition, and empty."},
                "304": {"description": "The caller has it already."},
                "503": {"description": "Too many tiles wait to be rendered, or the database is busy, slow or away."},
            },
        }
    }


_ADDRESS = "{tile_matrix_set}/{tile_matrix}/{tile_row}/{tile_col}"

OGC_TILE_OPENAPI_PATHS: dict[str, Any] = {
    f"/ogc/collections/{{collection}}/tiles/{_ADDRESS}": _tile(
        "get_ogc_collection_tile", "One vector tile of a collection.", [_COLLECTION, *_TILE_PLACE, *_FILTERS]
    ),
    f"/ogc/tiles/{_ADDRESS}": _tile(
        "get_ogc_tile",
        "One vector tile of several collections.",
        [*_TILE_PLACE, _COLLECTIONS, *_FILTERS],
    ),
}
