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
_STATE = {"type": "string", "enum": list(STATES)}
_GRID = _object({"code": _TEXT, "name": _TEXT, "level": _TEXT})

INCIDENT_SCHEMA: dict[str, Any] = _object(
    {
        "id": _ID,
        "version": _INTEGER,
        "state": _STATE,
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
        "first_receiver": _nullable(
            _object({"kind": {"type": "string", "enum": ["grid", "department"]}, "code": _TEXT})
        ),
        "response_class": _nullable(_TEXT),
        "due_at": _nullable(_INSTANT),
        "explain": _array({"type": "object"}),
        "possible_duplicates": _array({"type": "object"}),
        "picked_grid": _nullable(_TEXT),
        "probability": _nullable(_NUMBER),
        "handler": _nullable(_TEXT),
        "declined": _array(_TEXT),
        "merged_into": _nullable(_ID),
        "satisfaction": _nullable(_INTEGER),
        "accept_due_at": _nullable(_INSTANT),
        "accepted_at": _nullable(_INSTANT),
        "handled_at": _nullable(_INSTANT),
        "paused_at": _nullable(_INSTANT),
        "asked_until": _nullable(_INSTANT),
        "allowed": _array(_object({"to": _STATE, "kind": _TEXT, "needs": _array(_TEXT)})),
    }
)
"""The members of ``schemas_incidents.incident_json`` that every caller gets."""

INCIDENT_SCHEMA["properties"]["reporter"] = _nullable(_TEXT) | {
    "description": "on whose behalf it was reported; only for dispatchers, auditors and admins of this ground"
}

INCIDENT_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "The incident.", "content": {"application/json": {"schema": INCIDENT_SCHEMA}}}
}

POST_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {"application/json": {"schema": INCIDENT_SCHEMA}}}
    for status, description in ((201, "Stored."), (200, "Stored before: the first answer again."))
}
