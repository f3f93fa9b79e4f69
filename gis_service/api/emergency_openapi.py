"""What OpenAPI says of warnings, stocks, check-ins and devices, which FastAPI cannot read off the routes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from gis_service.api.incidents_openapi import KEY_PARAMETER
from gis_service.api.locate_openapi import OF_AREA
from gis_service.api.openapi_words import CODE, INSTANT, NUMBER, array_of, nullable, object_of

_TEXT: dict[str, Any] = {"type": "string"}
_FLAG: dict[str, Any] = {"type": "boolean"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_ID: dict[str, Any] = {"type": "string", "format": "uuid"}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_POINT = object_of({"lon": NUMBER, "lat": NUMBER})
_METRES: dict[str, Any] = {"type": "number", "minimum": 0}
_NEXT = {"next": nullable(_TEXT)}

_RESOURCE: dict[str, Any] = {
    "code": _TEXT,
    "name": _TEXT,
    "kind": _TEXT,
    "quantity": NUMBER,
    "unit": _TEXT,
    "expires_on": nullable({**_DAY, "description": "the last day of use"}),
    "expiry": {"type": "string", "enum": ["keeps", "good", "soon", "expired"]},
    "grid": nullable(CODE),
    "point": _POINT,
}
_NEARBY = {**_RESOURCE, "distance_m": _METRES}
_DEVICE = object_of(
    {
        "code": _TEXT,
        "name": _TEXT,
        "kind": _TEXT,
        "last_seen_at": nullable(INSTANT),
        "silent": {**nullable(_FLAG), "description": "null: its kind never reports"},
        "grid": nullable(CODE),
        "point": _POINT,
    }
)
_BUILDING = object_of(
    {"code": _TEXT, "name": _TEXT, "address": _TEXT, "households": _COUNT, "grid": nullable(CODE), "point": _POINT}
)
_EVENT: dict[str, Any] = {
    "id": _ID,
    "title": _TEXT,
    "kind": _TEXT,
    "severity": _TEXT,
    "note": _TEXT,
    "area": {"type": "object", "description": "GeoJSON, WGS 84"},
    "since": INSTANT,
    "until": nullable(INSTANT),
    "active": _FLAG,
    "raised_at": INSTANT,
    "raised_by": _TEXT,
    "ended_at": nullable(INSTANT),
    "ended_by": nullable(_TEXT),
    "end_note": nullable(_TEXT),
}
_LISTS = ("grids", "above", "staff", "buildings", "devices", "resources")
_AFFECTED = object_of(
    {
        **OF_AREA["properties"],
        "building_list": array_of(_BUILDING),
        "devices": array_of(_DEVICE),
        "resources": array_of(object_of(_RESOURCE)),
        "truncated": object_of(dict.fromkeys(_LISTS, _FLAG)),
    }
)
_WITH_AFFECTED = object_of({**_EVENT, "affected": _AFFECTED})
_CHECK_IN: dict[str, Any] = {
    "id": _ID,
    "worker": _TEXT,
    "building_code": _TEXT,
    "entrance": nullable(_TEXT),
    "point": _POINT,
    "accuracy_m": nullable(_METRES),
    "at": INSTANT,
    "received_at": INSTANT,
    "distance_m": _METRES,
    "allowed_m": _METRES,
    "accepted": _FLAG,
    "edition": _COUNT,
    "owner": nullable(CODE),
}


def _answers(description: str, schema: dict[str, Any], *, as_sheet: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if as_sheet:
        content["text/csv"] = {"schema": _TEXT}
    return {"description": description, "content": content}


def body_of(model: type[BaseModel], *, is_required: bool = True) -> dict[str, Any]:
    """Return what a route says of a body that it parses by hand."""
    schema = model.model_json_schema()
    schema = _in_place(schema, schema.pop("$defs", {}))
    return {"requestBody": {"required": is_required, "content": {"application/json": {"schema": schema}}}}


def _in_place(schema: Any, models: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return a schema with its models written out: a reference would be looked for in the whole document."""
    if isinstance(schema, list):
        return [_in_place(one, models) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _in_place(models[schema["$ref"].rpartition("/")[2]], models)
    return {name: _in_place(one, models) for name, one in schema.items()}


def keyed_body_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the same for a route that takes an Idempotency-Key."""
    return {**body_of(model), "parameters": [KEY_PARAMETER]}


POST_EVENT_RESPONSES: dict[int | str, dict[str, Any]] = {
    201: _answers("Stored; what lies in the area.", _WITH_AFFECTED, as_sheet=True),
    200: _answers("Stored before: the event, and what lies in it now.", _WITH_AFFECTED, as_sheet=True),
}
EVENT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers("The event, and what lies in it now.", _WITH_AFFECTED, as_sheet=True)
}
END_RESPONSES: dict[int | str, dict[str, Any]] = {200: _answers("The event, ended.", object_of(_EVENT))}
EVENTS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers(
        "A page of events.", object_of({"edition": _COUNT, "area_events": array_of(object_of(_EVENT)), **_NEXT})
    )
}
RESOURCES_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers(
        "A page of stocks.", object_of({"edition": _COUNT, "resources": array_of(object_of(_RESOURCE)), **_NEXT})
    )
}
NEAREST_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers(
        "Where to fetch it.",
        object_of(
            {
                "edition": _COUNT,
                "point": _POINT,
                "unit": nullable(_TEXT),
                "enough": _FLAG,
                "single": array_of(object_of(_NEARBY)),
                "together": array_of(object_of({**_NEARBY, "take": NUMBER})),
                "available": {**nullable(NUMBER), "description": "all that there is, when it is not enough"},
            }
        ),
    )
}
DEVICES_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers("A page of devices.", object_of({"edition": _COUNT, "devices": array_of(_DEVICE), **_NEXT}))
}
POST_CHECK_IN_RESPONSES: dict[int | str, dict[str, Any]] = {
    201: _answers("Stored, accepted or not.", object_of(_CHECK_IN))
}
CHECK_INS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers("A page of check-ins.", object_of({"check_ins": array_of(object_of(_CHECK_IN)), **_NEXT}))
}
