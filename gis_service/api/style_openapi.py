"""What OpenAPI says of the style routes, which FastAPI does not see."""

from __future__ import annotations

from typing import Any

from tiles.palette import PALETTES
from tiles.style import LANGUAGES

STYLE_OPENAPI_PATHS: dict[str, Any] = {
    "/styles/{theme}.json": {
        "get": {
            "tags": ["tiles"],
            "operationId": "get_style",
            "summary": "A MapLibre style of all public layers.",
            "description": "It needs neither glyphs nor a sprite; `metadata` holds the legend.",
            "security": [{}],
            "parameters": [
                {
                    "name": "theme",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "enum": list(PALETTES)},
                    "description": "Light or dark.",
                    "example": "light",
                },
                {
                    "name": "lang",
                    "in": "query",
                    "required": False,
                    "schema": {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
                    "description": "Language of what the style itself says; names are as they are stored.",
                },
                {
                    "name": "edition",
                    "in": "query",
                    "required": False,
                    "schema": {
                        "anyOf": [{"type": "integer", "minimum": 1, "maximum": 999_999_999}, {"const": "current"}]
                    },
                    "description": "The edition of its sources; the one in force when left out.",
                },
            ],
            "responses": {
                "200": {
                    "description": "The style.",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["version", "sources", "layers", "metadata"],
                                "properties": {
                                    "version": {"const": 8},
                                    "sources": {"type": "object"},
                                    "layers": {"type": "array", "items": {"type": "object"}},
                                    "metadata": {"type": "object"},
                                },
                            }
                        }
                    },
                },
                "304": {"description": "The caller has it already."},
            },
        }
    },
}
