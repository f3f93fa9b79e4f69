"""What OpenAPI says of the lookup routes, which FastAPI does not know."""

from __future__ import annotations

from typing import Any

from gis_service.api.openapi_words import (
    AT,
    CODE,
    CRS,
    INSTANT,
    NUMBER,
    array_of,
    nullable,
    object_of,
    query_parameter,
)

_NAMED_GRID = object_of({"code": CODE, "name": {"type": "string"}, "level": {"type": "string"}})
_WARNING = object_of(
    {
        "code": {"type": "string", "enum": ["looks-swapped", "looks-like-other-crs"]},
        "crs": {"type": "string", "description": "the system in which the point makes sense"},
        "owner": {**CODE, "description": "the grid in which it would lie then"},
        "message": {"type": "string"},
        "message_zh": {"type": "string"},
    }
)
_POINT = object_of({"lon": NUMBER, "lat": NUMBER})
_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_GROUND: dict[str, Any] = object_of(
    {
        "edition": {"type": "integer"},
        "point": _POINT,
        "match": {"type": "string", "enum": ["inside", "edge", "partial", "outside"]},
        "owner": nullable(_NAMED_GRID),
        "chain": array_of(_NAMED_GRID),
        "tied_with": array_of(CODE),
        "nearest": nullable(object_of({"code": CODE, "distance_m": {"type": "number", "minimum": 0}})),
        "candidates": array_of(
            object_of({"code": CODE, "probability": {"type": "number", "minimum": 0, "maximum": 1}})
        ),
    }
)
_ANSWER = {**_GROUND, "properties": {**_GROUND["properties"], "warning": _WARNING}}
_BUILDING = object_of(
    {
        "code": _TEXT,
        "name": _TEXT,
        "address": _TEXT,
        "point": _POINT,
        "aliases": array_of(object_of({"scheme": _TEXT, "alias": _TEXT})),
        "retired_at": {**nullable(INSTANT), "description": "demolished, merged or split; the code finds it still"},
        "entrance": nullable(object_of({"label": _TEXT, "point": _POINT})),
        "unit": nullable(object_of({"label": _TEXT, "registered": {"type": "boolean"}, "owner": nullable(CODE)})),
    }
)
_OF_BUILDING = object_of(
    {
        **_GROUND["properties"],
        "located_by": {"type": "string", "enum": ["unit", "entrance", "building"]},
        "building": _BUILDING,
        "conflict": nullable(
            object_of({"distance_m": {"type": "number", "minimum": 0}, "position_owner": nullable(_NAMED_GRID)})
        ),
    }
)
_TOUCHED = object_of(
    {
        "code": CODE,
        "name": _TEXT,
        "level": _TEXT,
        "parent": nullable(CODE),
        "area_m2": {"type": "number", "minimum": 0, "description": "of the common ground"},
        "share": {"type": "number", "minimum": 0, "maximum": 1, "description": "of the grid"},
        "whole": {"type": "boolean"},
    }
)
_STAFF = object_of({"grid": CODE, "role": _TEXT, "name": _TEXT, "phone": _TEXT})
OF_AREA = object_of(
    {
        "edition": {"type": "integer"},
        "area_m2": {"type": "number", "minimum": 0},
        "grids": array_of(_TOUCHED),
        "grids_total": _COUNT,
        "above": array_of(_TOUCHED),
        "buildings": _COUNT,
        "households": _COUNT,
        "staff": nullable(array_of(_STAFF)),
        "truncated": object_of({name: {"type": "boolean"} for name in ("grids", "above", "staff")}),
    }
)
BUILDING_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The owner, or none; the building.",
        "content": {"application/json": {"schema": _OF_BUILDING}},
    }
}
AREA_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "What the area touches.", "content": {"application/json": {"schema": OF_AREA}}}
}
_KNOWN_AT = query_parameter(
    "known_at", INSTANT, "answer as one would have at this instant: by the editions published by then"
)
LOCATE_OPENAPI_PATHS: dict[str, Any] = {
    "/v1/locate": {
        "get": {
            "tags": ["lookup"],
            "operationId": "locate",
            "summary": "Return whose ground a point is.",
            "description": (
                "The owner is the deepest grid whose closed polygon covers the point; on a shared edge the smallest"
                " code wins and `tied_with` names the others. `edge`: the point lies on the owner's boundary."
                " `partial`: it lies in a grid that has children, but in none of them. `outside`: in no grid."
                " `warning` is there for a point far outside that would lie in a grid if read in another system,"
                " or latitude first."
            ),
            "parameters": [
                query_parameter("lon", NUMBER, "longitude, or easting", required=True),
                query_parameter("lat", NUMBER, "latitude, or northing", required=True),
                CRS,
                AT,
                _KNOWN_AT,
                query_parameter(
                    "accuracy_m",
                    {"type": "number", "minimum": 0, "maximum": 100_000},
                    "radius that holds the true place; asks for `candidates`",
                ),
                query_parameter(
                    "confidence",
                    {"type": "number", "minimum": 0.01, "maximum": 0.9999, "default": 0.95},
                    "with which probability it does: Android 0.68, browsers 0.95",
                ),
                query_parameter(
                    "min_edition",
                    {"type": "integer", "minimum": 0, "maximum": 999_999_999},
                    "an edition that the caller has seen in force; where it is not yet, 503 with Retry-After",
                ),
            ],
            "responses": {
                "200": {"description": "The owner, or none.", "content": {"application/json": {"schema": _ANSWER}}}
            },
        }
    },
}
