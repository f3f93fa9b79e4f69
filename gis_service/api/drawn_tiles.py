"""Tiles of what a worker has drawn in memory."""

from __future__ import annotations

from collections.abc import Iterable

from gis_service.api.content_coding import Coding, compress
from tiles.address import TileAddress
from tiles.drawing import Drawing
from tiles.encoding import join_layers
from tiles.layers import TileLayer


def encode_drawings(drawings: Iterable[tuple[TileLayer, Drawing]], address: TileAddress, coding: Coding) -> bytes:
    """Return one tile of some layers, each with its drawing, in a content coding; maybe empty."""
    layers = [
        drawing.encode(layer.name, address, layer.buffer)
        for layer, drawing in drawings
        if layer.is_drawn_at(address.z)
    ]
    return compress(join_layers(layers), coding)
