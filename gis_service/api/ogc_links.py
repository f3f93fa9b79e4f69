"""Links of the OGC API, and its one rule for all addresses: what is not known is refused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from starlette.requests import Request

from gis_service.api.query import text_of, wrong_parameter

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
MVT = "application/vnd.mapbox-vector-tile"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
"""What the names of the OGC's own relations begin with."""


def ogc_url(request: Request, path: str = "") -> str:
    """Return the address of a path of the OGC API."""
    return f"{request.base_url}ogc{path}"


def link(rel: str, href: str, media_type: str, title: str, **more: object) -> dict[str, Any]:
    """Return a link (RFC 8288) as JSON."""
    return {"rel": rel, "href": href, "type": media_type, "title": title, **more}


def refuse_unknown(request: Request, *known: str, formats: Collection[str] = ("json",)) -> None:
    """Refuse a parameter that this address does not have, and an ``f`` that is none of the formats.

    Raises:
        RuleBrokenError: with its name.

    Source:
        OGC 17-069r4 (Features, Part 1), 7.1, /req/core/query-param-unknown.
    """
    taken = ("f", *known)
    for name in request.query_params:
        if name not in taken:
            raise wrong_parameter(name[:64], f"is not known here; known are {', '.join(taken)}")
    form = text_of(request.query_params, "f")
    if form is not None and form not in formats:
        raise wrong_parameter("f", f"must be {' or '.join(formats)}")
