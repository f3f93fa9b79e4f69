"""What OpenAPI says of indicators, which FastAPI cannot read off the routes."""

from __future__ import annotations

from typing import Any

from gis_service.domain.indicator_rows import DEFINITIONS, VALUES, DefinitionRow, ValueRow

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_NUMBER = {"type": "number"}
_FLAG = {"type": "boolean"}
_CODES = {"type": "array", "items": _TEXT}
_EDITION = {"type": "integer", "minimum": 1}
_CURSOR = {"type": ["string", "null"]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_PERIOD = _object(
    {
        "since": {**_TEXT, "format": "date"},
        "until": {**_TEXT, "format": "date", "description": "the first day after it"},
    }
)
_DEFINITION = {
    "code": {**_TEXT, "description": "the name of its field in tiles"},
    "name": _TEXT,
    "name_en": _TEXT,
    "unit": _TEXT,
    "direction": {"enum": ["good", "bad", "neutral"], "description": "what more of it is"},
    "rollup": {"enum": ["sum", "mean", "weighted_mean"]},
    "weight": {"type": ["string", "null"], "description": "what weighs a weighted mean; null: households"},
    "data_class": {"enum": ["general", "important", "core"]},
    "thresholds": {**_list(_NUMBER), "description": "rising; a value's class is how many of them it reaches"},
}
_SOURCE = {
    "source": _TEXT,
    "period": {**_PERIOD, "description": "the newest that it gave"},
    "age_days": {**_COUNT, "description": "since its end"},
    "late": {**_FLAG, "description": "it ended more than a month ago"},
}
_VALUE = {
    "code": _TEXT,
    "name": _TEXT,
    "level": _TEXT,
    "value": {"type": ["number", "null"], "description": "null when withheld"},
    "class": {"type": ["integer", "null"], "minimum": 0},
    "is_withheld": {**_FLAG, "description": "a small count, not told to the public"},
    "is_estimated": _FLAG,
    "coverage": {**_NUMBER, "minimum": 0, "maximum": 1, "description": "share of the households that was measured"},
    "origin": {"enum": ["given", "apportioned", "rolled_up"]},
    "source": _TEXT,
}


def _answers(schema: dict[str, Any], description: str, *, csv: bool = False) -> dict[int | str, dict[str, Any]]:
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if csv:
        content["text/csv"] = {"schema": _TEXT}
    return {200: {"description": description, "content": content}}


LIST_RESPONSES = _answers(
    _object({"indicators": _list(_object({**_DEFINITION, "sources": _list(_object(_SOURCE))})), "next": _CURSOR}),
    "The definitions; their ETag is for If-Match.",
    csv=True,
)
CHANGE_RESPONSES = _answers(
    _object({"added": _CODES, "changed": _CODES, "removed": _CODES, "unchanged": _COUNT}),
    "Stored: what has changed.",
)
VALUES_RESPONSES = _answers(
    _object(
        {
            "edition": _EDITION,
            "indicator": _object(_DEFINITION),
            "period": {"oneOf": [_PERIOD, {"type": "null"}]},
            "values": _list(_object(_VALUE)),
            "next": _CURSOR,
        }
    ),
    "Values by the codes of grids.",
)
IMPORT_RESPONSES = _answers(
    _object(
        {
            "edition": _EDITION,
            "dry_run": _FLAG,
            "periods": _list(
                _object(
                    {
                        "indicator": _TEXT,
                        "period": _PERIOD,
                        "added": _COUNT,
                        "changed": _COUNT,
                        "unchanged": _COUNT,
                        "rolled_up": {**_COUNT, "description": "grids above them that have a value made of them"},
                    }
                )
            ),
        }
    ),
    "Stored, or would be.",
)


def _rows_body(name: str, row: dict[str, Any]) -> dict[str, Any]:
    rows = {**_object({name: _list(row)}), "title": name, "additionalProperties": False}
    content = {"application/json": {"schema": rows}, "text/csv": {"schema": _TEXT}}
    return {"requestBody": {"required": True, "content": content}}


DEFINITIONS_BODY = _rows_body(DEFINITIONS, DefinitionRow.model_json_schema())
VALUES_BODY = _rows_body(VALUES, ValueRow.model_json_schema())
