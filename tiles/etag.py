"""The key of a tile and the validator made from it: known before the tile is (decision 9)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from tiles.address import TileAddress
from tiles.filters import TileFilters

RENDERING = 3
"""Raise it when the same key shall give other bytes: a field more, another buffer, another bound."""

_ENTITY_TAG = re.compile(r'(?:^|,)\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?=,|$)')


@dataclass(frozen=True, slots=True)
class TileKey:
    """All that decides the features of a tile: equal keys, equal tiles.

    ``data_versions`` pairs each layer that moves with its version.  ``permission_class`` is a class of callers who
    see the same, never one caller.  ``filters`` hold only what the layers obey.
    """

    edition: int
    layers: tuple[str, ...]
    address: TileAddress
    data_versions: tuple[tuple[str, str], ...]
    permission_class: str
    filters: TileFilters


def tile_etag(key: TileKey, coding: str) -> str:
    """Return the strong entity tag of a tile in one content coding, quotes included.

    Codings differ in their bytes, so they differ in their tag (RFC 9110, 8.8.3.3).
    """
    told = repr((RENDERING, key.edition, key.layers, str(key.address), key.data_versions, key.permission_class))
    digest = hashlib.blake2b(f"{told}{key.filters.canonical()}".encode(), digest_size=15).hexdigest()
    return f'"{digest}-{coding}"'


@dataclass(frozen=True, slots=True)
class DrawnTileKey:
    """All that decides the features of a tile that is drawn in memory.

    ``drawn`` says what is drawn, ``plan 7`` or ``lookup``; ``state`` differs whenever what it is drawn from differs.
    """

    drawn: str
    state: tuple[str, ...]
    layers: tuple[str, ...]
    address: TileAddress


def drawn_tile_etag(key: DrawnTileKey, coding: str) -> str:
    """Return the strong entity tag of a tile drawn in memory in one content coding, quotes included."""
    told = repr((key.drawn, RENDERING, key.state, key.layers, str(key.address)))
    return f'"{hashlib.blake2b(told.encode(), digest_size=15).hexdigest()}-{coding}"'


def names_etag(if_none_match: str | None, etag: str) -> bool:
    """Tell whether an If-None-Match names a tag, compared weakly as RFC 9110, 13.1.2 asks.

    ``*`` names no tag: it asks whether there is anything at all.  None names nothing; of a malformed list counts what
    can be read.
    """
    return if_none_match is not None and etag in _ENTITY_TAG.findall(if_none_match)
