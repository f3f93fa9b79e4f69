"""What OpenAPI says of the tile routes, which FastAPI does not see."""

from __future__ import annotations

from typing import Any

from tiles.address import MAX_ZOOM
from tiles.filters import STATES
from tiles.layers import LAYERS, MAX_LAYERS
from tiles.plan_layers import PLAN_LAYERS


def _path(name: str, schema: dict[str, Any], description: str, example: str | int) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": schema,
        "description": description,
        "example": example,
    }


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _header(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


_HEADERS = {
    name: {"schema": {"type": "string"}, "description": description}
    for name, description in (
        ("ETag", "Made from the key of the tile, so it is known before the tile is."),
        ("Cache-Control", "A year for boundaries of a numbered edition; seconds for what moves."),
        ("X-Edition", "Number of the edition."),
    )
}

_TILE_HEADERS = {
    **_HEADERS,
    "X-Truncated": {
        "schema": {"type": "string", "example": "buildings=1234, incidents=56"},
        "description": (
            "How many features of which layers are left out, the least important ones: "
            "there are more than most_features of the TileJSON. Absent when nothing is."
        ),
    },
}

_COMMON = [
    _path(
        "edition",
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, {"const": "current"}]},
        "Number of an edition, or current for the one in force.",
        "current",
    ),
    _path(
        "layers",
        {"type": "string", "pattern": rf"^({'|'.join(LAYERS)})(,({'|'.join(LAYERS)})){{0,{MAX_LAYERS - 1}}}$"},
        f"Layers joined by commas, each once: {', '.join(LAYERS)}.",
        "grids",
    ),
    _query("level", {"type": "string"}, "Draw the grids of this level alone."),
    _query(
        "kind",
        {"type": "string", "pattern": "^[a-z_]{1,32}$"},
        "Draw grids, resources or devices of this kind alone: standard or dedicated, or a kind in the database.",
    ),
    _query("category", {"type": "string"}, "Incidents of this category and all below it."),
    _query("state", {"type": "string"}, f"Incidents in these states, joined by commas: {', '.join(STATES)}."),
    _query("since", {"type": "string", "format": "date-time"}, "Incidents and positions from this instant on."),
    _query("until", {"type": "string", "format": "date-time"}, "Incidents and positions before this instant."),
    _query(
        "as_of",
        {"type": "string", "format": "date-time"},
        "Incidents that were known at this instant, in the states that they had then.",
    ),
    _query(
        "at",
        {"type": "string", "format": "date-time"},
        "With current: the edition in force at this instant, and incidents as of it; see X-Edition.",
    ),
    _header("If-None-Match", "The ETag of what the caller has."),
]

_NUMBER = {"type": "integer", "minimum": 0}

_PLACE = [
    _path("z", _NUMBER | {"maximum": MAX_ZOOM}, "Zoom.", 14),
    _path("x", _NUMBER, "Column from the west, less than 2 to the power of z.", 12866),
    _path("y", _NUMBER, "Row from the north, less than 2 to the power of z.", 7014),
]

_SENT = "The tile, compressed as Accept-Encoding allows (br, gzip)."

_TILE = {"application/vnd.mapbox-vector-tile": {"schema": {"type": "string", "format": "binary"}}}

_TILEJSON = {
    "tilejson": {"const": "3.0.0"},
    "tiles": {"type": "array", "items": {"type": "string"}},
    "vector_layers": {"type": "array", "items": {"type": "object"}},
    "bounds": {"type": "array", "items": {"type": "number"}},
    "levels": {"type": "array", "items": {"type": "string"}},
}

TILE_OPENAPI_PATHS: dict[str, Any] = {
    "/tiles/{edition}/{layers}/{z}/{x}/{y}.mvt": {
        "get": {
            "tags": ["tiles"],
            "operationId": "get_tile",
            "summary": "One vector tile.",
            "description": (
                "The public sees incidents counted by grid; a token shows those in its scope one by one."
                " Of indicators, resources and devices the public sees the data class general."
                " There is a layer tracks for dispatchers, auditors and admins alone."
            ),
            "security": [{}, {"token": []}],
            "parameters": [
                *_COMMON[:2],
                *_PLACE,
                *_COMMON[2:],
            ],
            "responses": {
                "200": {
                    "description": _SENT,
                    "headers": _TILE_HEADERS,
                    "content": _TILE,
                },
                "204": {"description": "Inside the bounds of the edition, and empty.", "headers": _HEADERS},
                "304": {"description": "The caller has it already.", "headers": _HEADERS},
                "503": {"description": "Too many tiles wait to be rendered, or the database is busy, slow or away."},
            },
        }
    },
    "/tiles/{edition}/{layers}.json": {
        "get": {
            "tags": ["tiles"],
            "operationId": "get_tilejson",
            "summary": "What tiles there are: TileJSON 3.0.0.",
            "description": "Its tile address names the edition by number, so that a map never mixes two editions.",
            "security": [{}, {"token": []}],
            "parameters": _COMMON,
            "responses": {
                "200": {
                    "description": "The description; filters are carried into its tile address.",
                    "headers": _HEADERS,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["tilejson", "tiles", "vector_layers", "bounds", "edition"],
                                "properties": {
                                    **_TILEJSON,
                                    "edition": {"type": "integer"},
                                },
                            }
                        }
                    },
                },
                "304": {"description": "The caller has it already.", "headers": _HEADERS},
            },
        }
    },
}

_PLAN_HEADERS = {
    **_HEADERS,
    "Cache-Control": {"schema": {"type": "string"}, "description": "private, no-cache: ask again each time."},
    "X-Edition": {"schema": {"type": "string"}, "description": "The edition that the plan redraws, if any."},
    "X-Plan-Version": {"schema": {"type": "string"}, "description": "The version of the plan that is drawn."},
}

_PLAN_COMMON = [
    _path("plan_id", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, "Id of a plan.", 1),
    _path(
        "layers",
        {
            "type": "string",
            "pattern": rf"^({'|'.join(PLAN_LAYERS)})(,({'|'.join(PLAN_LAYERS)})){{0,{MAX_LAYERS - 1}}}$",
        },
        f"Layers joined by commas, each once: {', '.join(PLAN_LAYERS)}.",
        "grids,changes",
    ),
    _header("If-None-Match", "The ETag of what the caller has."),
]

PLAN_TILE_OPENAPI_PATHS: dict[str, Any] = {
    "/tiles/plans/{plan_id}/{layers}/{z}/{x}/{y}.mvt": {
        "get": {
            "tags": ["tiles"],
            "operationId": "get_plan_tile",
            "summary": "One vector tile of a plan.",
            "description": "For planners and auditors; each answer is of one version of the plan.",
            "security": [{"token": []}],
            "parameters": [*_PLAN_COMMON[:2], *_PLACE, *_PLAN_COMMON[2:]],
            "responses": {
                "200": {"description": _SENT, "headers": _PLAN_HEADERS, "content": _TILE},
                "204": {"description": "Inside the bounds of the plan, and empty.", "headers": _PLAN_HEADERS},
                "304": {"description": "The caller has it already.", "headers": _PLAN_HEADERS},
            },
        }
    },
    "/tiles/plans/{plan_id}/{layers}.json": {
        "get": {
            "tags": ["tiles"],
            "operationId": "get_plan_tilejson",
            "summary": "What tiles there are of a plan: TileJSON 3.0.0.",
            "description": "For planners and auditors.",
            "security": [{"token": []}],
            "parameters": _PLAN_COMMON,
            "responses": {
                "200": {
                    "description": "The description.",
                    "headers": _PLAN_HEADERS,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["tilejson", "tiles", "vector_layers", "bounds", "plan", "plan_version"],
                                "properties": {
                                    **_TILEJSON,
                                    "edition": {"type": ["integer", "null"]},
                                    "plan": {"type": "integer"},
                                    "plan_version": {"type": "integer"},
                                },
                            }
                        }
                    },
                },
                "304": {"description": "The caller has it already.", "headers": _PLAN_HEADERS},
            },
        }
    },
}
