"""What OpenAPI says of the register of buildings, which FastAPI cannot read off the routes."""

from __future__ import annotations

from typing import Any

from gis_service.api.emergency_openapi import keyed_body_of
from gis_service.api.openapi_words import CODE, INSTANT, NUMBER, array_of, nullable, object_of
from gis_service.api.schemas_buildings import MOST_AT_ONCE, BuildingIn

_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_POINT = object_of({"lon": NUMBER, "lat": NUMBER})
_NAMED_GRID = object_of({"code": CODE, "name": _TEXT, "level": _TEXT})
_GENERAL: dict[str, Any] = {
    "code": _TEXT,
    "printed": {**_TEXT, "description": "the code in groups, as on a door plate"},
    "version": _COUNT,
    "name": _TEXT,
    "address": _TEXT,
    "use": _TEXT,
    "storeys": nullable(_COUNT),
    "households": _COUNT,
    "point": _POINT,
}
_VERIFIED = {"verified_on": {**nullable(_DAY), "description": "told to who works on that ground"}}
_ENTRANCES = array_of(object_of({"label": _TEXT, "point": _POINT}))
_ALIASES = array_of(object_of({"scheme": _TEXT, "alias": _TEXT}))
_BUILDING = object_of(
    {
        "edition": _COUNT,
        **_GENERAL,
        "footprint": {**nullable({"type": "object"}), "description": "GeoJSON, WGS 84"},
        "built_on": nullable(_DAY),
        "registered_at": INSTANT,
        "retired_at": nullable(INSTANT),
        "successors": {**array_of(_TEXT), "description": "what it was merged into or split into"},
        "predecessors": array_of(_TEXT),
        "owner": nullable(_NAMED_GRID),
        "chain": array_of(_NAMED_GRID),
        "owners": array_of(
            object_of(
                {
                    "from": {**_COUNT, "description": "the first edition"},
                    "to": {**nullable(_COUNT), "description": "the last one; null: still"},
                    "grid": nullable(CODE),
                }
            )
        ),
        "entrances": _ENTRANCES,
        "aliases": _ALIASES,
        **_VERIFIED,
    },
    "verified_on",
)
_LISTED = object_of({**_GENERAL, "grid": nullable(CODE), **_VERIFIED}, "verified_on")
_REGISTERED = object_of({"code": _TEXT, "printed": _TEXT, "grid": nullable(CODE)})
_OF = {"code": _TEXT, "version": _COUNT}
_UNIT = object_of(
    {"label": _TEXT, "storey": nullable({"type": "integer"}), "use": nullable(_TEXT), "owner": nullable(CODE)}
)
_FEATURES = object_of(
    {
        "type": {"const": "FeatureCollection"},
        "features": {
            **array_of({"type": "object"}),
            "minItems": 1,
            "maxItems": MOST_AT_ONCE,
            "description": "a Point, or a Polygon or MultiPolygon as footprint; all else as properties",
        },
    }
)


def _answers(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _body() -> dict[str, Any]:
    told = keyed_body_of(BuildingIn)
    content = told["requestBody"]["content"]["application/json"]
    content["schema"] = {"anyOf": [content["schema"], _FEATURES]}
    return told


POST_BODY = _body()
_REGISTERED_ALL = object_of({"edition": _COUNT, "buildings": array_of(_REGISTERED)})
POST_RESPONSES: dict[int | str, dict[str, Any]] = {
    201: _answers("Registered, in the order of the body.", _REGISTERED_ALL),
    200: _answers("Registered before, by a request with this key.", _REGISTERED_ALL),
}
BUILDING_RESPONSES: dict[int | str, dict[str, Any]] = {200: _answers("The building.", _BUILDING)}
BUILDINGS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers(
        "A page of buildings.",
        object_of({"edition": _COUNT, "buildings": array_of(_LISTED), "next": nullable(_TEXT)}),
    )
}
SPLIT_RESPONSES: dict[int | str, dict[str, Any]] = {
    201: _answers("What it became.", object_of({"code": _TEXT, "successors": array_of(_REGISTERED)}))
}
ENTRANCES_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers("The doors.", object_of({**_OF, "entrances": _ENTRANCES}))
}
UNITS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers("The flats and shops.", object_of({"edition": _COUNT, **_OF, "units": array_of(_UNIT)}))
}
ALIASES_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answers("The other names.", object_of({**_OF, "aliases": _ALIASES}))
}
