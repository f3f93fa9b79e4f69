"""What OpenAPI says of the lookup routes, which FastAPI does not know."""

from __future__ import annotations

from typing import Any

_NUMBER = {"type": "number"}
_CODE = {"type": "string", "pattern": "^[0-9A-Za-z]{1,32}$"}
_INSTANT = {"type": "string", "format": "date-time"}


def _object(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _query(name: str, schema: dict[str, Any], description: str, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": description}


_NAMED_GRID = _object({"code": _CODE, "name": {"type": "string"}, "level": {"type": "string"}})
_WARNING = _object(
    {
        "code": {"type": "string", "enum": ["looks-swapped", "looks-like-other-crs"]},
        "crs": {"type": "string", "description": "the system in which the point makes sense"},
        "owner": {**_CODE, "description": "the grid in which it would lie then"},
        "message": {"type": "string"},
        "message_zh": {"type": "string"},
    }
)
_ANSWER = _object(
    {
        "edition": {"type": "integer"},
        "point": _object({"lon": _NUMBER, "lat": _NUMBER}),
        "match": {"type": "string", "enum": ["inside", "edge", "partial", "outside"]},
        "owner": _nullable(_NAMED_GRID),
        "chain": _array(_NAMED_GRID),
        "tied_with": _array(_CODE),
        "nearest": _nullable(_object({"code": _CODE, "distance_m": {"type": "number", "minimum": 0}})),
        "candidates": _array(_object({"code": _CODE, "probability": {"type": "number", "minimum": 0, "maximum": 1}})),
        "warning": _WARNING,
    },
    "warning",
)
_CRS = _query(
    "crs",
    {"type": "string", "default": "EPSG:4326"},
    "EPSG:4326, EPSG:4490, EPSG:4513 to EPSG:4554 (easting, northing), gcj02 or bd09",
)
_AT = _query("at", _INSTANT, "ask the edition in force at this instant; RFC 3339 with an offset")
_KNOWN_AT = _query(
    "known_at", _INSTANT, "answer as one would have at this instant: by the editions published by then"
)
_EDITION_HEADER = {"X-Edition": {"description": "the edition that answered", "schema": {"type": "integer"}}}
_BINARY = {"schema": {"type": "string", "format": "binary"}}

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
                _query("lon", _NUMBER, "longitude, or easting", required=True),
                _query("lat", _NUMBER, "latitude, or northing", required=True),
                _CRS,
                _AT,
                _KNOWN_AT,
                _query(
                    "accuracy_m",
                    {"type": "number", "minimum": 0, "maximum": 100_000},
                    "radius that holds the true place; asks for `candidates`",
                ),
                _query(
                    "confidence",
                    {"type": "number", "minimum": 0.01, "maximum": 0.9999, "default": 0.95},
                    "with which probability it does: Android 0.68, browsers 0.95",
                ),
                _query(
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
    "/v1/locate/batch": {
        "post": {
            "tags": ["lookup"],
            "operationId": "locateBatch",
            "summary": "Return whose ground many points are, in input order.",
            "description": (
                "JSON: columns in, codes out. Binary: little-endian float64 pairs of lon, lat in; int32 each out, an"
                " index into the codes of the edition, -1 for none; `crs` and `at` go into the query."
            ),
            "parameters": [_CRS, _AT],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": _object(
                            {
                                "lons": _array(_NUMBER),
                                "lats": _array(_NUMBER),
                                "crs": {"type": "string"},
                                "at": _nullable(_INSTANT),
                            },
                            "crs",
                            "at",
                        )
                    },
                    "application/octet-stream": _BINARY,
                },
            },
            "responses": {
                "200": {
                    "description": "One owner for each point.",
                    "headers": _EDITION_HEADER,
                    "content": {
                        "application/json": {
                            "schema": _object({"edition": {"type": "integer"}, "codes": _array(_nullable(_CODE))})
                        },
                        "application/octet-stream": _BINARY,
                    },
                }
            },
        }
    },
    "/v1/editions/{number}/codes": {
        "get": {
            "tags": ["lookup"],
            "operationId": "listCodes",
            "summary": "Return the codes that the indices of a binary batch stand for; never changes.",
            "parameters": [
                {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
            ],
            "responses": {
                "200": {
                    "description": "Codes by index.",
                    "headers": _EDITION_HEADER,
                    "content": {"application/json": {"schema": _array(_CODE)}},
                }
            },
        }
    },
}
