"""What OpenAPI says of tiles in other matrix sets, which FastAPI does not see."""

from __future__ import annotations

from typing import Any

from gis_service.api.tile_openapi import TILE_OPENAPI_PATHS
from tiles.matrix_sets import CGCS2000_QUAD, MATRIX_SETS

_TILE = TILE_OPENAPI_PATHS["/tiles/{edition}/{layers}/{z}/{x}/{y}.mvt"]["get"]
_TILEJSON = TILE_OPENAPI_PATHS["/tiles/{edition}/{layers}.json"]["get"]

_MATRIX = {
    "name": "matrix",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": list(MATRIX_SETS)},
    "description": "Tile matrix set: Web Mercator, CGCS2000 in degrees (EPSG:4490), or Web Mercator of GCJ-02.",
    "example": CGCS2000_QUAD.id,
}

_EXAMPLES = {"z": 13, "x": 12869, "y": 2956}
"""The middle of the demo district in CGCS2000."""

_OBJECT = {"application/json": {"schema": {"type": "object"}}}


def _placed(parameter: dict[str, Any]) -> dict[str, Any]:
    if parameter["name"] not in _EXAMPLES:
        return parameter
    return parameter | {
        "description": f"{parameter['description'].partition(',')[0].rstrip('.')}, in that matrix set.",
        "example": _EXAMPLES[parameter["name"]],
    }


MATRIX_OPENAPI_PATHS: dict[str, Any] = {
    "/tiles/{edition}/{layers}/{matrix}/{z}/{x}/{y}.mvt": {
        "get": _TILE
        | {
            "operationId": "get_matrix_tile",
            "summary": "One vector tile in another tile matrix set.",
            "parameters": [
                *_TILE["parameters"][:2],
                _MATRIX,
                *[_placed(parameter) for parameter in _TILE["parameters"][2:]],
            ],
        }
    },
    "/tiles/{edition}/{layers}/{matrix}.json": {
        "get": _TILEJSON
        | {
            "operationId": "get_tileset",
            "summary": "What tiles there are in another tile matrix set.",
            "description": "TileJSON 3.0.0 in the pyramid of Web Mercator; OGC tileset metadata in degrees.",
            "parameters": [*_TILEJSON["parameters"][:2], _MATRIX, *_TILEJSON["parameters"][2:]],
            "responses": _TILEJSON["responses"]
            | {"200": _TILEJSON["responses"]["200"] | {"description": "The description.", "content": _OBJECT}},
        }
    },
    "/tiles/matrix-sets/{matrix}.json": {
        "get": {
            "tags": ["tiles"],
            "operationId": "get_matrix_set",
            "summary": "A tile matrix set (OGC 17-083r4).",
            "description": "Of CGCS2000 the latitude of the origin comes first, as EPSG:4490 has it.",
            "security": [{}],
            "parameters": [_MATRIX],
            "responses": {"200": {"description": "The set.", "content": _OBJECT}},
        }
    },
}
