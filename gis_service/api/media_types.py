"""What a request says that its body is."""

from __future__ import annotations

import re

from starlette.requests import Request

JSON = "application/json"
BINARY = "application/octet-stream"
NDJSON = "application/x-ndjson"
ARROW = "application/vnd.apache.arrow.stream"
CSV = "text/csv"

_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


def media_type_of(request: Request) -> str:
    """Return the media type of a body in lower case, without parameters; empty when the request names none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Say whether a media type is JSON, bare or with a structure of its own such as GeoJSON (RFC 6839, 3.1)."""
    return media_type == JSON or (media_type.startswith("application/") and media_type.endswith("+json"))


def must_be_json(media_type: str) -> str:
    """Return the sentence that refuses a body of another type."""
    return f"the Content-Type must be application/json; it is {media_type or 'missing'}"


def prefers_csv(accept: str | None) -> bool:
    """Say whether an Accept header wants CSV rather than JSON; JSON is for who does not care (RFC 9110, 12.5.1)."""
    weights: dict[str, float] = {}
    for entry in (accept or "*/*").split(","):
        kind, *parameters = (part.strip().lower() for part in entry.split(";"))
        weights[kind] = _weight(parameters)

    def weight(media_type: str) -> float:
        ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        return next((weights[one] for one in ranges if one in weights), 0.0)

    return weight(CSV) > weight(JSON)


def _weight(parameters: list[str]) -> float:
    written = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    return float(written) if _WEIGHT.fullmatch(written) else 0.0
