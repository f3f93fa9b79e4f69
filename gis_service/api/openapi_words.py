"""Words that the descriptions of the lookup routes share."""

from __future__ import annotations

from typing import Any

NUMBER: dict[str, Any] = {"type": "number"}
CODE: dict[str, Any] = {"type": "string", "pattern": "^[0-9A-Za-z]{1,32}$"}
INSTANT: dict[str, Any] = {"type": "string", "format": "date-time"}


def object_of(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    """Return the schema of an object; members that are not named optional are required."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of something or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def array_of(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def query_parameter(name: str, schema: dict[str, Any], description: str, *, required: bool = False) -> dict[str, Any]:
    """Return a parameter of the query."""
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": description}


CRS = query_parameter(
    "crs",
    {"type": "string", "default": "EPSG:4326"},
    "EPSG:4326, EPSG:4490, EPSG:4513 to EPSG:4554 (easting, northing), gcj02 or bd09",
)
AT = query_parameter("at", INSTANT, "ask the edition in force at this instant; RFC 3339 with an offset")
EDITION_HEADER = {"X-Edition": {"description": "the edition that answered", "schema": {"type": "integer"}}}
BINARY = {"schema": {"type": "string", "format": "binary"}}
