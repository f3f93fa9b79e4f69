"""What OpenAPI says of batches of points, which FastAPI does not know."""

from __future__ import annotations

from typing import Any

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

LOCATE_BATCH_OPENAPI_PATHS: dict[str, Any] = {
    "/v1/locate/batch": {
        "post": {
            "tags": ["lookup"],
            "operationId": "locateBatch",
            "summary": "Return whose ground many points are, in input order.",
            "description": (
                "JSON: columns in, codes out. Binary: little-endian float64 pairs of lon, lat in; int32 each out, an"
                " index into the codes of the edition, -1 for none; `crs` and `at` go into the query."
            ),
            "parameters": [CRS, AT],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": object_of(
                            {
                                "lons": array_of(NUMBER),
                                "lats": array_of(NUMBER),
                                "crs": {"type": "string"},
                                "at": nullable(INSTANT),
                            },
                            "crs",
                            "at",
                        )
                    },
                    "application/octet-stream": BINARY,
                },
            },
            "responses": {
                "200": {
                    "description": "One owner for each point.",
                    "headers": EDITION_HEADER,
                    "content": {
                        "application/json": {
                            "schema": object_of({"edition": {"type": "integer"}, "codes": array_of(nullable(CODE))})
                        },
                        "application/octet-stream": BINARY,
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
                    "content": {"application/json": {"schema": array_of(CODE)}},
                }
            },
        }
    },
}
