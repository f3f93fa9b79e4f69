"""A tile on disk: the name of its file, and what the file says of itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from gis_service.api.content_coding import CODINGS, Coding
from tiles.address import TileAddress
from tiles.etag import TileKey, tile_etag
from tiles.filters import TileFilters
from tiles.layers import TileEdition
from tiles.matrix_sets import MATRIX_SETS

_FORM = 3  # of the files; raise it when they are written otherwise


@dataclass(frozen=True, slots=True)
class KeptTile:
    """A tile of layers that do not move between editions, in one content coding."""

    key: TileKey
    coding: Coding

    def name(self, edition: TileEdition) -> str:
        """Return the name of its file: a digest, which any file system takes, of all that decides the bytes."""
        told = f"{_FORM}{edition.content}{tile_etag(self.key, self.coding)}"
        return hashlib.blake2b(told.encode(), digest_size=20).hexdigest()

    def about(self) -> bytes:
        """Return what the file says of itself."""
        key, address = self.key, self.key.address
        told = {
            "edition": key.edition,
            "layers": key.layers,
            "matrix": address.matrix.id,
            "tile": [address.z, address.x, address.y],
            "class": key.permission_class,
            "level": key.filters.level,
            "kind": key.filters.kind,
            "coding": self.coding,
        }
        return json.dumps(told).encode()

    @classmethod
    def parse(cls, about: bytes) -> KeptTile | None:
        """Return the tile that a file says it is; None when that cannot be read."""
        try:
            told = json.loads(about)
            z, x, y = told["tile"]
            key = TileKey(
                edition=told["edition"],
                layers=tuple(told["layers"]),
                address=TileAddress(z, x, y, MATRIX_SETS[told["matrix"]]),
                data_versions=(),
                permission_class=told["class"],
                filters=TileFilters(level=told["level"], kind=told["kind"]),
            )
            return cls(key, next(coding for coding in CODINGS if coding == told["coding"]))
        except (ValueError, TypeError, KeyError, StopIteration):
            return None

    def of(self, edition: TileEdition) -> KeptTile:
        """Return the same tile of another edition."""
        return replace(self, key=replace(self.key, edition=edition.number))
