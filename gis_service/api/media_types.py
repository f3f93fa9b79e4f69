"""What a request says that its body is."""

from __future__ import annotations

from starlette.requests import Request

JSON = "application/json"
BINARY = "application/octet-stream"
NDJSON = "application/x-ndjson"
ARROW = "application/vnd.apache.arrow.stream"


def media_type_of(request: Request) -> str:
    """Return the media type of a body in lower case, without parameters; empty when the request names none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Say whether a media type is JSON, bare or with a structure of its own such as GeoJSON (RFC 6839, 3.1)."""
    return media_type == JSON or (media_type.startswith("application/") and media_type.endswith("+json"))


def must_be_json(media_type: str) -> str:
    """Return the sentence that refuses a body of another type."""
    return f"the Content-Type must be application/json; it is {media_type or 'missing'}"
