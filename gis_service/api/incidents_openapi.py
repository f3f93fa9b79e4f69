"""What OpenAPI says of reporting an incident, which FastAPI cannot read off the route."""

from __future__ import annotations

from typing import Any

from gis_service.domain.incident import STATES

KEY_PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "new for each report, the same for each retry of it",
}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_INTEGER = {"type": "integer"}
_ID = {"type": "string", "format": "uuid"}
_INSTANT = {"type": "string", "format": "date-time"}
_GRID = _object({"code": _TEXT, "name": _TEXT, "level": _TEXT})

INCIDENT_SCHEMA: dict[str, Any] = _object(
    {
        "id": _ID,
        "version": _INTEGER,
        "state": {"type": "string", "enum": list(STATES)},
        "category": _TEXT,
        "severity": _TEXT,
        "channel": _TEXT,
        "description": _TEXT,
        "point": _nullable(_object({"lon": _NUMBER, "lat": _NUMBER})),
        "accuracy_m": _nullable(_NUMBER),
        "building_code": _nullable(_TEXT),
        "unit": _nullable(_TEXT),
        "locus": _nullable(_TEXT),
        "external_id": _nullable(_TEXT),
        "occurred_at": _INSTANT,
        "reported_at": _INSTANT,
        "edition": _nullable(_INTEGER),
        "owner": _nullable(_GRID),
        "owner_now": _nullable(_GRID),
        "chain": _array(_GRID),
        "located_by": _TEXT,
        "tied_with": _array(_TEXT),
        "nearest": _nullable(_object({"code": _TEXT, "distance_m": _NUMBER})),
        "department": _nullable(_TEXT),
        "department_name": _nullable(_TEXT),
        "department_name_en": _nullable(_TEXT),
        "assisting": _array(_TEXT),
        "response_class": _nullable(_TEXT),
        "due_at": _nullable(_INSTANT),
        "explain": _array({"type": "object"}),
        "possible_duplicates": _array({"type": "object"}),
    }
)
"""The members of ``schemas_incidents.incidents_json``."""

POST_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {"application/json": {"schema": INCIDENT_SCHEMA}}}
    for status, description in ((201, "Stored."), (200, "Stored before: the first answer again."))
}
