"""Content codings: which one a client takes best, and a body in it."""

from __future__ import annotations

import gzip
from typing import Literal

import brotli

Coding = Literal["br", "gzip", "identity"]

CODINGS: tuple[Coding, ...] = ("br", "gzip", "identity")
"""What is offered, the one preferred among equals first."""

# Each tile is compressed once and sent often, but the first client waits for it: the level at which brotli still
# takes about as long as gzip, and is smaller.
BROTLI_QUALITY = 5
GZIP_LEVEL = 6


def choose_coding(accept_encoding: str | None) -> Coding:
    """Return the coding that an Accept-Encoding weighs most; identity when it takes none that is offered.

    A coding that is not named weighs what ``*`` weighs, or nothing; identity that is not named is taken last of all.
    A weight that is no number is nothing.

    Source:
        RFC 9110, 12.5.3.
    """
    if not accept_encoding:
        return "identity"
    weights: dict[str, float] = {}
    for entry in accept_encoding.lower().split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        weights["gzip" if name == "x-gzip" else name] = _weight(parameters)
    rest = weights.get("*", 0.0)
    weighed = [(weights.get(coding, rest), coding) for coding in CODINGS]
    best = max(weight for weight, _ in weighed)
    return "identity" if best <= 0 else next(coding for weight, coding in weighed if weight == best)


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0


def compress(body: bytes, coding: Coding) -> bytes:
    """Return a body in a coding; the same bytes each time, and an empty body as it is."""
    if not body or coding == "identity":
        return body
    if coding == "gzip":
        return gzip.compress(body, GZIP_LEVEL, mtime=0)
    packed: bytes = brotli.compress(body, quality=BROTLI_QUALITY)
    return packed
