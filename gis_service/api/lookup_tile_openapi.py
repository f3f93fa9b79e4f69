"""What OpenAPI says of the tiles of lookups, which FastAPI does not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gis_service.api.area_parameter import LONGEST_AREA
from gis_service.api.locate_openapi import LOCATE_OPENAPI_PATHS
from gis_service.api.openapi_words import AT, CRS, query_parameter
from gis_service.api.tile_openapi import PLAN_TILE_OPENAPI_PATHS
from tiles.layers import MAX_LAYERS, TileLayer
from tiles.lookup_layers import AREA_LAYERS, POINT_LAYERS

_TILE = PLAN_TILE_OPENAPI_PATHS["/tiles/plans/{plan_id}/{layers}/{z}/{x}/{y}.mvt"]["get"]
_TILEJSON = PLAN_TILE_OPENAPI_PATHS["/tiles/plans/{plan_id}/{layers}.json"]["get"]
_BY_NAME = {parameter["name"]: parameter for parameter in _TILE["parameters"]}
_PLACE = [_BY_NAME[name] for name in ("z", "x", "y")]
_SENT = _TILE["responses"]["200"]["content"]

_EXAMPLES = {"lon": 102.73, "lat": 25.05, "accuracy_m": 80}
_OF_POINT = [
    parameter | ({"example": _EXAMPLES[parameter["name"]]} if parameter["name"] in _EXAMPLES else {})
    for parameter in LOCATE_OPENAPI_PATHS["/v1/locate"]["get"]["parameters"]
]
_AREA_EXAMPLE = '{"type":"Polygon","coordinates":[[[102.72,25.04],[102.74,25.04],[102.74,25.06],[102.72,25.04]]]}'
_OF_AREA = [
    query_parameter(
        "area",
        {"type": "string", "maxLength": LONGEST_AREA},
        "GeoJSON: a Polygon, a MultiPolygon, or a Feature of one; longitude (or easting) first",
        required=True,
    )
    | {"example": _AREA_EXAMPLE},
    CRS,
    query_parameter(
        "level", {"type": "string", "maxLength": 64}, "draw the grids of this level; else those with none below"
    ),
    query_parameter("edition", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, "number of an edition"),
    AT,
]

_HEADERS = {
    "ETag": {"schema": {"type": "string"}, "description": "Made of the edition, the question and the address."},
    "Cache-Control": {"schema": {"type": "string"}, "description": "private, and seconds."},
    "X-Edition": {"schema": {"type": "string"}, "description": "The edition that was asked."},
}
_TRUNCATED = {
    "X-Truncated": {
        "schema": {"type": "string", "example": "affected=1234"},
        "description": "How many grids of the area are not drawn. Absent when all are.",
    }
}
_DESCRIBED = _TILEJSON["responses"]["200"]["content"]["application/json"]["schema"]
_OWN = {name: schema for name, schema in _DESCRIBED["properties"].items() if not name.startswith("plan")}
_TILEJSON_BODY = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["tilejson", "tiles", "vector_layers", "bounds", "edition"],
            "properties": {**_OWN, "edition": {"type": "integer"}},
        }
    }
}


def _layers(known: Mapping[str, TileLayer]) -> dict[str, Any]:
    one = f"({'|'.join(known)})"
    return {
        **_BY_NAME["layers"],
        "schema": {"type": "string", "pattern": rf"^{one}(,{one}){{0,{MAX_LAYERS - 1}}}$"},
        "description": f"Layers joined by commas, each once: {', '.join(known)}.",
        "example": ",".join(known),
    }


def _paths(
    path: str, whose: str, lookup: str, known: Mapping[str, TileLayer], query: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    what = whose.rsplit(maxsplit=1)[-1]
    same = f"Its parameters, its refusals and its answer are those of {lookup}; staff is never shown."
    asked = {"tags": ["tiles"], "security": [{}, {"token": []}]}
    known_already = {"description": "The caller has it already.", "headers": _HEADERS}
    return {
        f"{path}/{{layers}}/{{z}}/{{x}}/{{y}}.mvt": {
            "get": asked
            | {
                "operationId": f"get_{what}_lookup_tile",
                "summary": f"One vector tile of what the lookup of {whose} sees.",
                "description": same,
                "parameters": [_layers(known), *_PLACE, *query, _BY_NAME["If-None-Match"]],
                "responses": {
                    "200": {
                        "description": _TILE["responses"]["200"]["description"],
                        "headers": _HEADERS | (_TRUNCATED if what == "area" else {}),
                        "content": _SENT,
                    },
                    "204": {"description": "Nothing of it lies in this tile.", "headers": _HEADERS},
                    "304": known_already,
                },
            }
        },
        f"{path}/{{layers}}.json": {
            "get": asked
            | {
                "operationId": f"get_{what}_lookup_tilejson",
                "summary": f"What tiles there are of the lookup of {whose}: TileJSON 3.0.0.",
                "description": f"{same} Its tile address keeps to the edition that was asked.",
                "parameters": [_layers(known), *query, _BY_NAME["If-None-Match"]],
                "responses": {
                    "200": {"description": "The description.", "headers": _HEADERS, "content": _TILEJSON_BODY},
                    "304": known_already,
                },
            }
        },
    }


LOOKUP_TILE_OPENAPI_PATHS: dict[str, Any] = {
    **_paths("/tiles/lookup", "a point", "GET /v1/locate", POINT_LAYERS, _OF_POINT),
    **_paths("/tiles/lookup/area", "an area", "POST /v1/locate/area", AREA_LAYERS, _OF_AREA),
}
