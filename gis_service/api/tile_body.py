"""Bodies of tiles that lack features: what was left out goes where the bytes go, in memory and on disk."""

from __future__ import annotations

from collections.abc import Mapping

TRUNCATED = "X-Truncated"
"""The header that tells how many features of which layers a tile lacks."""


class TruncatedBody(bytes):
    """The bytes of a tile as they are sent, and in ``told`` what the header says of it.

    Equal to the same bytes without it: no two bodies of one key differ in it alone.
    """

    told: str


def tell_dropped(body: bytes, dropped: Mapping[str, int]) -> bytes:
    """Return a body that knows how many features of which layers were left out; the body as it is when none were."""
    return _tell(body, ", ".join(f"{layer}={number}" for layer, number in sorted(dropped.items())))


def truncation_of(body: bytes) -> str:
    """Return what the header says of a body; empty when nothing was left out.

    Source:
        RFC 9651, 3.2 (dictionary of integers).
    """
    return body.told if isinstance(body, TruncatedBody) else ""


def pack(body: bytes) -> bytes:
    """Return a body with what was left out as its first line, to be stored."""
    return truncation_of(body).encode() + b"\n" + body


def unpack(stored: bytes) -> bytes:
    """Return the body of what was packed."""
    told, _, body = stored.partition(b"\n")
    return _tell(body, told.decode())


def _tell(body: bytes, told: str) -> bytes:
    if not told:
        return body
    truncated = TruncatedBody(body)
    truncated.told = told
    return truncated
