"""Layers of tiles that the database cannot draw: found there, shifted for maps in GCJ-02, and encoded here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import compress
from typing import Any

import shapely
from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.orm import Session

from gis_service.domain.map_shift import as_shown
from tiles.address import TileAddress
from tiles.encoding import TileFeature, encode_layer
from tiles.layers import TileLayer

_ENCODING = "-- Encoding.\n"
_NO_FIELDS = frozenset({"id", "shape", "importance", "across", "down"})


@cache
def finding(written: str) -> TextClause:
    """Return the part of a tile's statement that finds features: the same rows, with shapes in degrees, by id.

    Raises:
        ValueError: the statement has no line that tells the two parts apart.
    """
    found, line, _ = written.partition(_ENCODING)
    if not line:
        message = f"A tile's statement has a line {_ENCODING.strip()!r} behind the rows it finds: {written[:60]}"
        raise ValueError(message)
    return text(f"{found}SELECT * FROM found ORDER BY id")  # noqa: S608  the text is one of this package's files


def encode_found(
    session: Session, written: str, values: Mapping[str, object], layer: TileLayer, address: TileAddress
) -> tuple[bytes, int]:
    """Return a layer of one tile, maybe empty, and how many features ``most_features`` left out.

    For maps drawn in GCJ-02 every vertex is shifted before anything is cut or snapped.

    Args:
        session: where the statement is run.
        written: a statement of ``sql/tile_*.sql``.
        values: what it takes, with a box that holds all that the tile may show once it is shifted.
        layer: which one it finds.
        address: the tile.
    """
    rows = [row for row in session.execute(finding(written), values).mappings() if row["shape"] is not None]
    shapes = shapely.from_wkb([row["shape"] for row in rows])
    if address.matrix.is_shifted:
        shapes = as_shown(shapes)
    found = list(zip(rows, shapes, strict=True))
    dropped = 0
    if layer.most_features is not None and len(found) > layer.most_features:
        inside = shapely.intersects(shapes, shapely.box(*address.box(layer.buffer)))
        found = sorted(compress(found, inside), key=lambda one: one[0]["importance"])
        dropped = max(len(found) - layer.most_features, 0)
        found = sorted(found[: layer.most_features], key=lambda one: one[0]["id"])
    features = [TileFeature(row["id"], shape, _fields(row)) for row, shape in found]
    return encode_layer(layer.name, features, address, layer.buffer), dropped


def _fields(row: RowMapping) -> dict[str, Any]:
    """Return the fields of a feature, those of a JSON object among them as PostGIS writes them: each as its own."""
    fields: dict[str, Any] = {}
    for name, value in row.items():
        if name not in _NO_FIELDS:
            fields |= value if isinstance(value, dict) else {name: value}
    return fields
