"""Opaque cursors: where the next page begins."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis_service.errors import InputFault, RuleBrokenError


def encode_cursor(*position: str | int) -> str:
    """Return a cursor that holds a position."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """Return the position that a cursor holds.

    Raises:
        RuleBrokenError: the cursor is none of ours, or of another list.
    """
    try:
        position = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        position = None
    if (
        not isinstance(position, list)
        or len(position) != len(kinds)
        or not all(type(part) is kind for part, kind in zip(position, kinds, strict=True))
    ):
        raise bad_cursor()
    return position


def bad_cursor() -> RuleBrokenError:
    """Return the refusal of a cursor that is none of ours."""
    sentence = "is no cursor of this list; take it from 'next' of the page before"
    return RuleBrokenError(f"cursor {sentence}", code="bad-cursor", faults=[InputFault("cursor", sentence)])


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Name the next page in the ``Link`` header (RFC 8288), when there is one."""
    if cursor is not None:
        response.headers["Link"] = f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'
