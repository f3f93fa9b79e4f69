"""What OpenAPI says of batches of points, which FastAPI does not know."""

from __future__ import annotations

from typing import Any

from gis_service.api import media_types
from gis_service.api.openapi_words import (
    AT,
    BINARY,
    CODE,
    CRS,
    EDITION_HEADER,
    INSTANT,
    NUMBER,
    array_of,
    nullable,
    object_of,
)

_ID: dict[str, Any] = {"type": ["string", "integer"]}
_LINE: dict[str, Any] = {
    "description": "one line of the stream",
    "anyOf": [
        object_of({"lon": NUMBER, "lat": NUMBER, "id": nullable(_ID)}, "id"),
        {**array_of(NUMBER), "minItems": 2, "maxItems": 2},
    ],
}
_LINE_ANSWER = object_of({"id": _ID, "code": nullable(CODE), "edition": {"type": "integer"}}, "id")
_LINE_ERROR = object_of(
    {
        "line": {"type": "integer", "minimum": 1},
        "id": _ID,
        "error": object_of({"code": {"type": "string"}, "detail": {"type": "string"}}),
    },
    "line",
    "id",
)

LOCATE_BATCH_OPENAPI_PATHS: dict[str, Any] = {
    "/v1/locate/batch": {
        "post": {
            "tags": ["lookup"],
            "operationId": "locateBatch",
            "summary": "Return whose ground many points are, in input order.",
            "description": (
                "JSON: columns in, codes out. Binary: little-endian float64 pairs of lon, lat in; int32 each out, an"
                " index into the codes of the edition, -1 for none. NDJSON: a line for each point, answered by a line"
                " each, as they come; a bad line is answered by its number and reason and the stream goes on. Arrow:"
                " an IPC stream with columns `lon` and `lat`, answered by the same record batches with a column"
                " `grid_code`. But for JSON, which has them in its body, `crs` and `at` go into the query. One"
                " edition answers all points. JSON and binary take at most `GIS_BATCH_LIMIT` points, NDJSON and"
                " Arrow any number. A stream that"
                " fails on the way is cut: the answer lacks its end."
            ),
            "parameters": [CRS, AT],
            "requestBody": {
                "required": True,
                "content": {
                    media_types.JSON: {
                        "schema": object_of(
                            {
                                "lons": array_of(NUMBER),
                                "lats": array_of(NUMBER),
                                "crs": nullable({"type": "string"}),
                                "at": nullable(INSTANT),
                            },
                            "crs",
                            "at",
                        )
                    },
                    media_types.BINARY: BINARY,
                    media_types.NDJSON: {"schema": _LINE},
                    media_types.ARROW: BINARY,
                },
            },
            "responses": {
                "200": {
                    "description": "One owner for each point.",
                    "headers": EDITION_HEADER,
                    "content": {
                        media_types.JSON: {
                            "schema": object_of({"edition": {"type": "integer"}, "codes": array_of(nullable(CODE))})
                        },
                        media_types.BINARY: BINARY,
                        media_types.NDJSON: {"schema": {"anyOf": [_LINE_ANSWER, _LINE_ERROR]}},
                        media_types.ARROW: BINARY,
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
                    "headers": EDITION_HEADER,
                    "content": {media_types.JSON: {"schema": array_of(CODE)}},
                }
            },
        }
    },
}
