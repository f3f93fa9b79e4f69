"""What OpenAPI says of tables of rules, which FastAPI cannot read off the routes: their rows, as JSON and as CSV."""

from __future__ import annotations

from typing import Any

from gis_service.domain.rule_rows import ROW_MODELS

TABLES = ("dispatch", "deadlines", "categories", "calendar")
"""Tables that have an address below ``/v1/rules``."""

_KEYS = {"type": "array", "items": {"type": "string"}, "description": "ids, codes or days"}
_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_INSTANT = {"type": "string", "format": "date-time"}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or list(properties)}


def _rows(table: str) -> dict[str, Any]:
    rows = {"type": "array", "items": ROW_MODELS[table].model_json_schema()}
    return {**_object({table: rows}), "title": table, "additionalProperties": False}


def _content(*tables: str) -> dict[str, Any]:
    schemas = [_rows(table) for table in tables]
    return {
        "application/json": {"schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas}},
        "text/csv": {"schema": {"type": "string"}},
    }


def rows_body(*tables: str) -> dict[str, Any]:
    """Return the description of a body of rows; cells of JSON may be text too, as in CSV."""
    return {"requestBody": {"required": True, "content": _content(*tables)}}


def read_responses(*tables: str) -> dict[int | str, dict[str, Any]]:
    """Return the description of a table as it is answered."""
    return {200: {"description": "The whole table; its ETag is for If-Match.", "content": _content(*tables)}}


def _answers(schema: dict[str, Any], description: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": {"application/json": {"schema": schema}}}}


CHANGE_RESPONSES = _answers(
    _object(
        {
            "table": _TEXT,
            "added": _KEYS,
            "changed": _KEYS,
            "ended": _KEYS,
            "removed": _KEYS,
            "unchanged": _COUNT,
        }
    ),
    "Stored: what has changed.",
)
TRIAL_RESPONSES = _answers(
    _object(
        {
            "table": _TEXT,
            "since": _INSTANT,
            "until": _INSTANT,
            "incidents": {**_COUNT, "description": "how many were judged"},
            "truncated": {"type": "boolean", "description": "there were more than `limit`"},
            "changed": {**_COUNT, "description": "other departments, or other deadlines"},
            "otherwise_changed": {**_COUNT, "description": "other assisting departments or first receivers"},
            "departments": {
                "type": "array",
                "items": _object(
                    {
                        "from": {"type": ["string", "null"]},
                        "to": {"type": ["string", "null"]},
                        "incidents": _COUNT,
                    }
                ),
            },
            "deadlines": {
                "type": "array",
                "items": _object(
                    {
                        "stage": {"enum": ["accept", "handle"]},
                        "change": {"enum": ["earlier", "later", "gained", "lost"]},
                        "incidents": _COUNT,
                    }
                ),
            },
            "categories": {"type": "array", "items": {"type": "object"}},
            "without_department": {"type": "object"},
            "without_deadline": {"type": "object"},
            "examples": {"type": "array", "items": {"type": "object"}},
        },
        ["table", "since", "until", "incidents", "truncated", "changed", "categories", "examples"],
    ),
    "What would have been decided otherwise; `examples` carry both explanations.",
)
