"""Layers of tiles for maps drawn in GCJ-02, which the database cannot draw: found there, shifted and encoded here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import shapely
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from gis_service.domain.map_shift import as_shown
from tiles.address import TileAddress
from tiles.encoding import TileFeature, encode_layer
from tiles.layers import TileLayer

_ENCODING = "-- Encoding.\n"


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


def encode_shifted(
    session: Session, written: str, values: Mapping[str, object], layer: TileLayer, address: TileAddress
) -> bytes:
    """Return a layer of one tile with every vertex shifted before anything is cut or snapped; maybe empty.

    Args:
        session: where the statement is run.
        written: a statement of ``sql/tile_*.sql``.
        values: what it takes, with a box that holds all that the tile may show once it is shifted.
        layer: which one it finds.
        address: a tile of a shifted matrix set.
    """
    rows = session.execute(finding(written), values).mappings().all()
    shapes = as_shown(shapely.from_wkb([row["shape"] for row in rows]))
    features = [
        TileFeature(row["id"], shape, {name: value for name, value in row.items() if name not in {"id", "shape"}})
        for row, shape in zip(rows, shapes, strict=True)
    ]
    return encode_layer(layer.name, features, address, layer.buffer)
