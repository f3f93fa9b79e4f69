"""What OpenAPI says of staff, positions, tracks and stocks that are put, which FastAPI cannot read off the routes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from gis_service.api.emergency_openapi import body_of
from gis_service.api.media_types import NDJSON
from gis_service.api.openapi_words import CODE, INSTANT, NUMBER, array_of, nullable, object_of
from gis_service.domain.staff import STAFF_ROLES

_TEXT: dict[str, Any] = {"type": "string"}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_POINT = object_of({"lon": NUMBER, "lat": NUMBER})
_ROLE: dict[str, Any] = {"type": "string", "enum": list(STAFF_ROLES)}
_SECONDS: dict[str, Any] = {"type": "number", "minimum": 0}
_NEXT = {"next": nullable(_TEXT)}

_ASSIGNMENT = object_of(
    {
        "id": {"type": "integer", "minimum": 1},
        "name": _TEXT,
        "role": _ROLE,
        "grid": CODE,
        "since": _DAY,
        "until": {**nullable(_DAY), "description": "the first day without duty"},
        "phone": {**nullable(_TEXT), "description": "masked for who may not call staff"},
        "version": {"type": "integer", "minimum": 1},
    }
)
_SERVING = object_of({"role": _ROLE, "grid": CODE, "steps_up": _COUNT, "staff": array_of(_ASSIGNMENT)})
_LAST: dict[str, Any] = {
    "staff": {"type": "integer", "minimum": 1},
    "name": _TEXT,
    "role": _ROLE,
    "grid": CODE,
    "point": _POINT,
    "accuracy_m": nullable(_SECONDS),
    "at": INSTANT,
    "age_s": {**_SECONDS, "description": "seconds ago"},
}
_TRACK = {
    "type": {"type": "string", "const": "FeatureCollection"},
    "edition": _COUNT,
    "staff": _ASSIGNMENT,
    "day": _DAY,
    "on_patrol_s": _SECONDS,
    "length_m": _SECONDS,
    "gaps": array_of(object_of({"since": INSTANT, "until": INSTANT, "seconds": _SECONDS, "distance_m": _SECONDS})),
    "grids": array_of(object_of({"code": nullable(CODE), "seconds": _SECONDS, "positions": _COUNT})),
    "features": array_of({"type": "object", "description": "a LineString for each stretch; a Point for one alone"}),
}


def _answers(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def lines_answer(*words: str) -> dict[str, Any]:
    """Return what is told of an answer to lines: those refused, and at last how many were taken."""
    counts = dict.fromkeys(("lines", *words, "refused"), _COUNT)
    line = {"line": {"type": "integer", "minimum": 1}, "status": {"type": "integer"}, "problem": {"type": "object"}}
    told = {"anyOf": [object_of(line, "line"), object_of(counts)]}
    return {NDJSON: {"schema": {**told, "description": "a line for each that was refused; the last counts them all"}}}


def body_or_lines(model: type[BaseModel], line: str) -> dict[str, Any]:
    """Return what a route says of a body that is one JSON document, or a line of JSON for each of many."""
    told = body_of(model)
    told["requestBody"]["content"][NDJSON] = {"schema": {"type": "string", "description": line}}
    return told


STAFF_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers("A page of assignments.", object_of({"edition": _COUNT, "staff": array_of(_ASSIGNMENT), **_NEXT}))
}
ASSIGNED_RESPONSES: dict[int | str, dict[str, Any]] = {201: _answers("Assigned.", _ASSIGNMENT)}
ASSIGNMENT_RESPONSES: dict[int | str, dict[str, Any]] = {200: _answers("The assignment.", _ASSIGNMENT)}
SERVING_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers(
        "Who serves there.",
        object_of({"edition": _COUNT, "grid": nullable(CODE), "day": _DAY, "serving": array_of(_SERVING)}),
    )
}
POSITIONS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers(
        "A page of people.", object_of({"edition": _COUNT, "positions": array_of(object_of(_LAST)), **_NEXT})
    )
}
POST_POSITIONS_RESPONSES: dict[int | str, dict[str, Any]] = {
    201: _answers("Stored.", object_of({"stored": {"type": "boolean"}})),
    200: {
        "description": "One: it was there already.  Lines: those refused, and how many were stored.",
        "content": {
            "application/json": {"schema": object_of({"stored": {"type": "boolean"}})},
            **lines_answer("stored", "known"),
        },
    },
}
TRACK_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The day.", "content": {"application/geo+json": {"schema": object_of(_TRACK)}}}
}
HEARTBEATS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Taken down.  Lines: those refused, and how many were heard.",
        "content": {
            "application/json": {"schema": object_of({"heard": _COUNT, "unknown": array_of(_TEXT)})},
            **lines_answer("heard"),
        },
    }
}
PUT_RESOURCES_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers(
        "Stored, or what a dry run would have stored.",
        object_of(
            {
                "dry_run": {"type": "boolean"},
                "added": _COUNT,
                "changed": _COUNT,
                "unchanged": _COUNT,
                "outside": {**array_of(_TEXT), "description": "codes of those outside every grid"},
            }
        ),
    )
}
_KINDS = object_of({"kinds": array_of(object_of({"code": _TEXT, "name": _TEXT, "name_en": _TEXT}))})
KINDS_RESPONSES: dict[int | str, dict[str, Any]] = {200: _answers("All kinds, by code.", _KINDS)}
