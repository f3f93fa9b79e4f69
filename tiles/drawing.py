"""Features of one layer held in memory, found by tile."""

from __future__ import annotations

from collections.abc import Iterable

from shapely import STRtree, box

from tiles.address import TileAddress
from tiles.encoding import TileFeature, encode_layer


class Drawing:
    """The features of a layer, by id, in a tree of their boxes; made once and never changed."""

    def __init__(self, features: Iterable[TileFeature]) -> None:
        self.features = sorted(features, key=lambda one: one.id)
        self._tree = STRtree([one.shape for one in self.features])

    def encode(self, name: str, address: TileAddress, buffer: int) -> bytes:
        """Return the layer of one tile, with what lies up to ``buffer`` tile units outside; maybe empty."""
        near = self._tree.query(box(*address.box(buffer + 1)))
        return encode_layer(name, [self.features[one] for one in sorted(near.tolist())], address, buffer)
