"""What OpenAPI says of the Esri vector tile service, which FastAPI does not see."""

from __future__ import annotations

from typing import Any

from gis_service.api.tile_openapi import TILE_OPENAPI_PATHS
from tiles.esri import ESRI_SETS

_TILE = TILE_OPENAPI_PATHS["/tiles/{edition}/{layers}/{z}/{x}/{y}.mvt"]["get"]
_EDITION, _LAYERS, _Z, _X, _Y, *_FILTERS = _TILE["parameters"]

_MATRIX = {
    "name": "matrix",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": list(ESRI_SETS)},
    "description": "System of the service; Web Mercator where the address has no such part.",
    "example": "CGCS2000Quad",
}

_OBJECT = {"application/json": {"schema": {"type": "object"}}}

_LEVEL = _Z | {"description": "Level; of CGCS2000 those of Tianditu.", "example": 14}
_ROW = _Y | {"description": "Row from the north: it comes first."}
_COLUMN = _X | {"description": "Column from the west."}


def _paths(service: str, suffix: str, named: list[dict[str, Any]]) -> dict[str, Any]:
    placed = [_LEVEL, _ROW | {"example": 2956}, _COLUMN | {"example": 12869}] if named else [_LEVEL, _ROW, _COLUMN]
    style = {
        "tags": ["tiles"],
        "summary": "The style of an Esri vector tile service.",
        "security": [{}],
        "parameters": [_LAYERS, *named],
        "responses": {
            "200": {"description": "A MapLibre style with the one source esri.", "content": _OBJECT},
            "304": {"description": "The caller has it already."},
        },
    }
    return {
        service: {
            "get": {
                "tags": ["tiles"],
                "operationId": f"get_esri_service{suffix}",
                "summary": "An Esri vector tile service of the edition in force, for QGIS and ArcGIS.",
                "security": [{}, {"token": []}],
                "parameters": [
                    _LAYERS,
                    *named,
                    {
                        "name": "f",
                        "in": "query",
                        "required": False,
                        "schema": {"type": "string", "default": "json"},
                        "description": "Not looked at: the answer is JSON.",
                    },
                ],
                "responses": {
                    "200": {"description": "The description of the service.", "content": _OBJECT},
                    "304": {"description": "The caller has it already."},
                },
            }
        },
        f"{service}/tile/{{z}}/{{y}}/{{x}}.pbf": {
            "get": _TILE
            | {
                "operationId": f"get_esri_tile{suffix}",
                "summary": "One vector tile, row before column.",
                "parameters": [_LAYERS, *named, *placed, *_FILTERS],
            }
        },
        f"{service}/resources/styles": {"get": style | {"operationId": f"get_esri_styles{suffix}"}},
        f"{service}/resources/styles/root.json": {"get": style | {"operationId": f"get_esri_root_style{suffix}"}},
    }


ESRI_OPENAPI_PATHS: dict[str, Any] = {
    **_paths("/esri/{layers}/VectorTileServer", "", []),
    **_paths("/esri/{layers}/{matrix}/VectorTileServer", "_in_matrix", [_MATRIX]),
}
