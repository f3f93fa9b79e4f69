"""What OpenAPI says of the feed, which FastAPI cannot read off the route."""

from __future__ import annotations

from typing import Any

from gis_service.domain.incident import STATES


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_TEXT = {"type": "string"}
_MAYBE = {"anyOf": [_TEXT, {"type": "null"}]}
_STATE = {"type": "string", "enum": list(STATES)}

EVENT_SCHEMA = _object(
    {
        "id": {"type": "integer"},
        "incident_id": {"type": "string", "format": "uuid"},
        "category": _TEXT,
        "at": {"type": "string", "format": "date-time"},
        "kind": _TEXT,
        "actor": _TEXT,
        "from_state": {"anyOf": [_STATE, {"type": "null"}]},
        "to_state": _STATE,
        "from_grid": _MAYBE,
        "to_grid": _MAYBE,
        "reason": _TEXT,
        "facts": {"type": "object"},
    }
)
"""The members of ``FeedEvent.as_json``."""

FEED_SCHEMA = _object(
    {
        "events": {"type": "array", "items": EVENT_SCHEMA},
        "next": {"type": "string", "description": "where to go on; always there"},
        "has_more": {"type": "boolean", "description": "there is more to be had at once"},
    }
)

FEED_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events in the order of the feed.",
        "content": {
            "application/json": {"schema": FEED_SCHEMA},
            "text/event-stream": {"schema": {"type": "string"}},
        },
    },
    503: {"description": "Too many streams are open, or the database is away; Retry-After says when to come back."},
}
